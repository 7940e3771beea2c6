import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { postOpeningBalances } from '../ledger/opening-balances.ts'
import { type KnownAccount, knownAccounts, knownCards, samePerson, sourceDigest } from './known-rows.ts'
import type { FleetRow } from './read-row.ts'
import type { Reject, RejectReason } from './reject-reasons.ts'
import { type NewCard, writeCards } from './write-cards.ts'
import { type NewAccount, newAccount, writePeople, writeVault } from './write-people.ts'

export type Written = { imported: number; unchanged: number; rejects: Reject[] }

/**
 * Imports good rows of one issuer, in file order, in one transaction: all of them or none. A row imported before
 * with the same content is `unchanged`; one that contradicts what is known is rejected, never written over.
 */
export async function writeRows(ctx: Context, issuerId: string, rows: FleetRow[]): Promise<Written> {
  const keys = await ctx.keys.vault(issuerId)
  return inIssuer(ctx.db, issuerId, async (tx) => {
    await waitForOtherImports(tx, issuerId)
    const known = await knownCards(tx, issuerId, rows)
    const written: Written = { imported: 0, unchanged: 0, rejects: [] }
    const reject = (row: FleetRow, reason: RejectReason) =>
      void written.rejects.push({ line: row.line, text: row.text, reasons: [reason] })

    const fresh: { row: FleetRow; digest: Buffer }[] = []
    for (const row of rows) {
      const digest = sourceDigest(keys, row)
      const card = known.get(row.iccid)
      if (!card) fresh.push({ row, digest })
      else if (!card.digest) reject(row, 'account_closed')
      else if (card.digest.equals(digest)) written.unchanged++
      else reject(row, 'changed_since_import')
    }
    if (fresh.length === 0) return written

    const accounts: Map<string, KnownAccount> = await knownAccounts(tx, keys, {
      issuerId,
      rows: fresh.map(({ row }) => row),
    })
    const made: NewAccount[] = []
    const cards: (NewCard & { account: KnownAccount & { key: Buffer } })[] = []
    for (const { row, digest } of fresh) {
      let account = accounts.get(row.accountRef)
      if (!account) {
        const opened = newAccount(ctx, keys, { issuerId, accountRef: row.accountRef, person: row.person })
        made.push(opened)
        accounts.set(row.accountRef, (account = opened))
      }
      const { key, person, accountId } = account
      if (!key || !person) reject(row, 'account_closed')
      else if (!samePerson(person, row.person)) reject(row, 'account_person_differs')
      else cards.push({ cardId: ctx.ids.next(), accountId, digest, row, account: { ...account, key } })
    }
    await writePeople(ctx, tx, { issuerId, keys, accounts: made })
    await writeAll(ctx, tx, issuerId, cards)
    written.imported = cards.length
    return written
  })
}

async function writeAll(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  cards: (NewCard & { account: { holderId: string; key: Buffer } })[],
): Promise<void> {
  if (cards.length === 0) return
  await writeCards(tx, issuerId, cards)
  const lines = cards.map(({ cardId, row, account: { holderId, key } }) => {
    return { itemId: cardId, holderId, key, kind: 'line' as const, value: JSON.stringify(row.identity) }
  })
  await writeVault(tx, issuerId, lines)
  const balances = cards.map(({ cardId, row: { iccid, balance, currency } }) => {
    return { cardId, amount: balance, currency, key: `import:${iccid}` }
  })
  await postOpeningBalances(ctx, tx, issuerId, balances)
}

/**
 * Batches of one issuer go one after the other, across processes too: they would wait for each other at the
 * issuer's opening account anyway, and so neither sees half of the other's accounts.
 */
async function waitForOtherImports(tx: Tx, issuerId: string): Promise<void> {
  await sql`select set_config('lock_timeout', '55s', true)`.execute(tx)
  await sql`select pg_advisory_xact_lock(hashtext('leb.import'), hashtext(${issuerId}))`.execute(tx)
}
