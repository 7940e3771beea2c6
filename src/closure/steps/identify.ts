import type { LocalStep } from '../step.ts'

/**
 * Nothing moves before the holder has proved who they are (prove-identity.ts writes identified_at). When the
 * issuer itself gives a card up (mass closure, decide-for-holder.ts), there is nobody to prove it: its decision stands as
 * evidence.
 */
export const identify: LocalStep<null> = {
  kind: 'local',
  name: 'identify',
  async apply(_ctx, _tx, { closure }) {
    if (!closure.identified_at) return { wait: { until: null } }
    const byIssuer = closure.identity === 'issuer_decision' || closure.proved_by === 'issuer'
    return { done: { method: byIssuer ? 'issuer_decision' : 'email_code' } }
  },
}
