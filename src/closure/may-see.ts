import { createHmac, timingSafeEqual } from 'node:crypto'
import { listAccounts } from '../holder/read-accounts.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { isReadableNumber } from '../platform/ids.ts'
import { type CookieJar, readCookie, writeCookie } from '../web/cookies.ts'
import { type PortalContext, sessionOf } from '../web/routing.ts'
import { WebFault } from '../web/web-fault.ts'
import { asDeclarerSees } from './before-proof.ts'
import type { ClosureView } from './closure-view.ts'
import { readClosure } from './read-closure.ts'

/** How long the browser that declared may come back to the progress page without signing in. */
const remembered_hours = 24 * 90

/**
 * Lets this browser see the closure it declared, also when the session has ended or the person has been erased:
 * the certificate of a closed account must still be within reach. Opens nothing else.
 */
export async function rememberClosure(
  ctx: Context,
  c: PortalContext,
  jar: CookieJar,
  number: string,
): Promise<void> {
  const { issuerId } = c.get('issuer')
  const value = await seal(ctx, issuerId, number)
  writeCookie(c, jar, { kind: `closure-${number}`, issuerId, value, lives_hours: remembered_hours })
}

async function seal(ctx: Context, issuerId: string, number: string): Promise<string> {
  const { codeKey } = await ctx.keys.vault(issuerId)
  return createHmac('sha256', codeKey).update(`see-closure/${issuerId}/${number}`).digest('base64url')
}

/** A closure as this browser may see it, and whether as the one that declared it or as the account's holder. */
export type Seen = { view: ClosureView; as: 'declarer' | 'account' }

/**
 * Who names accounts and reads codes that are worth money: a session, or whoever proved by code what was declared
 * without one. A browser that only remembers may be somebody else's by then.
 */
export const mayHandleMoney = ({ view, as }: Seen): boolean =>
  as === 'account' || view.identity === 'not_signed_in'

/** Whether this browser declared the closure with this number. */
export async function isRemembered(
  ctx: Context,
  c: PortalContext,
  jar: CookieJar,
  number: string,
): Promise<boolean> {
  const { issuerId } = c.get('issuer')
  const cookie = Buffer.from(readCookie(c, jar, `closure-${number}`, issuerId) ?? '')
  const right = Buffer.from(await seal(ctx, issuerId, number))
  return cookie.length === right.length && timingSafeEqual(cookie, right)
}

/**
 * The closure in the address, for someone signed in to its account or the browser that declared it. For all
 * others it does not exist: throws WebFault notFound, or asks to sign in first.
 */
export async function closureFor(ctx: Context, c: PortalContext, jar: CookieJar): Promise<Seen> {
  const { issuerId } = c.get('issuer')
  const number = c.req.param('number') ?? ''
  if (!isReadableNumber(number.slice(number.indexOf('-') + 1))) throw new WebFault('notFound')
  const remembered = await isRemembered(ctx, c, jar, number)
  const holderIds = remembered ? (c.get('session')?.holderIds ?? []) : sessionOf(c).holderIds
  const view = await readClosure(ctx, { issuerId, number })
  if (!view) throw new WebFault('notFound')
  const accounts = await inIssuer(ctx.db, issuerId, (tx) => listAccounts(tx, issuerId, holderIds))
  if (accounts.some((account) => account.account_ref === view.accountRef)) return { view, as: 'account' }
  const declarers = remembered ? asDeclarerSees(view) : undefined
  if (declarers) return { view: declarers, as: 'declarer' }
  sessionOf(c)
  throw new WebFault('notFound')
}
