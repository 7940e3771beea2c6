import { missingKeys } from '../adapters/keys/missing-keys.ts'
import type { KeyStore, VaultKeys } from '../adapters/keys/port.ts'
import { type Db, inIssuer } from '../platform/db.ts'
import { SetupError } from '../platform/errors.ts'
import { openHolderKey } from '../privacy/vault.ts'
import { listIssuers } from './issuer.ts'

const named_at_most = 3
const tried_at_most = 100

/**
 * New keys in the place of lost ones would open nothing that the old ones closed, and seal under a root nobody trusts.
 * A holder can't be written without keys, and their row outlives the person: where there is one, there were keys.
 * Throws SetupError, before anything is made.
 */
export async function refuseLostKeys(db: Db, dir: string): Promise<void> {
  const ids = (await listIssuers(db)).map(({ issuerId }) => issuerId)
  if (ids.length === 0 || (await missingKeys(dir, ids)).length === 0) return
  const withHolders: string[] = []
  for (const id of ids) if (await hasHolders(db, id)) withHolders.push(id)
  if (withHolders.length === 0) return
  // Looked for after the holders: another process may be making keys, and with them holders, at this moment.
  const missing = await missingKeys(dir, withHolders)
  if (missing.length > 0) throw new SetupError(whatIsMissing(dir, missing))
}

/**
 * A folder of another installation has keys for the same issuers, but they open nothing here, and what they would close
 * from now on the right ones could not open. Throws SetupError when an issuer's keys open none of its newest holders'.
 */
export async function refuseOtherKeys(db: Db, keys: KeyStore, dir: string): Promise<void> {
  const others: string[] = []
  for (const { issuerId } of await listIssuers(db)) {
    const wrapped = await newestHolderKeys(db, issuerId)
    if (wrapped.length === 0) continue
    const vault = await keys.vault(issuerId)
    if (!wrapped.some((row) => opens(vault, issuerId, row))) others.push(issuerId)
  }
  if (others.length > 0) throw new SetupError(whoseAreOthers(dir, others))
}

type WrappedKey = { holder_id: string; wrapped_key: Buffer | null }

function newestHolderKeys(db: Db, issuerId: string): Promise<WrappedKey[]> {
  return inIssuer(db, issuerId, (tx) =>
    tx
      .selectFrom('holder')
      .select(['holder_id', 'wrapped_key'])
      .where('issuer_id', '=', issuerId)
      .where('wrapped_key', 'is not', null)
      .orderBy('holder_id', 'desc')
      .limit(tried_at_most)
      .execute(),
  )
}

function opens(vault: VaultKeys, issuerId: string, row: WrappedKey): boolean {
  try {
    openHolderKey(vault, issuerId, row.holder_id, row.wrapped_key!)
    return true
  } catch {
    return false
  }
}

async function hasHolders(db: Db, issuerId: string): Promise<boolean> {
  const row = await inIssuer(db, issuerId, (tx) =>
    tx.selectFrom('holder').select('holder_id').where('issuer_id', '=', issuerId).limit(1).executeTakeFirst(),
  )
  return row !== undefined
}

const folders = (names: string[]) => {
  const more = names.length - named_at_most
  const some = names.slice(0, named_at_most).map((name) => `${name}/`)
  return `${some.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function whoseAreOthers(dir: string, others: string[]): string {
  return `the key folder ${dir} belongs to another installation: what lies in ${folders(others)} opens nothing that this database holds of people; name the right folder with LEB_KEYS, or the right database with DATABASE_URL (docs/operate/keys.md)`
}

function whatIsMissing(dir: string, missing: string[]): string {
  return `the key folder ${dir} lacks ${folders(missing)}, and only the keys in there open what the database holds of people: put the folder back from its copy or name the right one with LEB_KEYS; none are made in their place (docs/operate/keys.md)`
}
