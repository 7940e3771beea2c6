import { notePart, type PayoutPart } from '../payout/parts.ts'
import { planPayouts } from '../payout/plan-payouts.ts'
import { readSettlementFacts } from '../payout/read-settlement-facts.ts'
import { newParts, writeParts } from '../payout/write-settlement.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { assert } from '../platform/errors.ts'
import type { Case, CasePart } from './case.ts'
import { rulesOfMoney } from './money-told.ts'

/** Refusals that will not change, and after which nobody has got anything: the money takes its next way by itself. */
const final = new Set([
  'amount_not_representable',
  'currency_differs',
  'more_than_paid',
  'already_refunded',
  'payment_unknown',
  'refund_failed',
  'refund_canceled',
])

export const goesElsewhere = (code: string) => final.has(code)

/**
 * A part that was refused stays as evidence; new parts take its place: other payments of the card with room left, and
 * bank transfer for the rest. A payment that has refused once in this closure is not asked for more.
 */
export async function sendElsewhere(
  ctx: Context,
  tx: Tx,
  told: Case,
  { card, part }: CasePart,
  code: string,
): Promise<void> {
  const { issuerId } = told.issuer
  await notePart(tx, issuerId, part, { state: 'refused', refusal: code })
  const rules = rulesOfMoney(told)
  const at = told.closure.declared_at
  const facts = (await readSettlementFacts(tx, { issuerId, cardIds: [card.cardId], rules, at })).get(
    card.cardId,
  )
  assert(facts, 'a card in a closure has payments that can be read')
  const refusing = new Set(card.parts.flatMap((one: PayoutPart) => (one.refusal ? [one.paymentId] : [])))
  const payments = facts.payments.filter(({ paymentId }) => !refusing.has(paymentId))
  const planned = planPayouts({
    total: part.amount,
    currency: part.currency,
    payments,
    order: rules.payout_order,
    minimum: 0n,
    voucher: false,
  })
  const refs = new Map(payments.map((payment) => [payment.paymentId, payment.ref]))
  const parts = newParts(
    ctx,
    {
      cardId: card.cardId,
      currency: part.currency,
      after: Math.max(...card.parts.map(({ ord }) => ord)),
      refOf: (id) => refs.get(id) ?? null,
    },
    planned,
  )
  await writeParts(tx, { issuerId, closureId: told.closure.closure_id }, parts)
  card.parts.push(...parts)
}
