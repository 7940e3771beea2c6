import { createRoute, z } from '@hono/zod-openapi'
import { accepts } from 'hono/accepts'
import type { ApiApp, ApiContext } from '../api/api-env.ts'
import { needsSession, signedIn } from '../api/bearer.ts'
import { onceForRoute } from '../api/once-for-route.ts'
import {
  binary,
  closureNumber,
  idempotencyKey,
  instant,
  jsonBody,
  locale,
  postProblems,
  problems,
  underIssuer,
} from '../api/shapes.ts'
import { ownAccount } from '../holder/account-api.ts'
import { languageOf } from '../holder/language-of.ts'
import { countTry } from '../holder/rate-limits.ts'
import type { Context } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import { asDownload } from '../slip/document-file-name.ts'
import { checkBankAccount } from '../payout/check-bank-account.ts'
import { nameBankAccount } from './bank-account.ts'
import { closureAccess } from './closure-access.ts'
import { act, closureUrl } from './closure-json.ts'
import { declareClosure, type Receipt } from './declare.ts'
import { verifyUrl } from './document-parts.ts'
import { accountProblems, bankAccount } from './payout-api.ts'
import { readClosure } from './read-closure.ts'
import { readSlip, verifyUrlOnSlip } from './receipt.ts'

/** Shared with the declaration without signing in. */
export const start = z.enum(['after_undo_window', 'at_once']).openapi({
  description: '`at_once` waives the undo window; undo stays possible until money is sent or the line is cut',
})
export const zone = z.string().min(1).max(60).openapi({
  description:
    'IANA zone in which times are told to you; deadlines end with a day where the law is, and in this zone where no law of a land is known',
  example: 'Asia/Shanghai',
})

const declaration = z
  .strictObject({
    accountId: z.uuid(),
    cards: z.union([z.literal('account'), z.array(z.uuid()).min(1).max(500)]).openapi({
      description: '`account` closes the account with all that it still has',
      example: 'account',
    }),
    act: act.default('terminate').openapi({
      description:
        '`withdraw` within the time that the law gives (`withdrawableUntil` of the preview): it pays more than closing does where a plan has not been used up',
    }),
    start,
    zone,
    voucher: z.boolean().optional().openapi({
      description: 'true only where the holder asked for a voucher instead of money; cards only',
    }),
    bankAccount: bankAccount.optional().openapi({
      description: 'for a part that goes by bank transfer (see the preview); it can be named later as well',
    }),
    locale: locale.optional().openapi({
      description:
        'language of mails; Accept-Language unless told, and the account’s own where there is none',
    }),
  })
  .openapi('Declaration')
type DeclarationBody = z.infer<typeof declaration>

const receipt = z
  .object({
    number: closureNumber.openapi({ example: 'LEB-2K7M-9QXCT' }),
    declaredAt: instant,
    dueAt: instant.openapi({ description: 'when the issuer must be done' }),
    statusUrl: z.url(),
    slipUrl: z.url().openapi({ description: 'the sealed slip, at once' }),
    verifyUrl: z.url().openapi({ description: 'shows anyone whether the slip is genuine' }),
    accessToken: z.string().openapi({
      description:
        'bearer token for this closure only; good after signing out and after the person was erased. Keep it.',
    }),
  })
  .openapi('Receipt')

const header = (description: string) => ({ description, schema: { type: 'string' as const } })
export const declared = {
  description:
    'declared; the slip is ready. Ask with `Accept: application/pdf`, and the slip itself is the answer: one connection that holds is enough to have the proof.',
  content: {
    'application/json': { schema: receipt },
    'application/pdf': { schema: binary },
  },
  headers: {
    Location: header('the closure, where it is watched'),
    'LEB-Closure-Number': header('with the slip as the answer: the number on it'),
    'LEB-Access-Token': header('with the slip as the answer: bearer token for this closure only. Keep it.'),
  },
}

const declare = createRoute({
  method: 'post',
  path: '/api/v1/issuers/{issuer}/closures',
  operationId: 'declareClosure',
  tags: ['Closures'],
  summary: 'Declare a closure: it counts from this moment',
  description:
    'The slip exists when this answers. A code goes to the contact the account already has; nothing is closed, paid out or erased before it has come back.',
  security: needsSession,
  middleware: signedIn,
  request: { params: underIssuer, headers: idempotencyKey, body: jsonBody(declaration) },
  responses: {
    201: declared,
    ...problems(
      ...postProblems,
      'issuer/unknown',
      'holder/sign_in_needed',
      'holder/too_often',
      'api/no_such_account',
      'closure/no_such_card',
      'closure/nothing_chosen',
      'closure/already_closing',
      'closure/already_closed',
      'closure/unknown_zone',
      'closure/no_withdrawal',
      'closure/withdrawal_over',
      'closure/withdrawal_waits',
      'voucher/cards_only',
      ...accountProblems,
    ),
  },
})

/** Declaring a closure. */
export function declareApi(app: ApiApp): void {
  app.openapi(declare, async (c) => {
    const { issuerId } = c.get('issuer')
    const body = c.req.valid('json')
    const accountId = await ownAccount(c, body.accountId)
    let made: Receipt | undefined
    const { kept } = await onceForRoute(c, {
      key: c.req.valid('header')['Idempotency-Key'],
      caller: c.get('session').fingerprint,
      body,
      act: async () => {
        made = await newClosure(c, body, accountId)
        return { number: made.number }
      },
      recover: async (refusal) => {
        const { number } = refusal.facts
        if (refusal.code !== 'closure/already_closing' || !number) return undefined
        return (await isWhatWasAsked(c, number, body)) ? { number } : undefined
      },
    })
    return answerDeclared(c, { issuerId, number: kept.number, made })
  })
}

type Declared = { issuerId: string; number: string; made: Receipt | undefined }

/** What a declaration answers, the first time and at each repetition. Throws Refusal closure/no_such_closure. */
export async function answerDeclared(c: ApiContext, which: Declared) {
  const ctx = c.get('ctx')
  c.header('Location', closureUrl(ctx.config.publicUrl, which.issuerId, which.number))
  c.header('Vary', 'Accept', { append: true })
  const supports = ['application/json', 'application/pdf']
  const wanted = accepts(c, { header: 'Accept', supports, default: 'application/json' })
  if (wanted !== 'application/pdf') return c.json(await receiptJson(ctx, which), 201)
  const slip = which.made?.slip ?? (await readSlip(ctx, which))
  return c.body(new Uint8Array(slip), 201, {
    'Content-Type': 'application/pdf',
    'Content-Disposition': asDownload({ number: which.number, kind: 'slip' }),
    'LEB-Closure-Number': which.number,
    'LEB-Access-Token': await closureAccess(ctx, which.issuerId, which.number),
  })
}

async function receiptJson(
  ctx: Context,
  { issuerId, number, made }: Declared,
): Promise<z.infer<typeof receipt>> {
  const view = made ?? (await readClosure(ctx, { issuerId, number }))
  if (!view) throw new Refusal('closure/no_such_closure')
  const url = closureUrl(ctx.config.publicUrl, issuerId, number)
  return {
    number,
    declaredAt: view.declaredAt.toISOString(),
    dueAt: view.dueAt.toISOString(),
    statusUrl: url,
    slipUrl: `${url}/slip`,
    verifyUrl: made ? verifyUrl(ctx, made.token) : await verifyUrlOnSlip(ctx, { issuerId, number }),
    accessToken: await closureAccess(ctx, issuerId, number),
  }
}

async function newClosure(c: ApiContext, body: DeclarationBody, accountId: string) {
  const [ctx, { issuerId }] = [c.get('ctx'), c.get('issuer')]
  // What is wrong with the input is said before anything counts.
  if (body.bankAccount) checkBankAccount(body.bankAccount)
  if (body.voucher && body.cards === 'account') throw new Refusal('voucher/cards_only')
  await countTry(ctx, issuerId, [
    { limit: 'declaration_per_client', who: c.get('client') },
    { limit: 'declaration_per_account', who: accountId },
    { limit: 'declaration_per_account_a_day', who: accountId },
  ])
  const made = await declareClosure(ctx, {
    issuerId,
    accountId,
    cardIds: body.cards === 'account' ? 'account' : [...new Set(body.cards.map((id) => id.toLowerCase()))],
    act: body.act,
    start: body.start,
    locale: body.locale ?? (await languageOf(c, accountId)),
    zone: body.zone,
    receivedBy: 'api',
    identity: 'signed_in',
    voucher: body.voucher ?? false,
  })
  if (body.bankAccount)
    await nameBankAccount(ctx, { issuerId, closureId: made.closureId, ...body.bankAccount })
  return made
}

/** After a crash: is the closure that stands in the way the one this same request made before it could answer? */
async function isWhatWasAsked(c: ApiContext, number: string, body: DeclarationBody): Promise<boolean> {
  const view = await readClosure(c.get('ctx'), { issuerId: c.get('issuer').issuerId, number })
  if (!view || view.act !== body.act) return false
  if (body.cards === 'account') return view.covers === 'account'
  const asked = new Set(body.cards.map((id) => id.toLowerCase()))
  return (
    view.covers === 'card' &&
    view.cards.length === asked.size &&
    view.cards.every((card) => asked.has(card.cardId))
  )
}
