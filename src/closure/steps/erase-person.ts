import { erasePersonRows, writePartingEnvelope } from '../../privacy/erase-person.ts'
import { readPerson } from '../../privacy/vault.ts'
import { namePayments } from '../name-payments.ts'
import type { LocalStep } from '../step.ts'
import { noReturn } from './no-return.ts'

/**
 * The account's person is forgotten: key destroyed, values and indexes gone, sessions ended. One address, and what the
 * money went back to, stay in an envelope of its own until the certificate has been mailed.
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
    await namePayments(ctx, tx, told)
    const paidWith = new Map(
      told.cards.flatMap(({ parts }) =>
        parts.flatMap((part) =>
          part.paymentId && part.paidWith ? [[part.paymentId, part.paidWith] as const] : [],
        ),
      ),
    )
    if (person?.email)
      await writePartingEnvelope(ctx, tx, { issuerId, closureId, email: person.email, paidWith })
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
