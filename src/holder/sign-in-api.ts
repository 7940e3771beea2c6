import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp } from '../api/api-env.ts'
import { needsSession, signedIn } from '../api/bearer.ts'
import { onceForRoute } from '../api/once-for-route.ts'
import {
  code,
  idempotencyKey,
  instant,
  json,
  jsonBody,
  locale,
  postProblems,
  problems,
  underIssuer,
} from '../api/shapes.ts'
import { Refusal } from '../platform/errors.ts'
import { askedLang } from '../web/lang.ts'
import { fingerprint } from '../privacy/vault.ts'
import { code_lives_minutes } from './access-code.ts'
import { session_hours, signOut } from './session.ts'
import { requestSignInCode, signIn } from './sign-in.ts'

const requestCode = createRoute({
  method: 'post',
  path: '/api/v1/issuers/{issuer}/sign-in-codes',
  operationId: 'requestSignInCode',
  tags: ['Sign-in'],
  summary: 'Send a sign-in code to an e-mail address',
  description:
    'The answer is the same whether anybody has this address or not. An Idempotency-Key counts for one address: with another address it is another act.',
  security: [],
  request: {
    params: underIssuer,
    headers: idempotencyKey,
    body: jsonBody(
      z
        .strictObject({
          email: z.string().min(1).max(254).openapi({ example: 'mei@example.com' }),
          locale: locale.optional().openapi({
            description:
              'language of the mail; Accept-Language unless told, and where there is none that of the account that has the address',
          }),
        })
        .openapi('SignInCodeRequest'),
    ),
  },
  responses: {
    202: json(
      z
        .object({
          codeId: z.uuid().openapi({ description: 'send it back with the code' }),
          validMinutes: z.int(),
        })
        .openapi('SignInCode'),
      'a code is on its way if the address is known',
    ),
    ...problems(...postProblems, 'issuer/unknown', 'holder/email_invalid', 'holder/too_often'),
  },
})

const exchange = createRoute({
  method: 'post',
  path: '/api/v1/issuers/{issuer}/sessions',
  operationId: 'signIn',
  tags: ['Sign-in'],
  summary: 'Exchange the mailed code for a bearer token',
  description:
    'The token is given out once and kept nowhere: repeating this request answers `api/token_given_once`. If the answer got lost, ask for a new code.',
  security: [],
  request: {
    params: underIssuer,
    headers: idempotencyKey,
    body: jsonBody(z.strictObject({ codeId: z.uuid(), code }).openapi('SignInRequest')),
  },
  responses: {
    201: json(
      z
        .object({
          token: z.string().openapi({ description: 'for `Authorization: Bearer`', example: 'pTz4m0…' }),
          expiresAt: instant,
        })
        .openapi('SessionToken'),
      'signed in',
    ),
    ...problems(
      ...postProblems,
      'issuer/unknown',
      'api/token_given_once',
      'holder/code_wrong',
      'holder/code_expired',
      'holder/code_used',
      'holder/code_too_many',
      'holder/too_often',
    ),
  },
})

const end = createRoute({
  method: 'delete',
  path: '/api/v1/issuers/{issuer}/session',
  operationId: 'signOut',
  tags: ['Sign-in'],
  summary: 'Sign out: the token is worth nothing from now on',
  security: needsSession,
  middleware: signedIn,
  request: { params: underIssuer },
  responses: { 204: { description: 'signed out' }, ...problems('issuer/unknown', 'holder/sign_in_needed') },
})

/** Signing in by e-mail code, and out. */
export function signInApi(app: ApiApp): void {
  app.openapi(requestCode, async (c) => {
    const [ctx, { issuerId }] = [c.get('ctx'), c.get('issuer')]
    const body = c.req.valid('json')
    const asking = {
      issuerId,
      email: body.email,
      locale: body.locale ?? askedLang(c.req.header('accept-language')) ?? null,
      otherwise: c.get('lang'),
      client: c.get('client'),
    }
    const { kept } = await onceForRoute(c, {
      key: c.req.valid('header')['Idempotency-Key'],
      caller: fingerprint(await ctx.keys.vault(issuerId), 'email', body.email),
      body,
      act: () => requestSignInCode(ctx, asking),
    })
    return c.json({ codeId: kept.codeId, validMinutes: code_lives_minutes }, 202)
  })

  app.openapi(exchange, async (c) => {
    const [ctx, { issuerId }] = [c.get('ctx'), c.get('issuer')]
    const body = c.req.valid('json')
    let token = ''
    const { replayed } = await onceForRoute(c, {
      key: c.req.valid('header')['Idempotency-Key'],
      caller: body.codeId,
      body,
      act: async () => {
        token = (await signIn(ctx, { issuerId, ...body, client: c.get('client') })).token
        return {}
      },
    })
    if (replayed) throw new Refusal('api/token_given_once')
    const expiresAt = new Date(ctx.clock.now().getTime() + session_hours * 3_600_000).toISOString()
    return c.json({ token, expiresAt }, 201)
  })

  app.openapi(end, async (c) => {
    await signOut(c.get('ctx'), c.get('issuer').issuerId, c.get('sessionToken'))
    return c.body(null, 204)
  })
}
