import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { readPerson } from '../privacy/vault.ts'

export type AccountDetails = {
  accountId: string
  accountRef: string
  state: 'open' | 'closing' | 'closed'
  name: string | null
  email: string | null
  phone: string | null
}

/** The accounts of whoever is signed in, with the person's own details from the vault. */
export async function readAccounts(
  ctx: Context,
  issuerId: string,
  holderIds: string[],
): Promise<AccountDetails[]> {
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const accounts = await listAccounts(tx, issuerId, holderIds)
    const details: AccountDetails[] = []
    for (const { holder_id, account_id, account_ref, state } of accounts) {
      const person = await readPerson(ctx, tx, issuerId, holder_id)
      details.push({
        accountId: account_id,
        accountRef: account_ref,
        state: state as AccountDetails['state'],
        name: person?.name ?? null,
        email: person?.email ?? null,
        phone: person?.phone ?? null,
      })
    }
    return details
  })
}

export async function listAccounts(tx: Tx, issuerId: string, holderIds: string[]) {
  if (holderIds.length === 0) return []
  return tx
    .selectFrom('account')
    .select(['account_id', 'account_ref', 'holder_id', 'jurisdiction', 'state'])
    .where('issuer_id', '=', issuerId)
    .where('holder_id', 'in', holderIds)
    .orderBy('account_ref')
    .execute()
}
