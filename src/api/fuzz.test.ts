import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard } from '../../test/seed.ts'
import { addUsageKey } from '../usage/usage-key.ts'
import { openApiDocument } from './openapi-document.ts'
import { problemTexts } from './problem.ts'
import { type ListedOperation, operationsOf, type Schema } from './reference-operations.tsx'

/**
 * Schema-driven: for every operation of the document, requests that are right, nearly right and rubbish. Whatever
 * comes, the answer is one the document names, an error is always a problem, and nothing is ever our fault.
 * LEB_FUZZ_SEED and LEB_FUZZ_RUNS widen it.
 */
const seed = Number(process.env.LEB_FUZZ_SEED ?? 20261122)
const runs = Number(process.env.LEB_FUZZ_RUNS ?? 40)

let leb: TestWorld
let api: Api
/** Values that exist, so that requests get past the first door. */
const real: Record<string, string[]> = {}
let tokens: string[] = []
let usageToken = ''
beforeAll(async () => {
  leb = await openTestWorld()
  api = openApi(leb)
  const [own, foreign] = [
    await seedCard(leb, { email: 'fuzz@example.com' }),
    await seedCard(leb, { email: 'foreign@example.com' }),
  ]
  const token = await api.signIn('leb', 'fuzz@example.com')
  const body = { accountId: own.accountId, cards: [own.cardId], start: 'at_once', zone: 'Asia/Shanghai' }
  const receipt = (await api.post('/api/v1/issuers/leb/closures', { token, body })).body
  const next = await seedCard(leb, { email: 'fuzz@example.com' })
  Object.assign(real, {
    issuer: [...Array<string>(19).fill('leb'), 'roamly'],
    accountId: [own.accountId, next.accountId, foreign.accountId],
    cardId: [own.cardId, next.cardId, foreign.cardId],
    cards: [own.cardId, `${own.cardId},${next.cardId}`],
    number: [...Array<string>(8).fill(receipt.number), receipt.number.toLowerCase(), 'LEB-0000-00000'],
    token: [receipt.verifyUrl.split('/').at(-1)],
    zone: ['Asia/Shanghai', 'Europe/Berlin'],
    email: ['fuzz@example.com'],
    iccid: [own.iccid, next.iccid, foreign.iccid],
  })
  tokens = [token, token, token, receipt.accessToken]
  usageToken = (await addUsageKey(leb, { issuerId: 'leb', name: 'fuzz' })).token
})
afterAll(async () => {
  await api.close()
  await leb.stop()
})

const document = openApiDocument('http://127.0.0.1:8460')
const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>

const rubbish = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '../../etc/passwd',
    "' or 1=1 --",
    '%',
    '%00',
    '\ud800',
    '注销',
    'null',
    '-1',
    '1e999',
    'x'.repeat(5_000),
  ),
)
const anything: fc.Arbitrary<unknown> = fc.oneof(
  rubbish,
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(null, [], {}, 0, -1, true),
)

/** Values of a schema; `name` finds those that exist. */
function like(schema: Schema, name: string): fc.Arbitrary<unknown> {
  if (schema.$ref) return like(schemas[schema.$ref.split('/').at(-1)!]!, name)
  const options = schema.anyOf ?? schema.oneOf
  if (options) return fc.oneof(...options.map((one) => like(one, name)))
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.type === 'array')
    return fc.array(like(schema.items ?? {}, name === 'cards' ? 'cardId' : name), { maxLength: 3 })
  if (schema.properties) return object(schema)
  if (schema.type === 'integer') return fc.integer({ min: schema.minimum ?? 0, max: 100 })
  if (schema.format === 'date-time')
    return fc.constantFrom('2026-11-22T09:00:00Z', '2026-11-22T09:00:00.5+09:00')
  const known = real[name]
  const made =
    schema.format === 'uuid'
      ? fc.uuid()
      : schema.pattern
        ? fc.stringMatching(new RegExp(schema.pattern))
        : fc.string()
  return known ? fc.oneof({ weight: 19, arbitrary: fc.constantFrom(...known) }, made) : made
}

/** An object that mostly fits: now and then a member is missing, wrong, or one too many. */
function object(schema: Schema): fc.Arbitrary<unknown> {
  const members = Object.entries(schema.properties ?? {}).map(([name, member]) => [
    name,
    fc.oneof({ weight: 19, arbitrary: like(member, name) }, anything),
  ])
  const requiredKeys = schema.required ?? []
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>, {
        requiredKeys,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>, {
        requiredKeys: [],
      }),
    },
    { weight: 1, arbitrary: anything },
  )
}

const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

type Sent = { path: string; headers: Record<string, string>; body: string | undefined }

function requestFor(operation: ListedOperation): fc.Arbitrary<Sent> {
  const { path, parameters = [], requestBody } = operation
  const values = parameters
    .filter((one) => one.in !== 'header')
    .map((one) => {
      const right = like(one.schema ?? {}, one.name)
      return fc.tuple(
        fc.constant(one),
        fc.oneof({ weight: 19, arbitrary: right }, { weight: 1, arbitrary: rubbish }, fc.constant(undefined)),
      )
    })
  const body = requestBody
    ? fc.oneof(
        {
          weight: 12,
          arbitrary: like(Object.values(requestBody.content)[0]!.schema, '').map((one) =>
            JSON.stringify(one),
          ),
        },
        rubbish,
      )
    : fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, rubbish)
  const type = fc.oneof(
    { weight: 12, arbitrary: fc.constant('application/json') },
    fc.constantFrom('text/plain', '', 'application/json; charset=x'),
  )
  const key = fc.oneof(
    { weight: 8, arbitrary: fc.uuid().map((id) => `${operation.operationId}-${id}`) },
    fc.constantFrom('', 'same', 'a b', '"q"'),
  )
  const who = fc.oneof(
    { weight: 8, arbitrary: fc.nat(3) },
    fc.constantFrom('', 'Bearer', 'Bearer x', 'Basic eDp4', 'Bearer closure.x'),
  )
  return fc
    .tuple(fc.tuple(...values), body, type, key, who)
    .map(([given, sent, contentType, idempotencyKey, caller]) => {
      let at = path
      const query = new URLSearchParams()
      for (const [{ name, in: place }, value] of given) {
        if (place === 'path')
          at = at.replace(`{${name}}`, encodeURIComponent(text(value ?? 'x').toWellFormed() || 'x'))
        else if (value !== undefined) query.append(name, text(value))
      }
      return {
        path: query.size > 0 ? `${at}?${query}` : at,
        body: sent,
        headers: {
          ...(contentType && { 'content-type': contentType }),
          ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
          ...(caller !== '' && {
            authorization:
              typeof caller !== 'number'
                ? caller
                : `Bearer ${operation.operationId === 'reportUsage' ? usageToken : tokens[caller]}`,
          }),
        },
      }
    })
}

const types = new Set(Object.keys(problemTexts).map((code) => `/problems/${code}`))
// Addresses that a path parameter turned into another one, or into none.
const elsewhere = ['api/not_found', 'api/wrong_method'].map((code) => `/problems/${code}`)

for (const operation of operationsOf(document).filter((one) => one.operationId !== 'signOut')) {
  it(`${operation.operationId} answers whatever is sent`, async () => {
    const send = async (sent: Sent) => {
      await leb.pool.query('delete from rate_limit')
      const { method } = operation
      const answer = await api.app.request(`http://127.0.0.1:8460${sent.path}`, {
        method: method.toUpperCase(),
        headers: { host: '127.0.0.1:8460', ...sent.headers },
        ...(method === 'post' && sent.body !== undefined && { body: sent.body }),
      })
      if (answer.headers.get('content-type') === 'text/event-stream') return answer.body?.cancel()
      expect(answer.status).toBeLessThan(500)
      if (answer.status < 400) {
        expect(Object.keys(operation.responses)).toContain(String(answer.status))
        await answer.arrayBuffer()
        return undefined
      }
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      const problem = (await answer.json()) as { type: string; status: number; title: string; next: string }
      expect(types).toContain(problem.type)
      expect(problem.status).toBe(answer.status)
      if (!elsewhere.includes(problem.type))
        expect(Object.keys(operation.responses)).toContain(String(answer.status))
      return undefined
    }
    await fc.assert(fc.asyncProperty(requestFor(operation), send), {
      seed,
      numRuns: runs,
      endOnFailure: true,
    })
  })
}
