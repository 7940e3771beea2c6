import { sql } from 'kysely'
import { type Issuer, listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { policyFor } from '../policy/policy.ts'
import { numberPrefix } from './seller.ts'
import { dayIn } from './take-number.ts'

/** Invoice numbers of a former system that LEB has given too, or will: how many of an issuer's, and one of them. */
export type LikeOurs = { issuer: string; count: number; example: string }

/**
 * Imported invoice numbers of the very form of the issuer's own (`ACME-2026-000123`), of this year or a later one. Numbers
 * must be told apart (Directive 2006/112/EC, Art. 226(2)), and nothing else compares the two. Undefined where there is none.
 */
export async function importedLikeOurs(ctx: Context, issuer: Issuer): Promise<LikeOurs | undefined> {
  const { issuerId } = issuer
  const now = ctx.clock.now()
  const year = dayIn(now, policyFor(issuer.jurisdiction, now).time_zone).slice(0, 4)
  const prefix = numberPrefix(issuer)
  const { rows } = await inIssuer(ctx.db, issuerId, (tx) =>
    sql<{ count: number; example: string | null }>`
      select count(*)::int as count, max(invoice_no) as example from card
       where issuer_id = ${issuerId} and order_id is null
         and invoice_no ~ ${`^${prefix}-\\d{4}-(\\d{6}|[1-9]\\d{6,})$`}
         and substr(invoice_no, ${prefix.length + 2}::int, 4) >= ${year}`.execute(tx),
  )
  const { count, example } = rows[0]!
  return example === null ? undefined : { issuer: issuerId, count, example }
}

/** Of every issuer that has some. */
export async function allImportedLikeOurs(ctx: Context): Promise<LikeOurs[]> {
  const found: LikeOurs[] = []
  for (const issuer of await listIssuers(ctx.db)) {
    const own = await importedLikeOurs(ctx, issuer)
    if (own) found.push(own)
  }
  return found
}

export const likeOursWords = ({ issuer, count, example }: LikeOurs): string =>
  `${issuer}: ${count} imported invoice numbers, such as ${example}, are of the form of LEB's own and may come twice: give brand.seller.invoicePrefix another value (docs/operate/invoices.md)`
