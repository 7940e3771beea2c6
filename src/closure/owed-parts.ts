import type { PayoutPart } from '../payout/parts.ts'
import type { ClosureView } from './closure-view.ts'

type Part = Pick<PayoutPart, 'route' | 'state' | 'claimUntil'>

/**
 * What only a person can have paid: transfers that are not done, and what is kept, which its holder has to ask for. Of a
 * closure that is still on its way that is not what was too little, which its end may yet find. Verify page, API and
 * `leb paid` go by this one.
 */
export function isOwedByTransfer(state: ClosureView['state'], part: Part): boolean {
  if (state === 'undone') return false
  if (part.route === 'bank_transfer') return part.state === 'waiting' || part.state === 'sent'
  return part.route === 'kept' && part.state === 'waiting' && (state === 'closed' || part.claimUntil !== null)
}

/** A refund of a payment that the provider has not answered yet: no person may pay it as well. */
export const isRefundUnderWay = ({ route, state }: Part): boolean =>
  route === 'original_payment' && (state === 'waiting' || state === 'sent')
