import { erasePersonRows, writePartingEnvelope } from '../../privacy/erase-person.ts'
import { readPerson } from '../../privacy/vault.ts'
import type { LocalStep } from '../step.ts'
import { noReturn } from './no-return.ts'

/**
 * The account's person is forgotten: key destroyed, values and indexes gone, sessions ended. One address stays in
 * an envelope of its own until the certificate has been mailed to it.
 */
export const erasePerson: LocalStep<null> = {
  kind: 'local',
  name: 'erase_person',
  async apply(ctx, tx, told) {
    const { issuerId } = told.issuer
    const closureId = told.closure.closure_id
    // An account may have no card left that had passed it: who is erased can't be asked to come back.
    await noReturn(ctx, tx, told)
    const person = await readPerson(ctx, tx, issuerId, told.holderId)
    if (person?.email) await writePartingEnvelope(ctx, tx, { issuerId, closureId, email: person.email })
    const { values } = await erasePersonRows(ctx, tx, { issuerId, holderId: told.holderId })
    await tx
      .updateTable('account')
      .set({ state: 'closed' })
      .where('issuer_id', '=', issuerId)
      .where('account_id', '=', told.closure.account_id)
      .execute()
    return { done: { values, receipt: `erasure:${closureId}` } }
  },
}
