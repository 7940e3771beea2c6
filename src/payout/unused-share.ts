import { splitTax } from '../plan/tax.ts'
import type { MoneyRules } from '../policy/money-rules.ts'

/** So much of a whole is left: 2 of 3 days, 512 of 1024 MB. `of` is more than 0, `left` between 0 and `of`. */
export type Left = { left: bigint; of: bigint }

/** Something that was sold for a card and delivered: its plan or an add-on. Minor units. */
export type Sale = {
  /** The order it was bought with; null for a card that was brought from another system, with its own sale. */
  orderId: string | null
  kind: 'plan' | 'add_on'
  /** Catalogue code, e.g. LEB3. */
  code: string
  /** Price with tax, less the balance that came with it. */
  gross: bigint
  rateBp: number
  /** Net that is not earned yet (of an imported card: what of its payment is not its balance). Nothing more goes back. */
  unearned: bigint
  days: Left
  /** Each kind of use that was in the price: data, voice, SMS. */
  use: Left[]
}

/** What of a sale goes back: `net` + `tax` = `gross`; and what of it is earned now for good. */
export type Unused = { gross: bigint; net: bigint; tax: bigint; earned: bigint }

/**
 * The unused share of a price, by day or by use. By use, each kind that was in the price weighs the same. Rounded
 * half up to the minor unit, its tax taken out as docs/adr/0011 says, and never more than is not earned yet.
 */
export function unusedOf(sale: Sale, rules: Pick<MoneyRules, 'unused_plan' | 'withdrawn'>): Unused {
  const closing = shareBy(sale, rules.unused_plan)
  const share = rules.withdrawn ? larger(closing, notProvided(sale)) : closing
  const wanted = splitTax(halfUp(sale.gross * share.left, share.of), sale.rateBp)
  const most = sale.unearned > 0n ? sale.unearned : 0n
  const fits = wanted.net <= most
  const net = fits ? wanted.net : most
  const taxOnNet = halfUp(most * BigInt(sale.rateBp), 10_000n)
  const tax = fits || wanted.tax < taxOnNet ? wanted.tax : taxOnNet
  return { gross: net + tax, net, tax, earned: most - net }
}

function shareBy(sale: Sale, rule: MoneyRules['unused_plan']): Left {
  if (rule === 'nothing') return { left: 0n, of: 1n }
  if (rule === 'by_day') return within(sale.days)
  return shareByUse(sale)
}

/**
 * Of a withdrawal: a plan is provided day by day (CJEU C-641/19 on Directive 2011/83/EU Art. 14(3)), and what an add-on
 * sells by the megabyte, minute or message as it is used.
 */
function notProvided(sale: Sale): Left {
  return shareBy(sale, sale.kind === 'plan' ? 'by_day' : 'by_use')
}

function shareByUse(sale: Sale): Left {
  const kinds = sale.use.filter((kind) => kind.of > 0n).map(within)
  if (kinds.length === 0) return within(sale.days)
  const product = kinds.reduce((all, { of }) => all * of, 1n)
  const left = kinds.reduce((sum, kind) => sum + (kind.left * product) / kind.of, 0n)
  return { left, of: product * BigInt(kinds.length) }
}

const larger = (one: Left, other: Left) => (one.left * other.of >= other.left * one.of ? one : other)

function within({ left, of }: Left): Left {
  if (of <= 0n) return { left: 0n, of: 1n }
  return { left: left < 0n ? 0n : left > of ? of : left, of }
}

/** a / b rounded half up, for a ≥ 0 and b > 0. */
function halfUp(a: bigint, b: bigint): bigint {
  return (a * 2n + b) / (b * 2n)
}
