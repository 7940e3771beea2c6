import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { askForPaidWith } from '../payment/learn-paid-with.ts'
import { Refusal } from '../platform/errors.ts'
import { fingerprint } from '../privacy/vault.ts'
import { issueCode, useCode } from './access-code.ts'
import { mailbox } from './mailbox.ts'
import type { Lang } from '../web/lang.ts'
import { countTry } from './rate-limits.ts'
import { holdersOf, openSession, whoHas } from './session.ts'

type Asking = {
  issuerId: string
  email: string
  /** Language of the mail: what was asked for; where nothing was, what the account of the address reads. */
  locale: Lang | null
  /** Of an address that has no account. */
  otherwise: Lang
  client: string
}

/**
 * Sends a sign-in code to an address. Known or not, the same rows are written and the same job is queued, so that
 * neither answer nor time tells who is a customer; an unknown address's notice is born `dropped`.
 * Throws Refusal holder/email_invalid, holder/too_often.
 */
export async function requestSignInCode(ctx: Context, input: Asking): Promise<{ codeId: string }> {
  const { issuerId } = input
  const email = input.email.normalize('NFKC').trim()
  if (!mailbox.test(email)) throw new Refusal('holder/email_invalid')
  const print = fingerprint(await ctx.keys.vault(issuerId), 'email', email)
  await countTry(ctx, issuerId, [
    { limit: 'code_per_client', who: input.client },
    { limit: 'code_per_address', who: print },
    { limit: 'code_per_address_a_day', who: print },
  ])
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const known = await whoHas(tx, issuerId, print)
    const { codeId } = await issueCode(ctx, tx, { issuerId, purpose: 'sign_in', fingerprint: print })
    const noticeId = ctx.ids.next()
    await tx
      .insertInto('notice')
      .values({
        issuer_id: issuerId,
        notice_id: noticeId,
        kind: 'sign_in_code',
        holder_id: known?.holderId ?? null,
        code_id: codeId,
        locale: input.locale ?? known?.locale ?? input.otherwise,
        state: known ? 'waiting' : 'dropped',
        created_at: ctx.clock.now(),
      })
      .execute()
    await ctx.jobs.look(tx, 'notice', { issuerId, id: noticeId })
    return { codeId }
  })
}

/**
 * Opens a session with the code that was mailed. Throws Refusal holder/code_wrong (also for an address nobody
 * has), holder/code_expired, holder/code_used, holder/code_too_many, holder/too_often.
 */
export async function signIn(
  ctx: Context,
  input: { issuerId: string; codeId: string; code: string; client: string },
): Promise<{ token: string }> {
  const { issuerId, codeId, code } = input
  await countTry(ctx, issuerId, [{ limit: 'attempt_per_client', who: input.client }])
  let token = ''
  const guess = { issuerId, purpose: 'sign_in', codeId, code } as const
  const outcome = await useCode(ctx, guess, async (tx, used) => {
    const holderIds = used.fingerprint ? await holdersOf(tx, issuerId, used.fingerprint) : []
    if (!used.fingerprint || holderIds.length === 0) return false
    token = (await openSession(ctx, tx, { issuerId, fingerprint: used.fingerprint })).token
    await askForPaidWith(ctx, tx, { issuerId, holderIds })
    return true
  })
  if (outcome !== 'ok') throw new Refusal(`holder/code_${outcome}`)
  return { token }
}
