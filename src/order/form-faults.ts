import { countTry, wouldBeTooOften } from '../holder/rate-limits.ts'
import type { Issuer } from '../issuer/issuer.ts'
import { checkVoucher, isVoucherCode } from '../payout/voucher.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { type Buyer, readGuest } from './buyer.ts'
import { checkStep } from './check-step.ts'
import { triesOf } from './place-order.ts'
import type { PayBy } from './pay-ways.ts'
import { hasEnded, type Quote } from './quote.ts'
import { balanceShort } from './set-aside.ts'

/** What was filled in. `guest` is null where the buyer is signed in. */
export type Filled = {
  guest: { email: string; name: string; live: string } | null
  payBy: PayBy
  voucherCode: string
  accepted: boolean
}

/**
 * Everything about a filled-in form that placing the order would refuse and that can be told from the form alone, so that
 * who mends one fault is not told the next. With one of them, payFaults and triedFaults say the rest.
 */
export function formFaults({ guest, payBy, voucherCode, accepted }: Filled): Refusal[] {
  return [
    ...refusalsOf(() => guest && readGuest(guest)),
    ...(payBy === 'voucher' && !isVoucherCode(voucherCode) ? [new Refusal('order/voucher_wrong')] : []),
    ...(accepted ? [] : [new Refusal('order/terms_not_accepted')]),
  ]
}

type Payable = {
  price: Quote
  /** Those that are offered for it. */
  ways: PayBy[]
  /** Of an add-on: what the card's balance has to spend, minor units of its currency. */
  free: bigint | undefined
  now: Date
}

/** The same of the way to pay, for what is bought. */
export function payFaults(payBy: PayBy, { price, ways, free, now }: Payable): Refusal[] {
  const { gross: amount, currency, card } = price
  if (payBy === 'balance' && card && free !== undefined && free < amount)
    return [balanceShort({ free, amount, currency, ended: hasEnded(card, now) })]
  if (!ways.includes(payBy)) return [new Refusal('order/pay_by_unavailable')]
  return refusalsOf(() => checkStep({ amount, currency }, payBy))
}

type Tried = Filled & { issuer: Issuer; price: Quote; client: string }

/**
 * That an order would come too often, and that its voucher can't pay it. Looking at a voucher counts as the try at an
 * order that it is: a code is all there is to know.
 */
export async function triedFaults(ctx: Context, form: Tried): Promise<Refusal[]> {
  const { issuer, price, payBy, client, voucherCode: code } = form
  const { issuerId } = issuer
  const tries = await triesOf(ctx, { issuer, buyer: buyerOf(form), payBy, client })
  if (payBy !== 'voucher' || !isVoucherCode(code)) {
    const tooOften = await wouldBeTooOften(ctx, issuerId, tries)
    return tooOften ? [tooOften] : []
  }
  try {
    await countTry(ctx, issuerId, tries)
    const { gross: amount, currency } = price
    await inIssuer(ctx.db, issuerId, (tx) => checkVoucher(ctx, tx, { issuerId, code, amount, currency }))
    return []
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return [error.code.startsWith('voucher/') ? new Refusal('order/voucher_wrong') : error]
  }
}

/** Whose address is none is counted by where they come from. */
function buyerOf({ guest }: Filled): Buyer {
  const signedIn = { kind: 'signed_in' as const, holderIds: [] }
  return guest && refusalsOf(() => readGuest(guest)).length === 0 ? readGuest(guest) : signedIn
}

function refusalsOf(check: () => unknown): Refusal[] {
  try {
    check()
    return []
  } catch (error) {
    if (error instanceof Refusal) return [error]
    throw error
  }
}
