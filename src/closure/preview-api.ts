import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp } from '../api/api-env.ts'
import { needsSession, signedIn } from '../api/bearer.ts'
import { closureNumber, instant, json, money, problems, underAccount, wording } from '../api/shapes.ts'
import { ownAccount } from '../holder/account-api.ts'
import { moneyJson } from '../ledger/money.ts'
import type { Settlement } from '../payout/settlement.ts'
import { act, lineShape, paidWithJson, paidWithShape, payoutRoute } from './closure-json.ts'
import { zone } from './declare-api.ts'
import { type CardPreview, type ClosurePreview, previewClosure } from './preview.ts'

const cardShape = z
  .object({
    cardId: z.uuid(),
    iccid: z.string(),
    plan: z.string(),
    zone: z.string(),
    expiresAt: instant,
    balance: money,
    total: money.openapi({ description: 'what closing now would pay' }),
    lines: z.array(lineShape),
    parts: z.array(z.object({ route: payoutRoute, amount: money, paidWith: paidWithShape })).openapi({
      description:
        'each way it goes, as it will be posted; a last digit that the payment provider does not carry is a part of its own',
    }),
    route: payoutRoute,
    arrivesBy: instant.openapi({ description: 'by when it should be there' }),
    withdrawableUntil: instant.nullable().openapi({
      description:
        'until when `act: withdraw` may be declared for it, and pays what its preview says; null where the law gives no right to withdraw',
    }),
    existing: closureNumber.nullable().openapi({ description: 'a closure of this card that is under way' }),
    waitingWithdrawal: z
      .object({
        number: closureNumber,
        declaredAt: instant,
        waitsUntil: instant.openapi({ description: 'when it lapses unless its code comes in' }),
        total: money.openapi({ description: 'what it gives back, by the day it was declared on' }),
      })
      .nullable()
      .openapi({
        description:
          'a withdrawal from the contract for this card that was declared in time without signing in and waits for its code (`POST …/closures/{number}/identity`); to declare anew sets it aside, also where that pays less',
      }),
  })
  .openapi('CardPreview')

const previewShape = z
  .object({
    accountId: z.uuid(),
    accountRef: z.string(),
    jurisdiction: z.string(),
    policyVersion: z.string(),
    cards: z.array(cardShape),
    deadlines: z.array(
      z.object({
        what: wording,
        dueAt: instant,
        basis: z.string().openapi({ description: 'the rule' }),
        verified: z.boolean().openapi({ description: 'false: our reading, not yet confirmed by counsel' }),
      }),
    ),
    dueAt: instant,
    retention: z
      .array(
        z.object({
          what: wording,
          ground: wording,
          basis: z.string(),
          until: z.iso.date(),
          verified: z.boolean(),
        }),
      )
      .openapi({ description: 'what is kept, on which ground, until which day' }),
    accountWantedUntil: instant.openapi({
      description:
        'where money has the route `bank_transfer`: until when a bank account can be named; after that the money is kept for its holder and the closure ends',
    }),
    undoWindowMinutes: z.int(),
    minimumPayout: z.record(z.string(), z.string()).openapi({
      description: 'below this nothing is sent by itself: minor units by currency',
    }),
    voucherDays: z.int().openapi({ description: 'how long a voucher would be good' }),
    appeal: wording,
    appealEmail: z.string(),
  })
  .openapi('ClosurePreview')

const uuids = /^[0-9a-fA-F-]{36}(,[0-9a-fA-F-]{36}){0,499}$/
const query = z.object({
  act: act.default('terminate'),
  cards: z
    .string()
    .regex(uuids)
    .refine((text) => text.split(',').every((id) => z.uuid().safeParse(id).success))
    .optional()
    .openapi({ description: 'card ids, comma-separated; the whole account unless told' }),
  zone: zone.optional().openapi({
    description:
      'IANA zone that the declaration would name: where no law of a land is known, days end in it; those of the law unless told',
    example: 'Asia/Hong_Kong',
  }),
  voucher: z
    .enum(['true', 'false'])
    .optional()
    .openapi({ description: 'as if a voucher were asked for instead of money; cards only' }),
})

const previewRoute = createRoute({
  method: 'get',
  path: '/api/v1/issuers/{issuer}/accounts/{accountId}/closure-preview',
  operationId: 'previewClosure',
  tags: ['Closures'],
  summary: 'What closing now would mean for line, money and data, and by when; changes nothing',
  security: needsSession,
  middleware: signedIn,
  request: { params: underAccount, query },
  responses: {
    200: json(previewShape, 'what would happen'),
    ...problems(
      'issuer/unknown',
      'holder/sign_in_needed',
      'api/no_such_account',
      'closure/no_such_card',
      'closure/no_withdrawal',
      'closure/withdrawal_over',
      'closure/withdrawal_waits',
      'closure/unknown_zone',
      'api/invalid_input',
    ),
  },
})

/** What a closure would mean, before it is declared. */
export function previewApi(app: ApiApp): void {
  app.openapi(previewRoute, async (c) => {
    const [ctx, { issuerId }] = [c.get('ctx'), c.get('issuer')]
    const asked = c.req.valid('query')
    const accountId = await ownAccount(c, c.req.valid('param').accountId)
    const cardIds = asked.cards ? [...new Set(asked.cards.toLowerCase().split(','))] : 'account'
    const voucher = asked.voucher === 'true' && cardIds !== 'account'
    const { act: wanted, zone: told } = asked
    const preview = await previewClosure(ctx, {
      issuerId,
      accountId,
      cardIds,
      act: wanted,
      voucher,
      zone: told,
    })
    return c.json(shown(preview), 200)
  })
}

function shown(preview: ClosurePreview): z.infer<typeof previewShape> {
  const {
    accountId,
    accountRef,
    jurisdiction,
    policyVersion,
    retention,
    undoWindowMinutes,
    minimumPayout,
    voucherDays,
    appeal,
    appealEmail,
  } = preview
  return {
    accountId,
    accountRef,
    jurisdiction,
    policyVersion,
    retention,
    undoWindowMinutes,
    minimumPayout,
    voucherDays,
    appeal,
    appealEmail,
    dueAt: preview.dueAt.toISOString(),
    accountWantedUntil: preview.accountWantedUntil.toISOString(),
    deadlines: preview.deadlines.map((one) => ({ ...one, dueAt: one.dueAt.toISOString() })),
    cards: preview.cards.map((card) => ({
      cardId: card.cardId,
      iccid: card.iccid,
      plan: card.plan,
      zone: card.zone,
      expiresAt: card.expiresAt.toISOString(),
      balance: moneyJson(card.balance),
      ...settlementJson(card.settlement),
      route: card.route,
      arrivesBy: card.arrivesBy.toISOString(),
      withdrawableUntil: card.withdrawableUntil && card.withdrawableUntil.toISOString(),
      existing: card.existing,
      waitingWithdrawal: waitingJson(card.waitingWithdrawal),
    })),
  }
}

function waitingJson(waiting: CardPreview['waitingWithdrawal']) {
  if (!waiting) return null
  const { number, declaredAt, waitsUntil, total } = waiting
  return {
    number,
    declaredAt: declaredAt.toISOString(),
    waitsUntil: waitsUntil.toISOString(),
    total: moneyJson(total),
  }
}

function settlementJson({ currency, lines, parts, total }: Settlement) {
  const sum = (amount: bigint) => moneyJson({ amount, currency })
  return {
    total: sum(total),
    lines: lines.map((line) => ({
      kind: line.kind,
      amount: sum(line.amount),
      tax: line.kind === 'unused' ? sum(line.tax) : null,
      code: line.kind === 'unused' ? line.code : null,
    })),
    parts: parts.map(({ route, amount, paidWith }) => ({
      route,
      amount: sum(amount),
      paidWith: paidWithJson(paidWith),
    })),
  }
}
