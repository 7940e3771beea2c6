import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp } from '../api/api-env.ts'
import { needsSessionOrClosure } from '../api/bearer.ts'
import { onceForRoute } from '../api/once-for-route.ts'
import {
  idempotencyKey,
  instant,
  json,
  jsonBody,
  money,
  postProblems,
  problems,
  underClosure,
} from '../api/shapes.ts'
import { countTry } from '../holder/rate-limits.ts'
import { moneyJson } from '../ledger/money.ts'
import { vouchersOf } from '../payout/voucher.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { nameBankAccount } from './bank-account.ts'
import { claimKept } from './claim-kept.ts'
import { closureFor } from './closure-access.ts'
import { mayHandleMoney } from './may-see.ts'

const hidden = [
  'issuer/unknown',
  'holder/sign_in_needed',
  'closure/no_such_closure',
  'closure/already_undone',
  'api/invalid_input',
  'api/key_missing',
  'api/key_reused',
  'api/key_in_progress',
] as const
const forClosure = { tags: ['Closures'], security: needsSessionOrClosure }
const request = { params: underClosure, headers: idempotencyKey }

/** Shared with the declaration. */
export const bankAccount = z
  .strictObject({
    iban: z.string().min(5).max(60).openapi({ example: 'DE89 3704 0044 0532 0130 00' }),
    name: z
      .string()
      .min(1)
      .max(140)
      .openapi({ description: 'of the account, in Latin letters, as the bank writes it', example: 'Li Lei' }),
  })
  .openapi('BankAccount')
export const accountProblems = [
  'payout/iban_not_one',
  'payout/iban_country',
  'payout/iban_length',
  'payout/iban_digits',
  'payout/name_not_latin',
] as const

const nameAccount = createRoute({
  ...forClosure,
  method: 'post',
  path: '/api/v1/issuers/{issuer}/closures/{number}/bank-account',
  operationId: 'nameBankAccount',
  summary: 'Name the account that transfers of the closure go to',
  description:
    'Needed only where a part of the money has the route `bank_transfer`. It can be changed until the transfer is with the bank, is never answered back, and is forgotten once the money is there.',
  request: { ...request, body: jsonBody(bankAccount) },
  responses: {
    204: { description: 'noted; the contact of the account is told that one was named' },
    ...problems(
      ...hidden,
      ...postProblems,
      ...accountProblems,
      'payout/prove_first',
      'payout/no_transfer_wanted',
      'payout/person_gone',
      'holder/too_often',
    ),
  },
})

const claim = createRoute({
  ...forClosure,
  method: 'post',
  path: '/api/v1/issuers/{issuer}/closures/{number}/claim',
  operationId: 'claimKept',
  summary: 'Have paid out what was kept: too little to be sent by itself, or without an account in time',
  description:
    'For whoever is signed in, or proved by code what was declared without. What can only be transferred then waits for an account (`bank-account`), which is asked for by mail as before the end. Whose account is closed, and is erased, writes to support instead.',
  request,
  responses: {
    204: { description: 'on its way' },
    ...problems(...hidden, 'payout/nothing_kept', 'payout/person_gone', 'payout/ask_support'),
  },
})

const voucher = z
  .object({ code: z.string().openapi({ example: '7H2K-9QXC-T4B3-M0ZV' }), left: money, expiresAt: instant })
  .openapi('Voucher')
const vouchers = createRoute({
  ...forClosure,
  method: 'get',
  path: '/api/v1/issuers/{issuer}/closures/{number}/vouchers',
  operationId: 'listVouchers',
  summary: 'The vouchers a closure gave because its holder asked for them, with their codes',
  request: { params: underClosure },
  responses: {
    200: json(z.object({ vouchers: z.array(voucher) }), 'the vouchers'),
    ...problems('issuer/unknown', 'holder/sign_in_needed', 'closure/no_such_closure', 'api/invalid_input'),
  },
})

/** What a holder does about the money of a closure. */
export function payoutApi(app: ApiApp): void {
  app.openapi(nameAccount, async (c) => {
    const ctx = c.get('ctx')
    const body = c.req.valid('json')
    const { view, caller } = await closureFor(c, c.req.valid('param').number)
    await onceForRoute(c, {
      key: c.req.valid('header')['Idempotency-Key'],
      caller,
      body,
      act: async () => {
        await countTry(ctx, view.issuerId, [{ limit: 'attempt_per_client', who: c.get('client') }])
        await nameBankAccount(ctx, { ...view, ...body })
        return {}
      },
    })
    return c.body(null, 204)
  })

  app.openapi(claim, async (c) => {
    const seen = await closureFor(c, c.req.valid('param').number)
    const { view, caller } = seen
    await onceForRoute(c, {
      key: c.req.valid('header')['Idempotency-Key'],
      caller,
      act: async () => {
        if (!mayHandleMoney(seen) && !view.isHolderErased) throw new Refusal('holder/sign_in_needed')
        await claimKept(c.get('ctx'), view)
        return {}
      },
      // Done by this very request before it could answer.
      recover: async (refusal) =>
        refusal.code === 'payout/nothing_kept' && wasClaimed(view) ? {} : undefined,
    })
    return c.body(null, 204)
  })

  app.openapi(vouchers, async (c) => {
    const ctx = c.get('ctx')
    const { view } = await closureFor(c, c.req.valid('param').number)
    if (view.accountRef === null) throw new Refusal('closure/no_such_closure')
    const found = await inIssuer(ctx.db, view.issuerId, (tx) => vouchersOf(ctx, tx, view))
    const shown = found.map(({ code, left, expiresAt }) => ({
      code,
      left: moneyJson(left),
      expiresAt: expiresAt.toISOString(),
    }))
    return c.json({ vouchers: shown }, 200)
  })
}

const wasClaimed = (view: { cards: { parts: { route: string; state: string }[] }[] }) =>
  view.cards.some((card) => card.parts.some((part) => part.route === 'kept' && part.state === 'refused'))
