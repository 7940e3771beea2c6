import type { Answer } from '../adapters/answer.ts'
import type { PaymentPort, Refunded } from '../adapters/payment/port.ts'

/**
 * How long a request for a refund that nobody answered may still reach the provider. Our side ends it after seconds,
 * but what has left the machine may wait in a proxy or in the provider's queue. Nobody promises when that is over:
 * this is several times what proxies wait, and a holder whose refund was refused can spare it.
 */
const may_arrive_minutes = 15

/** Why a refusal was not believed yet; an attempt with this answer has been heard out and is not on its way. */
export const may_arrive = 'earlier_request_may_arrive'

type Attempt = { state: string; answer: Record<string, unknown> | null; intendedAt: Date }

/** Whether one of these attempts at a refund may still be on its way: written down, and never answered. */
export function mayArrive(attempts: Attempt[], now: Date): boolean {
  return attempts.some(
    ({ state, answer, intendedAt }) =>
      (state === 'intent' || (state === 'unknown' && answer?.['reason'] !== may_arrive)) &&
      now < arrivedBy(intendedAt),
  )
}

/** From then on a request of this moment is done, or will never be. */
export const arrivedBy = (asked: Date) => new Date(asked.getTime() + may_arrive_minutes * 60_000)

/**
 * A no is believed when the refund itself ended badly; or when no refund under our key is to be found and no earlier
 * request can make one any more. A provider that did the work and then says no, or does it late, would otherwise be
 * followed by a second payout on another way.
 */
export async function believed(
  payment: PaymentPort,
  asked: { paymentRef: string; key: string; mayArrive: boolean },
  answer: Answer<Refunded>,
): Promise<Answer<Refunded>> {
  if (answer.kind !== 'refused' || answer.code.startsWith('refund_')) return answer
  const seen = await payment.ask({ paymentRef: asked.paymentRef, key: asked.key })
  const isNone = seen.kind === 'unknown' && seen.reason === 'no_refund_with_this_key'
  if (!isNone && seen.kind !== 'refused') return seen
  return isNone && asked.mayArrive ? { kind: 'unknown', reason: may_arrive } : answer
}
