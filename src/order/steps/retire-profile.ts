import type { Retired } from '../../adapters/esim/port.ts'
import { doneFact, lastOf } from '../order-journal.ts'
import type { OutsideOrderStep } from '../order-step.ts'

/** A profile that was set aside is taken out of use for good: its activation code may have been made already. */
export const retireProfile: OutsideOrderStep<{ iccid: string }, Retired> = {
  kind: 'outside',
  name: 'retire_profile',
  async prepare(_ctx, _tx, told) {
    const iccid = doneFact(told.journal, 'reserve_profile', 'iccid')
    if (iccid) return { ask: { iccid } }
    const asked = lastOf(told.journal, 'reserve_profile')
    return { skip: { reason: asked ? 'no profile was given' : 'no profile was asked for' } }
  },
  call: async (providers, request, key) => (await providers.esim()).retire({ ...request, key }),
  async done(_ctx, _tx, _told, retired) {
    return { outcome: retired.outcome }
  },
  // The money does not wait for it.
  refused: () => ({ pass: { outcome: 'unconfirmed' } }),
}
