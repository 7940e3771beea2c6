import { createHmac, timingSafeEqual } from 'node:crypto'
import { bearerToken } from '../api/bearer.ts'
import type { ApiContext } from '../api/api-env.ts'
import { listAccounts } from '../holder/read-accounts.ts'
import { readSession } from '../holder/session.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { asDeclarerSees } from './before-proof.ts'
import type { ClosureView } from './closure-view.ts'
import { readClosure } from './read-closure.ts'

const prefix = 'closure.'

/**
 * What the declarer gets with the receipt: opens this one closure, also when the session has ended or the person
 * has been erased, because the certificate of a closed account must still be within reach. Derived, not stored.
 */
export async function closureAccess(ctx: Context, issuerId: string, number: string): Promise<string> {
  const { codeKey } = await ctx.keys.vault(issuerId)
  const mac = createHmac('sha256', codeKey).update(`api-closure/${issuerId}/${number}`).digest('base64url')
  return prefix + mac
}

/**
 * The closure in the address, for whoever is signed in to its account or holds its access token, and who that is.
 * For all others it does not exist. Throws Refusal closure/no_such_closure, holder/sign_in_needed.
 */
export async function closureFor(
  c: ApiContext,
  number: string,
): Promise<{ view: ClosureView; caller: string | Buffer; as: 'declarer' | 'account' }> {
  const [ctx, { issuerId }, token] = [c.get('ctx'), c.get('issuer'), bearerToken(c)]
  if (token.startsWith(prefix)) {
    const [given, right] = [Buffer.from(token), Buffer.from(await closureAccess(ctx, issuerId, number))]
    const view =
      given.length === right.length && timingSafeEqual(given, right)
        ? await readClosure(ctx, { issuerId, number })
        : undefined
    const declarers = view && asDeclarerSees(view)
    if (!declarers) throw new Refusal('closure/no_such_closure')
    return { view: declarers, caller: token, as: 'declarer' }
  }
  const session = token && (await readSession(ctx, issuerId, token))
  if (!session) throw new Refusal('holder/sign_in_needed')
  const view = await readClosure(ctx, { issuerId, number })
  const own = await inIssuer(ctx.db, issuerId, (tx) => listAccounts(tx, issuerId, session.holderIds))
  if (!view || !own.some((account) => account.account_ref === view.accountRef))
    throw new Refusal('closure/no_such_closure')
  return { view, caller: session.fingerprint, as: 'account' }
}
