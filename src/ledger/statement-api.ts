import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp, ApiContext } from '../api/api-env.ts'
import { needsSession, signedIn } from '../api/bearer.ts'
import { binary, instant, json, money, problems, underCard, wording } from '../api/shapes.ts'
import { endJson, endShape } from '../expiry/expiry-json.ts'
import { languageOf } from '../holder/language-of.ts'
import { inIssuer } from '../platform/db.ts'
import { moneyJson } from './money.ts'
import { lineWords } from './pages/line-words.ts'
import { readOwnCard, readOwnStatement } from './own-statement.ts'
import { statementPdf } from './print-statement.ts'
import { statementCsv } from './statement-csv.ts'
import { statementHeaders } from './statement-file-name.ts'
import { statementPeriod } from './statement-period.ts'
import { statementCursor } from './statement.ts'

const lines_at_most = 500

const cursor = z.string().regex(statementCursor)
const line = z
  .object({
    id: cursor.openapi({ description: 'stays the same for ever' }),
    at: instant,
    reason: z.string().openapi({ description: 'a code; new ones may come', example: 'top_up' }),
    what: wording,
    used: z
      .object({ kind: z.enum(['data', 'voice', 'sms']), units: z.string().regex(/^\d+$/) })
      .optional()
      .openapi({ description: 'of usage: whole MB, seconds or messages that the balance paid for' }),
    amount: money.openapi({ description: 'below zero: taken from the card' }),
    balanceAfter: money,
  })
  .openapi('StatementLine')

const periodAsked = z
  .string()
  .regex(statementPeriod)
  .optional()
  .openapi({
    param: { name: 'period', in: 'query' },
    description:
      "a year or a month, by the clock of the law of where the card's holder lives; without it, all",
    example: '2026-11',
  })

const file = {
  method: 'get' as const,
  tags: ['Cards and accounts'],
  security: needsSession,
  middleware: signedIn,
  request: { params: underCard, query: z.object({ period: periodAsked }) },
}
const hidden = [
  'issuer/unknown',
  'holder/sign_in_needed',
  'closure/no_such_card',
  'api/invalid_input',
] as const

const csv = createRoute({
  ...file,
  path: '/api/v1/issuers/{issuer}/cards/{cardId}/statement.csv',
  operationId: 'downloadStatementCsv',
  summary: 'The statement as CSV (RFC 4180), whole, newest first',
  responses: {
    200: { description: 'the CSV', content: { 'text/csv': { schema: z.string() } } },
    ...problems(...hidden),
  },
})
const pdf = createRoute({
  ...file,
  path: '/api/v1/issuers/{issuer}/cards/{cardId}/statement.pdf',
  operationId: 'downloadStatementPdf',
  summary: 'The statement as PDF; summed by day or month where there are thousands of lines',
  responses: {
    200: { description: 'the PDF', content: { 'application/pdf': { schema: binary } } },
    ...problems(...hidden, 'holder/too_often', 'ledger/printing_busy'),
  },
})

const read = createRoute({
  method: 'get',
  path: '/api/v1/issuers/{issuer}/cards/{cardId}/statement',
  operationId: 'readStatement',
  tags: ['Cards and accounts'],
  summary: 'What moved the balance of a card, newest first',
  security: needsSession,
  middleware: signedIn,
  request: {
    params: underCard,
    query: z.object({
      before: cursor.optional().openapi({
        param: { name: 'before', in: 'query' },
        description: '`older` of the page before',
        example: '0197a1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b.1',
      }),
      period: periodAsked,
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(lines_at_most)
        .default(50)
        .openapi({ param: { name: 'limit', in: 'query' } }),
    }),
  },
  responses: {
    200: json(
      z
        .object({
          cardId: z.uuid(),
          balance: money,
          held: money.openapi({ description: 'part of the balance that is set aside' }),
          opening: money.openapi({
            description: 'the balance as the period began; 0 where all was asked for',
          }),
          closing: money.openapi({ description: 'the balance as it ended, or now' }),
          lines: z.array(line),
          ends: z.array(endShape).openapi({
            description:
              'what ended on the card in that time, newest first, on each page: also what moved no money, such as a balance that is kept',
          }),
          older: cursor.nullable().openapi({ description: 'where the next page begins; null on the last' }),
        })
        .openapi('Statement'),
      'a page of the statement',
    ),
    ...problems('issuer/unknown', 'holder/sign_in_needed', 'closure/no_such_card', 'api/invalid_input'),
  },
})

/** The statement of a card of whoever is signed in. */
export function statementApi(app: ApiApp): void {
  app.openapi(read, async (c) => {
    const { issuerId } = c.get('issuer')
    const { before, limit, period } = c.req.valid('query')
    const { holderIds } = c.get('session')
    const cardId = c.req.valid('param').cardId.toLowerCase()
    const { db, clock } = c.get('ctx')
    const own = { issuerId, cardId, holderIds, period, now: clock.now() }
    const { movements, ends } = await inIssuer(db, issuerId, (tx) =>
      readOwnStatement(tx, own, { before, limit }),
    )
    const { currency } = movements.balance
    return c.json(
      {
        cardId,
        balance: moneyJson(movements.balance),
        held: moneyJson({ amount: movements.held, currency }),
        opening: moneyJson({ amount: movements.opening, currency }),
        closing: moneyJson({ amount: movements.closing, currency }),
        ends: ends.map(endJson),
        lines: movements.lines.map((one) => ({
          id: one.id,
          at: one.at.toISOString(),
          reason: one.reason,
          what: lineWords(one),
          ...(one.used && { used: { kind: one.used.kind, units: one.used.units.toString() } }),
          amount: moneyJson({ amount: one.amount, currency }),
          balanceAfter: moneyJson({ amount: one.after, currency }),
        })),
        older: movements.older,
      },
      200,
    )
  })
  app.openapi(csv, async (c) => {
    const { own, card } = await asked(c, c.req.valid('param').cardId, c.req.valid('query').period)
    const rows = statementCsv(c.get('ctx'), own)
    return c.body(rows, 200, statementHeaders('text/csv; charset=utf-8', card, own.period))
  })
  app.openapi(pdf, async (c) => {
    const { own, card } = await asked(c, c.req.valid('param').cardId, c.req.valid('query').period)
    const printed = await statementPdf(c.get('ctx'), { ...own, issuer: c.get('issuer') })
    return c.body(printed, 200, statementHeaders('application/pdf', card, own.period))
  })
}

/** The card, and in which language its holder reads. */
async function asked(c: ApiContext, id: string, period: string | undefined) {
  const { db, clock } = c.get('ctx')
  const { issuerId } = c.get('issuer')
  const { holderIds } = c.get('session')
  const of = { issuerId, cardId: id.toLowerCase(), holderIds, period, now: clock.now() }
  const found = await inIssuer(db, issuerId, (tx) => readOwnCard(tx, of))
  return { card: found.card, own: { ...of, ...found, lang: await languageOf(c, found.card.accountId) } }
}
