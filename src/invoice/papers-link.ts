import { createHash, createHmac } from 'node:crypto'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { listPapers, type Paper } from './read-papers.ts'

/** How long the link in the last mail of a closed account works; said before the declaration. */
export const papers_link_days = 365

type OfAccount = { issuerId: string; accountRef: string }

/**
 * The address under which an account's papers stay within reach after it is closed and nobody can sign in to it. Its
 * token (128 bits) is derived, so that a mail sent again says the same; the database keeps its hash only.
 */
export async function papersLink(
  ctx: Context,
  tx: Tx,
  of: OfAccount,
): Promise<{ url: string; goodUntil: Date }> {
  const { codeKey } = await ctx.keys.vault(of.issuerId)
  const token = createHmac('sha256', codeKey)
    .update(`papers/${of.issuerId}/${of.accountRef}`)
    .digest()
    .subarray(0, 16)
    .toString('base64url')
  const token_hash = hashOf(token)
  const now = ctx.clock.now()
  await tx
    .insertInto('papers_access')
    .values({
      token_hash,
      issuer_id: of.issuerId,
      account_ref: of.accountRef,
      good_until: new Date(now.getTime() + papers_link_days * 86_400_000),
    })
    .onConflict((c) => c.column('token_hash').doNothing())
    .execute()
  const row = await tx
    .selectFrom('papers_access')
    .select('good_until')
    .where('token_hash', '=', token_hash)
    .executeTakeFirstOrThrow()
  return { url: `${ctx.config.publicUrl}/p/${token}`, goodUntil: row.good_until }
}

/** `jurisdiction`: where the account's holder lived (ISO 3166-1 alpha-2). */
export type Linked = OfAccount & { goodUntil: Date; jurisdiction: string; papers: Paper[] }

/** What a link leads to. Throws Refusal invoice/link_over where nobody was given it or its time is over. */
export async function papersByToken(ctx: Context, token: string): Promise<Linked> {
  const found = /^[\w-]{22}$/.test(token)
    ? await ctx.db
        .selectFrom('papers_access')
        .select(['issuer_id', 'account_ref', 'good_until'])
        .where('token_hash', '=', hashOf(token))
        .executeTakeFirst()
    : undefined
  if (!found || found.good_until <= aDayAgo(ctx)) throw new Refusal('invoice/link_over')
  const of = { issuerId: found.issuer_id, accountRef: found.account_ref }
  return inIssuer(ctx.db, of.issuerId, async (tx) => {
    const { jurisdiction } = await tx
      .selectFrom('account')
      .select('jurisdiction')
      .where('issuer_id', '=', of.issuerId)
      .where('account_ref', '=', of.accountRef)
      .executeTakeFirstOrThrow()
    const papers = await listPapers(tx, { issuerId: of.issuerId, accountRefs: [of.accountRef] })
    return { ...of, goodUntil: found.good_until, jurisdiction, papers }
  })
}

/** Forgets links whose time is over. Answers how many. */
export async function sweepPapersLinks(ctx: Context): Promise<number> {
  const { numDeletedRows } = await ctx.db
    .deleteFrom('papers_access')
    .where('good_until', '<=', aDayAgo(ctx))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

// The day that was said belongs to the holder to its end, in any zone.
const aDayAgo = (ctx: Context) => new Date(ctx.clock.now().getTime() - 86_400_000)
const hashOf = (token: string) => createHash('sha256').update(token).digest()
