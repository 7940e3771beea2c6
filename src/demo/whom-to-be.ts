import { inIssuer } from '../platform/db.ts'
import type { Context } from '../platform/context.ts'
import { readPerson } from '../privacy/vault.ts'
import { openCards } from './open-cards.ts'

/**
 * Whom to sign in to an issuer's portal as: a holder with money on their cards. The demo's own where they have some, else
 * whoever has most cards that work, or that have ended; undefined when nobody is left. Answers the address.
 */
export async function whomToBe(ctx: Context, issuerId: string): Promise<string | undefined> {
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const row = await openCards(tx, issuerId)
      .select((e) => ['a.holder_id', e('a.account_ref', 'like', 'DEMO-%').as('is_demo')])
      .groupBy(['a.holder_id', 'a.account_ref'])
      .orderBy('is_demo', 'desc')
      .orderBy(
        (e) =>
          e.fn
            .count('c.card_id')
            .distinct()
            .filterWhere('c.line_state', '=', 'active')
            .filterWhere('c.expires_at', '>', ctx.clock.now()),
        'desc',
      )
      .orderBy((e) => e.fn.count('c.card_id').distinct(), 'desc')
      .orderBy('a.account_ref')
      .limit(1)
      .executeTakeFirst()
    const person = row && (await readPerson(ctx, tx, issuerId, row.holder_id))
    return person?.email ?? undefined
  })
}

/** The lines of the demo that say where to sign in as whom. */
export async function portalWords(ctx: Context, publicUrl: string): Promise<string[]> {
  const doors: string[] = []
  for (const [issuerId, locale] of [
    ['leb', 'zh-CN'],
    ['roamly', 'en'],
  ] as const) {
    const email = await whomToBe(ctx, issuerId)
    if (email) doors.push(`${publicUrl}/${issuerId}/${locale}/   sign in as ${email}`)
  }
  if (doors.length === 0) doors.push(`${publicUrl}   no card of the sample fleet is open any more`)
  return doors.map((door, at) => `  ${(at === 0 ? 'portal' : '').padEnd(12)} ${door}`)
}
