import type { Ordered } from '../../adapters/esim/port.ts'
import type { OutsideOrderStep } from '../order-step.ts'

/** A profile out of the SM-DP+'s stock (ES2+.DownloadOrder). Nobody can download it before it is confirmed. */
export const reserveProfile: OutsideOrderStep<{ profileType: string }, Ordered> = {
  kind: 'outside',
  name: 'reserve_profile',
  async prepare(_ctx, _tx, told) {
    return { ask: { profileType: told.issuer.providers.esim.profileType ?? told.item!.code } }
  },
  call: async (providers, request, key) => (await providers.esim()).order({ ...request, key }),
  async done(_ctx, _tx, _told, ordered) {
    return { iccid: ordered.iccid }
  },
  refused: () => ({ giveBack: 'no_profile' }),
}

/**
 * The order goes back already, and the same question is asked until it is answered: what was set aside is retired then.
 * An SM-DP+ that forgets its calls sets another aside; its first one was never confirmed, so nobody can download it.
 */
export const hearReservation: typeof reserveProfile = {
  ...reserveProfile,
  refused: () => ({ pass: { outcome: 'no_profile' } }),
}
