import type { Confirmed } from '../../adapters/esim/port.ts'
import { assert } from '../../platform/errors.ts'
import { activationCode, keepActivation, matchingIdFor } from '../activation.ts'
import { attemptsAt, doneFact } from '../order-journal.ts'
import type { OutsideOrderStep } from '../order-step.ts'

type Request = { iccid: string; matchingId: string; askedBefore: boolean }

/** Ready for whoever has the activation code (ES2+.ConfirmOrder); the code goes into the vault and nowhere else. */
export const confirmProfile: OutsideOrderStep<Request, Confirmed> = {
  kind: 'outside',
  name: 'confirm_profile',
  async prepare(ctx, _tx, told) {
    const iccid = doneFact(told.journal, 'reserve_profile', 'iccid')
    assert(iccid, 'a profile is reserved before it is confirmed')
    const { codeKey } = await ctx.keys.vault(told.issuer.issuerId)
    const matchingId = matchingIdFor({ codeKey }, told.order.order_id)
    return { ask: { iccid, matchingId, askedBefore: attemptsAt(told.journal, 'confirm_profile').length > 0 } }
  },
  call: async (providers, request, key) => (await providers.esim()).confirm({ ...request, key }),
  async done(ctx, tx, told, { smdpAddress, matchingId }) {
    const { issuer_id: issuerId, holder_id: holderId, order_id: orderId } = told.order
    const code = activationCode(smdpAddress, matchingId)
    // Erased meanwhile: `deliver` finds that out and gives the money back.
    const kept = await keepActivation(ctx, tx, { issuerId, holderId, orderId }, code)
    return { smdp: smdpAddress, kept }
  },
  refused: () => ({ giveBack: 'no_profile' }),
}
