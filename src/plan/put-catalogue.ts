import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { sql } from 'kysely'
import type { CatalogueFile, NewItem } from './catalogue-file.ts'

export type PutResult = {
  code: string
  version: number
  change: 'added' | 'changed' | 'unchanged' | 'withdrawn' | 'unknown'
}

/**
 * Brings an issuer's catalogue to what a file says, in one transaction: an item that differs from its newest version
 * gets a new one, what is the same stays, `withdraw` takes codes off sale. What was sold keeps its version.
 */
export async function putCatalogue(
  ctx: Context,
  issuerId: string,
  file: Pick<CatalogueFile, 'items' | 'withdraw'>,
): Promise<PutResult[]> {
  return inIssuer(ctx.db, issuerId, async (tx) => {
    // Two puts at once would both find the same newest version.
    await sql`select pg_advisory_xact_lock(hashtext('catalogue'), hashtext(${issuerId}))`.execute(tx)
    const results: PutResult[] = []
    for (const item of file.items) results.push(await putItem(ctx, tx, issuerId, item))
    for (const code of file.withdraw) results.push(await withdraw(ctx, tx, issuerId, code))
    return results
  })
}

async function putItem(ctx: Context, tx: Tx, issuerId: string, item: NewItem): Promise<PutResult> {
  const terms = JSON.stringify(item.terms)
  const newest = await tx
    .selectFrom('catalogue_item')
    .select(['version', sql<boolean>`terms = ${terms}::jsonb and kind = ${item.kind}`.as('same')])
    .select('withdrawn_at')
    .where('issuer_id', '=', issuerId)
    .where('code', '=', item.code)
    .orderBy('version', 'desc')
    .executeTakeFirst()
  if (newest?.same && newest.withdrawn_at === null)
    return { code: item.code, version: newest.version, change: 'unchanged' }
  const version = (newest?.version ?? 0) + 1
  await tx
    .insertInto('catalogue_item')
    .values({
      issuer_id: issuerId,
      item_id: ctx.ids.next(),
      code: item.code,
      version,
      kind: item.kind,
      terms,
      published_at: ctx.clock.now(),
      withdrawn_at: null,
    })
    .execute()
  return { code: item.code, version, change: newest ? 'changed' : 'added' }
}

async function withdraw(ctx: Context, tx: Tx, issuerId: string, code: string): Promise<PutResult> {
  const rows = await tx
    .updateTable('catalogue_item')
    .set({ withdrawn_at: ctx.clock.now() })
    .where('issuer_id', '=', issuerId)
    .where('code', '=', code)
    .where('withdrawn_at', 'is', null)
    .returning('version')
    .execute()
  const version = Math.max(0, ...rows.map((row) => row.version))
  return { code, version, change: version === 0 ? 'unknown' : 'withdrawn' }
}
