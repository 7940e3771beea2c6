import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'
import { addOnTermsSchema, type AddOnTerms, planTermsSchema, type PlanTerms } from './terms.ts'

type Version = {
  itemId: string
  code: string
  version: number
  publishedAt: Date
  withdrawnAt: Date | null
}
export type PlanItem = Version & { kind: 'plan'; terms: PlanTerms }
export type AddOnItem = Version & { kind: 'add_on'; terms: AddOnTerms }
/** One version of what an issuer offers. It never changes; an order keeps the one it was made under. */
export type CatalogueItem = PlanItem | AddOnItem

/** The version that an order or a card was sold under. */
export async function itemById(tx: Tx, issuerId: string, itemId: string): Promise<CatalogueItem | undefined> {
  const row = await items(tx, issuerId).where('item_id', '=', itemId).executeTakeFirst()
  return row && fromRow(row)
}

/**
 * The plan's version that was on sale at a moment, for cards that came without one (imports); for a moment before
 * the first version, the first.
 */
export async function planAt(
  tx: Tx,
  issuerId: string,
  code: string,
  at: Date,
): Promise<PlanItem | undefined> {
  const row = await items(tx, issuerId)
    .where('kind', '=', 'plan')
    .where('code', '=', code)
    .orderBy(sql`published_at > ${at}`)
    .orderBy(sql`case when published_at > ${at} then version else -version end`)
    .executeTakeFirst()
  return row && (fromRow(row) as PlanItem)
}

/** What can be bought now: the newest version of each code, unless it was withdrawn; plans first. */
export async function itemsOnSale(tx: Tx, issuerId: string): Promise<CatalogueItem[]> {
  return (await newestItems(tx, issuerId)).filter((item) => item.withdrawnAt === null)
}

/** The newest version of each code, withdrawn or not. */
export async function newestItems(tx: Tx, issuerId: string): Promise<CatalogueItem[]> {
  const rows = await items(tx, issuerId)
    .distinctOn('code')
    .orderBy('code')
    .orderBy('version', 'desc')
    .execute()
  return rows.map(fromRow).sort((a, b) => b.kind.localeCompare(a.kind) || a.code.localeCompare(b.code))
}

/** Every version of a code, the newest first. */
export async function versionsOf(tx: Tx, issuerId: string, code: string): Promise<CatalogueItem[]> {
  const rows = await items(tx, issuerId).where('code', '=', code).orderBy('version', 'desc').execute()
  return rows.map(fromRow)
}

function items(tx: Tx, issuerId: string) {
  return tx
    .selectFrom('catalogue_item')
    .select(['item_id', 'code', 'version', 'kind', 'terms', 'published_at', 'withdrawn_at'])
    .where('issuer_id', '=', issuerId)
}

type ItemRow = Awaited<ReturnType<ReturnType<typeof items>['execute']>>[number]

function fromRow(row: ItemRow): CatalogueItem {
  const version = {
    itemId: row.item_id,
    code: row.code,
    version: row.version,
    publishedAt: row.published_at,
    withdrawnAt: row.withdrawn_at,
  }
  return row.kind === 'plan'
    ? { ...version, kind: 'plan', terms: planTermsSchema.parse(row.terms) }
    : { ...version, kind: 'add_on', terms: addOnTermsSchema.parse(row.terms) }
}
