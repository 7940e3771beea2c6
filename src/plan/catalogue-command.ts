import { readFile } from 'node:fs/promises'
import { smallestStep } from '../adapters/payment/smallest-step.ts'
import { findIssuer, listIssuers } from '../issuer/issuer.ts'
import { decimal } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { SetupError } from '../platform/errors.ts'
import { type CatalogueItem, newestItems } from './catalogue.ts'
import { type CatalogueFile, type NewItem, readCatalogueFile } from './catalogue-file.ts'
import { putCatalogue, type PutResult } from './put-catalogue.ts'

type Print = (text: string) => void
const print: Print = (text) => void process.stdout.write(text)

/**
 * `leb catalogue put FILE.json`: brings an issuer's catalogue to what the file says. Answers the exit code: 1 when the
 * file withdraws what was never sold. Throws SetupError that names what is wrong and where; then nothing was changed.
 */
export async function cataloguePutCommand(
  ctx: Context,
  input: { file: string; issuer?: string; json: boolean; out?: Print },
): Promise<number> {
  const file = await readFileOf(input.file)
  const issuerId = input.issuer ?? file.issuer
  if (!issuerId)
    throw new SetupError(`${input.file} names no issuer: give --issuer ID, or "issuer" in the file`)
  await mustKnow(ctx, issuerId)
  const items = await putCatalogue(ctx, issuerId, file)
  const out = input.out ?? print
  const notByCard = file.items.flatMap(pricesNotByCard)
  if (input.json) out(`${JSON.stringify({ issuer: issuerId, items, notByCard })}\n`)
  else {
    for (const item of items) out(`${item.code.padEnd(20)} ${putWords(item)}\n`)
    for (const { code, price, step } of notByCard)
      out(`${code.padEnd(20)} ${price} can’t be paid by card: Stripe takes steps of ${step}\n`)
  }
  return items.some((item) => item.change === 'unknown') ? 1 : 0
}

/** Prices that are good for transfers and vouchers, but that Stripe would refuse. */
function pricesNotByCard({ code, terms }: NewItem): { code: string; price: string; step: string }[] {
  const { prices } = terms as { prices: Record<string, string> }
  return Object.entries(prices).flatMap(([currency, minor]) => {
    const step = smallestStep('stripe', currency)
    const words = (amount: bigint) => `${decimal({ amount, currency })} ${currency}`
    return BigInt(minor) % step === 0n ? [] : [{ code, price: words(BigInt(minor)), step: words(step) }]
  })
}

function putWords({ change, version }: PutResult): string {
  switch (change) {
    case 'added':
      return 'on sale'
    case 'changed':
      return `changed: version ${version} from now on, what was sold keeps its own`
    case 'unchanged':
      return 'unchanged'
    case 'withdrawn':
      return 'sold no more'
    case 'unknown':
      return 'is not on sale, so it can’t be withdrawn'
  }
}

/** `leb catalogue list`: the newest version of each item. Answers the exit code. */
export async function catalogueListCommand(
  ctx: Context,
  input: { issuer?: string; json: boolean; out?: Print },
): Promise<number> {
  if (input.issuer) await mustKnow(ctx, input.issuer)
  const issuers = input.issuer ? [input.issuer] : (await listIssuers(ctx.db)).map((one) => one.issuerId)
  const rows: { issuer: string; item: CatalogueItem }[] = []
  for (const issuer of issuers) {
    const items = await inIssuer(ctx.db, issuer, (tx) => newestItems(tx, issuer))
    rows.push(...items.map((item) => ({ issuer, item })))
  }
  const out = input.out ?? print
  if (input.json) out(`${JSON.stringify({ items: rows.map(({ issuer, item }) => ({ issuer, ...item })) })}\n`)
  else if (rows.length === 0) out('Nothing is on sale: leb catalogue put FILE.json\n')
  else for (const { issuer, item } of rows) out(`${issuer.padEnd(12)} ${lineOf(item)}\n`)
  return 0
}

function lineOf(item: CatalogueItem): string {
  const prices = Object.entries(item.terms.prices).map(
    ([currency, minor]) => `${decimal({ amount: BigInt(minor), currency })} ${currency}`,
  )
  const state = item.withdrawnAt ? 'withdrawn' : prices.join(', ')
  return `${item.code.padEnd(12)} v${item.version} ${item.kind.padEnd(7)} ${item.terms.name.en}: ${state}`
}

async function mustKnow(ctx: Context, issuerId: string): Promise<void> {
  if (!(await findIssuer(ctx.db, issuerId)))
    throw new SetupError(`there is no issuer ${issuerId}: leb issuer list names those that are set up`)
}

async function readFileOf(file: string): Promise<CatalogueFile> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new SetupError(
      error.code === 'ENOENT' ? `there is no file ${file}` : `${file} can't be read (${error.code})`,
    )
  })
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    throw new SetupError(`${file} is not JSON: check commas, quotes and braces`)
  }
  const read = readCatalogueFile(value)
  if (!('faults' in read)) return read
  const lines = read.faults.map(({ path, message }) => `  ${path || 'the whole file'}: ${message}`)
  throw new SetupError(`${file} can't be used, nothing was changed:\n${lines.join('\n')}`)
}
