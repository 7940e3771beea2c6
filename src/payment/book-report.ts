import type { BalanceLine, FaultyBalanceLine } from '../adapters/payment/stripe-balance.ts'
import { houseAccounts } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal, SetupError } from '../platform/errors.ts'
import { feeKey, payoutKey } from './reconcile-queries.ts'

const batch = 200

export type Booking = {
  issuerId: string
  fees: boolean
  payouts: boolean
  from: Date | undefined
  to: Date | undefined
}

/**
 * Books what only the provider's report tells: its fees, and what it paid into the bank. Once for each balance
 * transaction, whichever reports it stands in. Throws SetupError where a line has changed since: that is for people.
 */
export async function bookReport(
  ctx: Context,
  booking: Booking,
  lines: AsyncIterable<BalanceLine | FaultyBalanceLine>,
): Promise<{ fees: number; payouts: number }> {
  const made = { fees: 0, payouts: 0 }
  let waiting: BalanceLine[] = []
  const write = async () => {
    const these = waiting
    waiting = []
    if (these.length === 0) return
    const done = await inIssuer(ctx.db, booking.issuerId, async (tx) => {
      const count = { fees: 0, payouts: 0 }
      for (const line of these)
        await bookLine(ctx, tx, booking, line, count).catch((error: unknown) =>
          Promise.reject(inWords(error, line)),
        )
      return count
    })
    made.fees += done.fees
    made.payouts += done.payouts
  }
  for await (const line of lines) {
    if ('fault' in line || !isOurs(line, booking)) continue
    if (keptBy(line) !== 0n || isPayout(line)) waiting.push(line)
    if (waiting.length >= batch) await write()
  }
  await write()
  return made
}

function inWords(error: unknown, { line, txn }: BalanceLine): unknown {
  if (!(error instanceof Refusal) || error.code !== 'ledger/key_reused') return error
  return new SetupError(
    `line ${line} (${txn}) was booked before with other content: compare it without --book-fees and --book-payouts`,
  )
}

function isOurs({ owner, at }: BalanceLine, { issuerId, from, to }: Booking): boolean {
  return (owner === '' || owner === issuerId) && !(from && at < from) && !(to && at >= to)
}

/** What the provider kept: its fee on the line, or the line itself where it is one. */
export function keptBy({ category, fee, gross }: BalanceLine): bigint {
  return category === 'fee' || category === 'network_cost' ? fee - gross : fee
}

const isPayout = ({ category, gross }: BalanceLine) =>
  (category === 'payout' || category === 'payout_reversal') && gross !== 0n

async function bookLine(
  ctx: Context,
  tx: Tx,
  booking: Booking,
  line: BalanceLine,
  count: { fees: number; payouts: number },
): Promise<void> {
  const { issuerId } = booking
  const { currency, txn, gross } = line
  const kinds = ['cash_at_provider', 'provider_fees', 'cash_at_bank'] as const
  const house = await houseAccounts(ctx, tx, { issuerId, kinds: [...kinds], currency })
  const kept = keptBy(line)
  if (booking.fees && kept !== 0n) {
    const answer = await post(ctx, tx, {
      issuerId,
      key: feeKey(txn),
      reason: 'provider_fee',
      entries: [
        { accountId: house.cash_at_provider!, amount: kept },
        { accountId: house.provider_fees!, amount: -kept },
      ],
    })
    if (answer === 'posted') count.fees++
  }
  if (booking.payouts && isPayout(line)) {
    const answer = await post(ctx, tx, {
      issuerId,
      key: payoutKey(txn),
      reason: 'provider_payout',
      entries: [
        { accountId: house.cash_at_provider!, amount: -gross },
        { accountId: house.cash_at_bank!, amount: gross },
      ],
    })
    if (answer === 'posted') count.payouts++
  }
}
