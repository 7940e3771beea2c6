import { createHmac, timingSafeEqual } from 'node:crypto'
import { bearerToken } from '../api/bearer.ts'
import { speakAs } from '../api/language.ts'
import type { ApiContext } from '../api/api-env.ts'
import { listAccounts } from '../holder/read-accounts.ts'
import { readSession } from '../holder/session.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { asDeclarerSees, mayDeclarerSee } from './before-proof.ts'
import type { ClosureView } from './closure-view.ts'
import { type DocumentKind, readDocument, type StoredDocument } from './documents.ts'
import { readClosure, readWhose } from './read-closure.ts'

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
  const [ctx, { issuerId }] = [c.get('ctx'), c.get('issuer')]
  const asks = await whoAsks(c, number)
  const view = await readClosure(ctx, { issuerId, number })
  if (asks.as === 'declarer') {
    const declarers = view && asDeclarerSees(view)
    if (!declarers) throw new Refusal('closure/no_such_closure')
    speakAs(c, view.locale)
    return { ...asks, view: declarers }
  }
  const own = await inIssuer(ctx.db, issuerId, (tx) => listAccounts(tx, issuerId, asks.holderIds))
  if (!view || !own.some((account) => account.account_ref === view.accountRef))
    throw new Refusal('closure/no_such_closure')
  return { view, caller: asks.caller, as: 'account' }
}

/**
 * A document of the closure in the address, for the same people. Undefined while there is none.
 * Throws Refusal closure/no_such_closure, holder/sign_in_needed.
 */
export async function documentFor(
  c: ApiContext,
  number: string,
  kind: DocumentKind,
): Promise<StoredDocument | undefined> {
  const [ctx, { issuerId }] = [c.get('ctx'), c.get('issuer')]
  const asks = await whoAsks(c, number)
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const closure = await readWhose(tx, issuerId, number)
    const may =
      closure &&
      (asks.as === 'declarer'
        ? mayDeclarerSee(closure)
        : (await listAccounts(tx, issuerId, asks.holderIds)).some(
            (account) => account.account_id === closure.accountId,
          ))
    if (!may) throw new Refusal('closure/no_such_closure')
    return readDocument(tx, { issuerId, closureId: closure.closureId, kind })
  })
}

type Asks = { as: 'declarer'; caller: string } | { as: 'account'; caller: Buffer; holderIds: string[] }

/** Throws Refusal closure/no_such_closure for a token of another closure, holder/sign_in_needed without a session. */
async function whoAsks(c: ApiContext, number: string): Promise<Asks> {
  const [ctx, { issuerId }, token] = [c.get('ctx'), c.get('issuer'), bearerToken(c)]
  if (token.startsWith(prefix)) {
    const [given, right] = [Buffer.from(token), Buffer.from(await closureAccess(ctx, issuerId, number))]
    if (given.length !== right.length || !timingSafeEqual(given, right))
      throw new Refusal('closure/no_such_closure')
    return { as: 'declarer', caller: token }
  }
  const session = token && (await readSession(ctx, issuerId, token))
  if (!session) throw new Refusal('holder/sign_in_needed')
  speakAs(c, session.locale)
  return { as: 'account', caller: session.fingerprint, holderIds: session.holderIds }
}
