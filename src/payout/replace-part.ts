import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { assert } from '../platform/errors.ts'
import type { MoneyRules } from '../policy/money-rules.ts'
import { notePart, type PayoutPart } from './parts.ts'
import { planPayouts, type Refundable } from './plan-payouts.ts'
import { readSettlementFacts } from './read-settlement-facts.ts'
import { newParts, writeParts } from './write-settlement.ts'

export type Replacing = {
  issuerId: string
  closureId: string
  rules: MoneyRules
  /** All parts of the card, the replaced one among them; the new ones are put behind them. */
  parts: PayoutPart[]
  part: PayoutPart
  /** Why it does not go this way; `claimed` when its holder asks for what was kept. */
  refusal: string
}

/**
 * Gives a part up, as evidence, for new ones that add up to it: payments of the card with room left, and bank transfer
 * for the rest. A payment that has refused once is not asked for more, but for what its provider can carry when it was
 * asked for what it can't.
 */
export async function replacePart(ctx: Context, tx: Tx, at: Replacing): Promise<void> {
  const { issuerId, closureId, rules, parts, part } = at
  await notePart(tx, issuerId, part, { state: 'refused', refusal: at.refusal })
  const { cardId, currency, amount } = part
  // Nothing here hangs on the moment: only the payments are of interest.
  const read = await readSettlementFacts(tx, { issuerId, cardIds: [cardId], rules, at: ctx.clock.now() })
  const facts = read.get(cardId)
  assert(facts, 'a card in a closure has payments that can be read')
  const payments = facts.payments.filter((payment) => !parts.some((one) => hasRefused(one, payment)))
  const order = rules.payout_order
  const minimum = at.refusal === 'claimed' ? null : 0n
  const planned = planPayouts({ total: amount, currency, payments, order, minimum, voucher: false })
  const refs = new Map(payments.map((payment) => [payment.paymentId, payment.ref]))
  const after = Math.max(...parts.map(({ ord }) => ord))
  const made = newParts(ctx, { cardId, currency, after, refOf: (id) => refs.get(id) ?? null }, planned)
  await writeParts(tx, { issuerId, closureId }, made)
  parts.push(...made)
}

function hasRefused(part: PayoutPart, { paymentId, step }: Refundable): boolean {
  if (part.refusal === null || part.paymentId !== paymentId) return false
  return part.refusal !== 'amount_not_representable' || part.amount % step === 0n
}
