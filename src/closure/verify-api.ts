import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp } from '../api/api-env.ts'
import { closureNumber, instant, json, moneyOrNull, problems, wording } from '../api/shapes.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { Refusal } from '../platform/errors.ts'
import { asPaperSays } from './before-proof.ts'
import { readByToken } from './documents.ts'
import { readClosure } from './read-closure.ts'
import { standings, stillOwed } from './still-owed.ts'

const verifiedShape = z
  .object({
    genuine: z.literal(true),
    kind: z.enum(['slip', 'certificate']),
    issuer: z.object({ issuer: z.string(), name: wording }),
    number: closureNumber,
    issuedAt: instant,
    sha256: z.string().openapi({ description: 'of the PDF as it was issued, lower-case hex' }),
    state: z.enum(['declared', 'identified', 'closing', 'closed', 'undone']),
    declaredAt: instant.openapi({ description: 'or decided, where nobody declared it' }),
    decidedByIssuer: z.boolean().openapi({ description: 'nobody declared it: the issuer decided it' }),
    cardEnded: z.boolean().openapi({ description: 'it decided so because the card had ended' }),
    dueAt: instant,
    closedAt: instant.nullable(),
    undoneAt: instant.nullable(),
    owed: z
      .array(
        z.object({
          amount: moneyOrNull.openapi({
            description: 'null with the token of a slip, and in doubt: support says what is owed',
          }),
          standing: z.enum(standings).openapi({
            description:
              '`kept` because no bank account was named, `too_little` to be sent by itself: both are paid when their holder asks; `wants_account`, `to_send`, `with_bank`: a transfer on its way; `refunding`: at the payment provider; `in_doubt`: the payer’s bank took back what the card was paid with',
          }),
          claimUntil: z.iso
            .date()
            .nullable()
            .openapi({ description: 'of `kept`: the last day to which paying it is promised at least' }),
        }),
      )
      .openapi({
        description: 'what is not paid yet to the holder; what was claimed too, until it has arrived',
      }),
    cards: z.array(z.object({ iccidLast4: z.string(), plan: z.string().nullable() })),
  })
  .openapi('Verified')

const verify = createRoute({
  method: 'get',
  path: '/api/v1/verify/{token}',
  operationId: 'verifyToken',
  tags: ['Verify'],
  summary: 'Is the slip or certificate with this QR token genuine, and how does its closure stand',
  description: 'For anybody. Tells nothing that the document does not show.',
  security: [],
  request: {
    params: z.object({
      token: z
        .string()
        .regex(/^[\w-]{1,100}$/)
        .openapi({
          param: { name: 'token', in: 'path' },
          description: 'the last part of the QR address',
          example: 'q3hM0y7d1v5cQ2kTtWnR8A',
        }),
    }),
  },
  responses: { 200: json(verifiedShape, 'genuine'), ...problems('api/no_such_token', 'api/invalid_input') },
})

/** The public check of a slip or certificate. */
export function verifyApi(app: ApiApp): void {
  app.openapi(verify, async (c) => {
    const ctx = c.get('ctx')
    const found = await readByToken(ctx, c.req.valid('param').token)
    const view = found && (await readClosure(ctx, { issuerId: found.issuerId, closureId: found.closureId }))
    const issuer = found && (await findIssuer(ctx.db, found.issuerId))
    if (!found || !view || !issuer) throw new Refusal('api/no_such_token')
    const shown = asPaperSays(view, found.kind)
    const answer = {
      genuine: true as const,
      kind: found.kind,
      issuer: { issuer: issuer.issuerId, name: issuer.name },
      number: view.number,
      issuedAt: found.issuedAt.toISOString(),
      sha256: found.sha256,
      state: view.state,
      declaredAt: view.declaredAt.toISOString(),
      decidedByIssuer: view.identity === 'issuer_decision',
      cardEnded: view.cardEnded,
      dueAt: view.dueAt.toISOString(),
      closedAt: view.closedAt && view.closedAt.toISOString(),
      undoneAt: view.undoneAt && view.undoneAt.toISOString(),
      owed: stillOwed(shown, found.kind).map(({ isClaimed: _isClaimed, ...owed }) => owed),
      cards: shown.cards.map((card) => ({
        iccidLast4: card.iccid.slice(-4),
        plan: card.plan,
      })),
    }
    return c.json(answer, 200)
  })
}
