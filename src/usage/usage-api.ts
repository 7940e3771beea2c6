import { z } from '@hono/zod-openapi'
import type { ApiApp } from '../api/api-env.ts'
import { bearerToken } from '../api/bearer.ts'
import { InvalidInput } from '../api/invalid-input.ts'
import { noteRequest } from '../api/note-request.ts'
import { idempotencyKey, json, jsonBody, problems } from '../api/shapes.ts'
import type { ApiProblem } from '../api/api-problems.ts'
import { moneyJson } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import { isDatabaseGone } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { gatherUsage } from './gather.ts'
import type { UsageResult } from './outcome.ts'
import { faultWords, readRecord, type UsageRecord } from './record.ts'
import type { UsageRefusal } from './refusals.ts'
import { issuerOfUsageKey } from './usage-key.ts'
import { most_records, usageBatchShape, usageResultShape } from './usage-shapes.ts'

export const usage_path = '/api/v1/usage'
/** A thousand records are some 250 KB; twice that leaves room for long ids and indented JSON. */
export const usage_body_limit_bytes = 512 * 1024

const route = {
  method: 'post' as const,
  path: usage_path,
  operationId: 'reportUsage',
  tags: ['Usage'],
  summary: 'Report what cards used',
  description:
    'For the network, not for holders. Up to 1,000 records (512 KB), each answered by itself, in the order of the batch. A record counts once, by its `recordId`: after 503 or a lost connection send the same batch again.',
  security: [{ usageKey: [] }],
  request: {
    headers: z.object({
      'Idempotency-Key': idempotencyKey.shape['Idempotency-Key'].optional().openapi({
        description:
          'Not needed: a record counts once by its own `recordId`, with or without a key, for ever. Where one is sent it holds for 24 hours to the batch it came with: with another batch it is refused, and with the same one the records that were taken in are answered `duplicate`, each with what it came to the first time.',
        example: '6f1f3a0e-4f0a-4f43-9d0c-7d3b7c0f2a11',
      }),
    }),
    body: jsonBody(usageBatchShape),
  },
  responses: {
    200: json(z.object({ results: z.array(usageResultShape) }).openapi('UsageAnswer'), 'one result a record'),
    ...problems(
      'usage/key_wrong',
      'usage/try_again',
      'api/not_json',
      'api/media_type',
      'api/too_large',
      'api/invalid_input',
      'api/key_missing',
      'api/key_reused',
    ),
  },
}

/**
 * `POST /api/v1/usage`. Not mounted with `app.openapi`, which would run every record through its schema and refuse
 * the whole batch for one: here each record is read by hand and answered by itself.
 */
export function usageApi(app: ApiApp): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'usageKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'made by `leb usage key add`; reports usage for one issuer and can do nothing else',
  })
  app.openAPIRegistry.registerPath(route)
  app.post(usage_path, async (c) => {
    const ctx = c.get('ctx')
    const token = bearerToken(c)
    const issuerId = await issuerOfUsageKey(ctx, token)
    if (issuerId === undefined) throw new Refusal('usage/key_wrong' satisfies UsageRefusal)
    if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? ''))
      throw problem('api/media_type')
    const key = c.req.header('Idempotency-Key')
    if (key !== undefined && !keyRule.safeParse(key).success) throw problem('api/key_missing')
    const body: unknown = await c.req.json().catch((error: unknown) => {
      // Too large a body ends in the reading of it too, and that is no fault of its JSON.
      throw error instanceof SyntaxError ? problem('api/not_json') : error
    })
    const { records, results } = readBatch(body, ctx.clock.now().getTime())
    if (key !== undefined && (await holdKey(ctx, { issuerId, key, token, body })))
      c.header('Idempotent-Replayed', 'true')
    const taken = await gatherUsage(ctx, issuerId, records)
    let next = 0
    return c.json({ results: results.map((result) => shown(result ?? taken[next++]!)) }, 200)
  })
}

const keyRule = idempotencyKey.shape['Idempotency-Key']

/** Whether this batch came with this key before. Costs only those who send one: every record has its own id. */
async function holdKey(
  ctx: Context,
  sent: { issuerId: string; key: string; token: string; body: unknown },
): Promise<boolean> {
  const { issuerId, key, token, body } = sent
  try {
    const request = ['POST', usage_path, body]
    return (await noteRequest(ctx, { issuerId, key, caller: token, request })) === 'repeated'
  } catch (error) {
    // Nested deeper than can be written down again, which no batch is: a record has no members within members.
    if (error instanceof RangeError) throw new InvalidInput('json', [{ code: 'too_deep', path: ['records'] }])
    throw isDatabaseGone(error) ? new Refusal('usage/try_again' satisfies UsageRefusal) : error
  }
}

const problem = (code: ApiProblem) => new Refusal(code)

/** The records that can be rated, and for each place of the batch its result where it is known already. */
function readBatch(
  body: unknown,
  nowMs: number,
): { records: UsageRecord[]; results: (UsageResult | undefined)[] } {
  const wrong = (code: string, ...path: string[]) => new InvalidInput('json', [{ code, path }])
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw wrong('invalid_type')
  const { records: given, ...others } = body as Record<string, unknown>
  if (!Array.isArray(given)) throw wrong('invalid_type', 'records')
  if (Object.keys(others).length > 0)
    throw new InvalidInput('json', [{ code: 'unrecognized_keys', path: [], keys: Object.keys(others) }])
  if (given.length === 0) throw wrong('too_small', 'records')
  if (given.length > most_records) throw wrong('too_big', 'records')
  const records: UsageRecord[] = []
  const results = given.map((value: unknown): UsageResult | undefined => {
    const read = readRecord(value, nowMs)
    if (typeof read === 'string')
      return { recordId: idOf(value), outcome: 'malformed', fault: read, detail: faultWords[read] }
    records.push(read)
    return undefined
  })
  return { records, results }
}

function idOf(value: unknown): string | null {
  const id = (value as { recordId?: unknown } | null)?.recordId
  return typeof id === 'string' ? id.slice(0, 64).toWellFormed() : null
}

function shown(result: UsageResult): z.infer<typeof usageResultShape> {
  if (!('charged' in result)) return result
  const { charged, lateUsage, ...rest } = result
  return {
    ...rest,
    charged: moneyJson(charged),
    ...(lateUsage.amount > 0n && { lateUsage: moneyJson(lateUsage) }),
  }
}
