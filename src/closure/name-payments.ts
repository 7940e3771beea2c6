import { readPaidWith } from '../payment/paid-with.ts'
import type { PlannedPart } from '../payout/plan-payouts.ts'
import { liveParts } from '../payout/parts.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { openPartingPaidWith } from '../privacy/erase-person.ts'
import type { Case } from './case.ts'

/**
 * Puts down in the case what its refunds go back to, for certificate and last mail; null where it is not known. Of an erased
 * person it is in the envelope that waits for that mail, and nowhere else.
 */
export async function namePayments(ctx: Context, tx: Tx, told: Case): Promise<void> {
  const parts = liveParts(told.cards.flatMap((card) => card.parts)).filter(
    (part) => part.paymentId !== null && part.paidWith === undefined,
  )
  if (parts.length === 0) return
  const { issuerId } = told.issuer
  const whose = { issuerId, holderId: told.holderId }
  const paymentIds = parts.map((part) => part.paymentId!)
  const inVault = await readPaidWith(ctx, tx, whose, paymentIds)
  const found =
    inVault.size > 0
      ? inVault
      : await openPartingPaidWith(ctx, tx, { issuerId, closureId: told.closure.closure_id })
  for (const part of parts) part.paidWith = found.get(part.paymentId!) ?? null
}

/** The same for what a preview plans, and for what a holder is shown of their closure: of an erased person nothing. */
export async function nameWays(
  ctx: Context,
  tx: Tx,
  whose: { issuerId: string; holderId: string },
  parts: Pick<PlannedPart, 'paymentId' | 'paidWith'>[],
): Promise<void> {
  const paymentIds = parts.flatMap(({ paymentId }) => paymentId ?? [])
  const found = await readPaidWith(ctx, tx, whose, paymentIds)
  for (const part of parts) {
    const paidWith = found.get(part.paymentId ?? '')
    if (paidWith) part.paidWith = paidWith
  }
}
