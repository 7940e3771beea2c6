import { missingKeys } from '../adapters/keys/missing-keys.ts'
import { type Db, inIssuer } from '../platform/db.ts'
import { SetupError } from '../platform/errors.ts'
import { listIssuers } from './issuer.ts'

const named_at_most = 3

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

async function hasHolders(db: Db, issuerId: string): Promise<boolean> {
  const row = await inIssuer(db, issuerId, (tx) =>
    tx.selectFrom('holder').select('holder_id').where('issuer_id', '=', issuerId).limit(1).executeTakeFirst(),
  )
  return row !== undefined
}

function whatIsMissing(dir: string, missing: string[]): string {
  const more = missing.length - named_at_most
  const names = missing.slice(0, named_at_most).map((name) => `${name}/`)
  const what = `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return `the key folder ${dir} lacks ${what}, and only the keys in there open what the database holds of people: put the folder back from its copy or name the right one with LEB_KEYS; none are made in their place (docs/operate/keys.md)`
}
