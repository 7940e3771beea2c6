import { stringify } from 'csv-stringify/sync'
import { endWords } from '../expiry/pages/end-words.ts'
import type { CardEnd } from '../expiry/read-ends.ts'
import { inZone } from '../platform/clock.ts'
import type { Context } from '../platform/context.ts'
import { decimal } from './money.ts'
import { lineWords } from './pages/line-words.ts'
import { statementText } from './pages/statement-text.ts'
import type { Bounds } from './statement-period.ts'
import { type StatementOf, statementLines } from './statement.ts'

type Wanted = StatementOf & {
  lang: 'zh-CN' | 'en'
  zone: string
  bounds: Bounds | undefined
  ends: CardEnd[]
}

/**
 * A card's statement as CSV (RFC 4180), newest first, a batch at a time: times with their offset, amounts as plain
 * decimals. Below the movements stands what ended, without amounts, for what moved then has its line above. Text that a spreadsheet would run as a formula gets an apostrophe before it (OWASP CSV injection).
 */
export function statementCsv(ctx: Context, wanted: Wanted): ReadableStream<Uint8Array> {
  const parts = csvParts(ctx, wanted)
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await parts.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      await parts.return(undefined)
    },
  })
}

async function* csvParts(ctx: Context, wanted: Wanted): AsyncGenerator<string> {
  const text = statementText[wanted.lang]
  // With a byte order mark: without it, the spreadsheet most people have reads Chinese as noise.
  yield `\uFEFF${stringify([[text.when, text.what, text.amount, text.after, text.currency, text.reference]])}`
  for await (const { lines, balance } of statementLines(ctx, wanted, wanted.bounds)) {
    const { currency } = balance
    yield stringify(
      lines.map((line) => [
        inZone(line.at, wanted.zone),
        harmless(lineWords(line)[wanted.lang]),
        decimal({ amount: line.amount, currency }),
        decimal({ amount: line.after, currency }),
        currency,
        line.id,
      ]),
    )
  }
  yield stringify(
    wanted.ends.map((end) => [
      inZone(end.endedAt, wanted.zone),
      harmless(endWords(end, wanted.lang, wanted.zone)),
      '',
      '',
      end.sum.currency,
      '',
    ]),
  )
}

function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}
