import type { Card } from '../card/card-store.ts'
import { cardName } from '../card/pages/card-name.ts'
import { endWords } from '../expiry/pages/end-words.ts'
import { expiryText } from '../expiry/pages/expiry-text.ts'
import type { CardEnd } from '../expiry/read-ends.ts'
import type { Issuer } from '../issuer/issuer.ts'
import type { Tx } from '../platform/db.ts'
import { assert } from '../platform/errors.ts'
import type { Pages } from '../slip/press.ts'
import { formatMoment, formatPeriod, formatShortDay, formatShortMoment, zoneName } from '../web/dates.ts'
import type { Lang } from '../web/lang.ts'
import { formatMoney, formatSigned, type Money } from './money.ts'
import { lineWords } from './pages/line-words.ts'
import { statementText } from './pages/statement-text.ts'
import { reasonWording } from './reasons.ts'
import { type Bounds, monthOf } from './statement-period.ts'
import { hasMoreThan, readSums, type StatementSum } from './statement-sums.ts'
import { STATEMENT_TEMPLATE } from './statement-template.ts'
import { findStretch, readStatement, type StatementHead, type StatementLine } from './statement.ts'

/** 25 pages, 0.6 s and 130 MB of the thread that prints; beyond, movements are summed, and the paper says so. */
export const pdf_lines = 1000

export type Printed = StatementHead &
  ({ lines: StatementLine[] } | { sums: StatementSum[]; span: 'day' | 'month' })

type Wanted = { issuerId: string; cardId: string; bounds: Bounds | undefined; zone: string; now: Date }

/** All of a card's or a period's movements: each by itself, or summed by day, or by month: the finest that has room. */
export async function readForPrint(tx: Tx, card: Wanted): Promise<Printed> {
  const { bounds, zone, now } = card
  const found = await findStretch(tx, card, { bounds })
  assert(found, 'every card has a balance account')
  const { head, stretch } = found
  if (!(await hasMoreThan(tx, stretch, pdf_lines))) {
    const read = await readStatement(tx, card, { bounds, limit: pdf_lines })
    assert(read && read.older === null, 'what was counted is printed')
    return read
  }
  const begun = head.firstAt ?? now
  const first = bounds && bounds.from > begun ? bounds.from : begun
  const last = bounds && bounds.until <= now ? new Date(bounds.until.getTime() - 1) : now
  const sum = (span: 'day' | 'month') => readSums(tx, stretch, { head, first, last, zone, span })
  const days = await sum('day')
  if (days.length <= pdf_lines) return { ...head, sums: days, span: 'day' }
  return { ...head, sums: await sum('month'), span: 'month' }
}

type ToPrint = {
  issuer: Issuer
  lang: Lang
  zone: string
  now: Date
  card: Card
  /** As it was chosen; undefined: all. */
  period: string | undefined
  printed: Printed
  ends: CardEnd[]
}

/** A statement to print (PDF, not sealed). The same input gives the same bytes. */
export function statementPages(wanted: ToPrint): Pages {
  return { source: STATEMENT_TEMPLATE, data: content(wanted), madeAt: wanted.now }
}

function content({ issuer, lang, zone, now, card, period, printed, ends }: ToPrint) {
  const text = statementText[lang]
  const { balance, held } = printed
  const money = (amount: bigint) => formatMoney({ ...balance, amount }, lang)
  const name = cardName(card, lang)
  const rows = rowsOf(printed, balance, lang, zone)
  const ofPeriod = [
    { label: text.ofPeriod, value: period ? formatPeriod(period, lang) : '' },
    { label: text.opening, value: money(printed.opening) },
    { label: text.closing, value: money(printed.closing) },
  ]
  return {
    lang: lang === 'en' ? 'en' : 'zh',
    region: lang === 'en' ? 'gb' : 'cn',
    issuer: issuer.name[lang],
    title: text.title,
    documentTitle: [text.title, name, ...(period ? [formatPeriod(period, lang)] : [])].join(' – '),
    facts: [
      { label: text.card, value: name },
      { label: text.account, value: card.accountRef },
      ...(period ? ofPeriod : []),
      { label: text.balance, value: money(balance.amount) },
      ...(held > 0n ? [{ label: text.held, value: money(held) }] : []),
      { label: text.made, value: formatMoment(now, lang, zone) },
    ],
    note: note(printed, { lang, zone, now, period, none: rows.length === 0 }),
    columns: [text.when, text.what, text.amount, text.after],
    rows,
    ended: {
      title: expiryText[lang].historyTitle,
      rows: ends.map((end) => [formatShortMoment(end.endedAt, lang, zone), endWords(end, lang, zone)]),
    },
  }
}

type NoteOf = { lang: Lang; zone: string; now: Date; period: string | undefined; none: boolean }
function note(printed: Printed, { lang, zone, now, period, none }: NoteOf): string {
  const text = statementText[lang]
  if (none) return period ? text.noneThen : text.none
  const named = zoneName(zone, lang, now)
  if ('lines' in printed) return text.zone(named)
  const most = new Intl.NumberFormat(lang).format(pdf_lines)
  const oneMonth = period?.includes('-')
  const parts = [
    text.summed[printed.span](most),
    oneMonth ? text.eachInCsv : text.eachInMonths,
    text.zoneOfSums(named),
  ]
  return parts.join(lang === 'en' ? ' ' : '')
}

function rowsOf(printed: Printed, balance: Money, lang: Lang, zone: string): string[][] {
  const row = (when: string, what: string, amount: bigint, after: bigint | null) => [
    when,
    what,
    formatSigned({ ...balance, amount }, lang),
    after === null ? '' : formatMoney({ ...balance, amount: after }, lang),
  ]
  if ('lines' in printed)
    return printed.lines.map((line) =>
      row(formatShortMoment(line.at, lang, zone), lineWords(line)[lang], line.amount, line.after),
    )
  return printed.sums.map((sum) => {
    const reason = reasonWording(sum.reason)[lang]
    const when =
      printed.span === 'day'
        ? formatShortDay(sum.startsAt, lang, zone)
        : formatPeriod(monthOf(sum.startsAt, zone), lang)
    const what = sum.count === 1n ? reason : statementText[lang].sums(reason, sum.count)
    return row(when, what, sum.amount, sum.after)
  })
}
