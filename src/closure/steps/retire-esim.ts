import type { Retired } from '../../adapters/esim/port.ts'
import { readLine } from '../../privacy/vault.ts'
import type { CaseCard } from '../case.ts'
import type { OutsideStep } from '../step.ts'

type Profile = { iccid: string; eid?: string }

/**
 * The profile can't be downloaded any more. One that is on a phone stays there until its holder deletes it
 * (SGP.22 v2 gives the operator no way); nothing waits for that, the certificate says how.
 */
export const retireEsim: OutsideStep<CaseCard, Profile, Retired> = {
  kind: 'outside',
  name: 'retire_esim',
  async prepare(ctx, tx, told, card) {
    const line = await readLine(ctx, tx, { issuerId: told.issuer.issuerId, cardId: card.cardId })
    return { ask: { iccid: card.iccid, ...(line?.eid && { eid: line.eid }) } }
  },
  call: async (_ctx, providers, request, key) => (await providers.esim()).retire({ ...request, key }),
  async done(_ctx, _tx, _told, _card, retired) {
    return { outcome: retired.outcome }
  },
  // The line is dead either way: the certificate says who did not confirm, and when they were asked.
  refused: () => ({ unconfirmed: { outcome: 'unconfirmed' } }),
}
