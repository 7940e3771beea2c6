import { createHmac, timingSafeEqual } from 'node:crypto'
import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp } from '../api/api-env.ts'
import { onceForRoute } from '../api/once-for-route.ts'
import { jsonBody, locale, postProblems, problems, secretIdempotencyKey, underIssuer } from '../api/shapes.ts'
import type { Context } from '../platform/context.ts'
import { askedLang } from '../web/lang.ts'
import { inIssuer } from '../platform/db.ts'
import type { Receipt } from './declare.ts'
import { answerDeclared, declared, start, zone } from './declare-api.ts'
import { declareUnsigned, readIccid } from './declare-unsigned.ts'

const declaration = z
  .strictObject({
    iccid: z
      .string()
      .min(1)
      .max(60)
      .openapi({ description: 'the number of the card, 19 or 20 digits', example: '8999901000000000124' }),
    act: z.enum(['terminate', 'withdraw']).default('terminate').openapi({
      description:
        'whether `withdraw` is in time is looked at once the code is in, by the moment of this declaration; one that is too late ends the contract as closing does',
    }),
    start,
    zone,
    locale: locale.optional().openapi({
      description:
        'language of mails; Accept-Language unless told, and where there is none that of the account that the card belongs to',
    }),
  })
  .openapi('UnsignedDeclaration')

const route = createRoute({
  method: 'post',
  path: '/api/v1/issuers/{issuer}/closures/without-signing-in',
  operationId: 'declareClosureWithoutSigningIn',
  tags: ['Closures'],
  summary: 'Declare the closure of a card by its number, without signing in',
  description:
    'It counts from this moment, and the slip exists when this answers. A code goes to the contact the account already has; before it has come back with the access token, nothing is closed and nothing is told of the card or its holder. If the holder proves it while signed in, the token opens nothing any more.',
  security: [],
  request: { params: underIssuer, headers: secretIdempotencyKey, body: jsonBody(declaration) },
  responses: {
    201: declared,
    ...problems(
      ...postProblems,
      'issuer/unknown',
      'holder/too_often',
      'closure/card_number_invalid',
      'closure/card_unknown',
      'closure/being_closed',
      'closure/unknown_zone',
    ),
  },
})

/** Declaring a closure for whoever knows the card's number. */
export function declareUnsignedApi(app: ApiApp): void {
  app.openapi(route, async (c) => {
    const [ctx, { issuerId }] = [c.get('ctx'), c.get('issuer')]
    const body = c.req.valid('json')
    const key = c.req.valid('header')['Idempotency-Key']
    const iccid = readIccid(body.iccid)
    const requestDigest = await digestOf(ctx, issuerId, JSON.stringify([key, body]))
    let made: Receipt | undefined
    const { kept } = await onceForRoute(c, {
      key,
      caller: iccid,
      body,
      act: async () => {
        const answered = await declareUnsigned(ctx, {
          issuerId,
          iccid,
          client: c.get('client'),
          // After a crash: only the very request that made it, key and all, is told the number.
          isOwn: (number) => isMadeBy(ctx, issuerId, number, requestDigest),
          act: body.act,
          start: body.start,
          locale: body.locale ?? askedLang(c.req.header('accept-language')) ?? null,
          zone: body.zone,
          receivedBy: 'api',
          requestDigest,
        })
        if ('own' in answered) return { number: answered.own }
        made = answered
        return { number: made.number }
      },
    })
    return answerDeclared(c, { issuerId, number: kept.number, made })
  })
}

/** Keyed: the request names a card, and the key is the caller's secret. */
async function digestOf(ctx: Context, issuerId: string, request: string): Promise<Buffer> {
  const { indexKey } = await ctx.keys.vault(issuerId)
  return createHmac('sha256', indexKey).update(`declaration/${issuerId}/`).update(request).digest()
}

async function isMadeBy(ctx: Context, issuerId: string, number: string, digest: Buffer): Promise<boolean> {
  const row = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('closure')
      .select('request_digest')
      .where('issuer_id', '=', issuerId)
      .where('number', '=', number)
      .executeTakeFirst(),
  )
  const made = row?.request_digest
  return made != null && made.length === digest.length && timingSafeEqual(made, digest)
}
