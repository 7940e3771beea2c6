import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard, seedCards, type Seeded } from '../../test/seed.ts'
import { openDb, openPool } from '../platform/db.ts'
import { readRecord, type UsageRecord } from './record.ts'
import { addUsageKey, remembered_seconds, revokeUsageKey } from './usage-key.ts'
import { usageRecordShape } from './usage-shapes.ts'

let leb: TestWorld
let api: Api
let token: string
let card: Seeded
beforeAll(async () => {
  leb = await openTestWorld()
  api = openApi(leb)
  token = (await addUsageKey(leb, { issuerId: 'leb', name: 'core network' })).token
  card = await seedCard(leb)
})
afterAll(async () => {
  await api.close()
  await leb.stop()
})

let made = 0
const record = (over: object = {}) => ({
  recordId: `r-${++made}`,
  iccid: card.iccid,
  kind: 'data',
  quantity: 1,
  country: 'JP',
  usedAt: '2026-11-22T09:00:00Z',
  ...over,
})
const report = (body: unknown, call: object = {}) =>
  api.post('/api/v1/usage', { token, body, key: null, ...call })

describe('POST /api/v1/usage', () => {
  it('answers each record by itself, in order', async () => {
    const good = record()
    const answer = await report({
      records: [good, 7, record({ quantity: 1.5 }), good, record({ iccid: '8999901999999999999' })],
    })
    expect(answer.status).toBe(200)
    expect(answer.body.results).toMatchObject([
      {
        recordId: good.recordId,
        outcome: 'from_bucket',
        fromBucket: 1,
        charged: { amount: '0', currency: 'CNY' },
      },
      { recordId: null, outcome: 'malformed', fault: 'not_an_object' },
      { outcome: 'malformed', fault: 'bad_quantity' },
      { recordId: good.recordId, outcome: 'duplicate', first: 'from_bucket' },
      { outcome: 'unknown_card' },
    ])
  })

  it('holds an Idempotency-Key to the batch it came with, as every other POST does', async () => {
    const batch = { records: [record(), record()] }
    const key = randomUUID()
    const first = await report(batch, { key })
    expect(first.body.results).toMatchObject([{ outcome: 'from_bucket' }, { outcome: 'from_bucket' }])
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    const again = await report(batch, { key: `"${key}"` })
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.body.results).toMatchObject([
      { outcome: 'duplicate', first: 'from_bucket', fromBucket: 1 },
      { outcome: 'duplicate', first: 'from_bucket', fromBucket: 1 },
    ])
    const other = { records: [record()] }
    const refused = await report(other, { key })
    expect([refused.status, refused.body.type]).toEqual([422, expect.stringMatching(/api\/key_reused$/)])
    // Nothing of it was done, and without a key the records alone decide.
    expect((await report(other)).body.results).toMatchObject([{ outcome: 'from_bucket' }])
    // Another network's key of the same name is another key.
    const { token: network } = await addUsageKey(leb, { issuerId: 'leb', name: 'other network' })
    expect((await report({ records: [record()] }, { key, token: network })).status).toBe(200)
    for (const wrong of ['two words', 'x'.repeat(256)]) {
      const malformed = await report({ records: [record()] }, { key: wrong })
      expect([malformed.status, malformed.body.type]).toEqual([400, expect.stringMatching(/key_missing$/)])
    }
    leb.clock.advance({ hours: 25 })
    expect((await report({ records: [record()] }, { key })).status).toBe(200)
  })

  it('refuses with a key, and names as malformed without, what is nested deeper than anybody can write it down', async () => {
    const deep = `{"records":[${'['.repeat(100_000)}${']'.repeat(100_000)}]}`
    const refused = await report(deep, { key: randomUUID() })
    expect([refused.status, refused.body.type]).toEqual([422, expect.stringMatching(/api\/invalid_input$/)])
    expect((await report(deep)).body.results).toMatchObject([{ outcome: 'malformed' }])
  })

  it('takes a batch once that comes twice at the same moment with one key, and of two batches one', async () => {
    const key = randomUUID()
    const one = { records: [record()] }
    const same = await Promise.all([report(one, { key }), report(one, { key })])
    const outcomes = new Set(same.map(({ body }) => body.results[0].outcome))
    expect(outcomes).toEqual(new Set(['duplicate', 'from_bucket']))
    const clash = randomUUID()
    const two = [{ records: [record()] }, { records: [record()] }]
    const differing = await Promise.all(two.map((batch) => report(batch, { key: clash })))
    expect(new Set(differing.map(({ status }) => status))).toEqual(new Set([200, 422]))
  })

  it('lets in only who has a key of the issuer, and nobody who reads with it', async () => {
    const batch = { records: [record()] }
    for (const wrong of [
      undefined,
      'x',
      token.replace(/.$/, (sign) => (sign === 'A' ? 'B' : 'A')),
      token.replace('.leb.', '.roamly.'),
    ]) {
      const answer = await report(batch, { token: wrong })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    }
    expect((await api.get('/api/v1/issuers/leb/cards', { token })).status).toBe(401)
    const key = await addUsageKey(leb, { issuerId: 'leb', name: 'old' })
    expect((await report(batch, { token: key.token })).status).toBe(200)
    await revokeUsageKey(leb, { issuerId: 'leb', keyId: key.keyId })
    leb.clock.advance({ seconds: remembered_seconds })
    expect((await report(batch, { token: key.token })).status).toBe(401)
  })

  it('takes 1,000 records and no more, and refuses what is no batch', async () => {
    const many = (count: number) => ({
      records: Array.from({ length: count }, () => record({ recordId: `${made++}`.padEnd(64, 'x') })),
    })
    const answer = await report(many(1000))
    expect(answer.body.results).toHaveLength(1000)
    const wrong = [
      many(1001),
      { records: [] },
      { records: 'x' },
      [],
      { records: [record()], more: 1 },
      'null',
      '{',
    ]
    expect(await Promise.all(wrong.map(async (body) => (await report(body)).status))).toEqual([
      422, 422, 422, 422, 422, 422, 400,
    ])
    expect((await report(`{"records":[${' '.repeat(600_000)}]}`)).status).toBe(413)
    expect(
      (await report({ records: [record()] }, { headers: { 'content-type': 'text/plain' } })).status,
    ).toBe(415)
  })

  it('takes batches that come at once in together, each answered with its own', async () => {
    const cards = await seedCards(
      leb,
      Array.from({ length: 8 }, () => ({})),
    )
    const answers = await Promise.all(
      cards.map(async (one) =>
        report({ records: [record({ iccid: one.iccid, quantity: 512 }), record({ iccid: one.iccid })] }),
      ),
    )
    for (const { body } of answers)
      expect(body.results.map((result: { outcome: string }) => result.outcome)).toEqual([
        'from_bucket',
        'dry',
      ])
  })

  it('says that nobody knows when the database goes away, and the same batch may come again', async () => {
    const pool = openPool(leb.databaseUrl, 2, 'broken')
    const broken = openApi({ ...leb, pool, db: openDb(pool) })
    const own = await seedCard(leb)
    const batch = { records: [record({ iccid: own.iccid, quantity: 3 })] }
    const call = { token, body: batch, key: null }
    expect((await broken.post('/api/v1/usage', { ...call, body: { records: [record()] } })).status).toBe(200)
    // Somebody holds the card's balance, so that the batch is in the middle of its transaction.
    const held = await leb.pool.connect()
    await held.query(`begin; select set_config('leb.issuer', 'leb', true)`)
    await held.query('select 1 from ledger_account where card_id = $1 for no key update', [own.cardId])
    const answering = broken.post('/api/v1/usage', call)
    const admin = new pg.Client({ connectionString: inject('postgresAdminUrl') })
    await admin.connect()
    const endWaiting = () =>
      admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'leb-broken' and wait_event_type = 'Lock'`,
      )
    await expect.poll(async () => (await endWaiting()).rowCount, { timeout: 20_000 }).toBeGreaterThan(0)
    await admin.end()
    const answer = await answering
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(answer.body.type).toContain('usage/try_again')
    await held.query('rollback')
    held.release()
    expect((await report(batch)).body.results).toMatchObject([{ outcome: 'from_bucket', fromBucket: 3 }])
    await broken.close()
    await pool.end()
  })
})

describe('a record', () => {
  const nowMs = Date.parse('2026-11-22T10:00:00Z')
  const wrong: [string, object][] = [
    ['bad_record_id', { recordId: 'a b' }],
    ['bad_record_id', { recordId: '' }],
    ['bad_record_id', { recordId: 'x'.repeat(65) }],
    ['bad_card', { iccid: undefined }],
    ['bad_card', { cardId: '0197a1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b' }],
    ['bad_card', { iccid: 89 }],
    ['bad_kind', { kind: 'mms' }],
    ['bad_quantity', { quantity: 0 }],
    ['bad_quantity', { quantity: -1 }],
    ['bad_quantity', { quantity: '5' }],
    ['bad_quantity', { quantity: Infinity }],
    ['bad_quantity', { quantity: 1_000_000_001 }],
    ['bad_quantity', { quantity: NaN }],
    ['bad_place', { country: 'jp' }],
    ['bad_place', { zone: 'EU' }],
    ['bad_used_at', { usedAt: '2026-11-22' }],
    ['bad_used_at', { usedAt: '2026-02-30T00:00:00Z' }],
    ['used_in_future', { usedAt: '2026-11-22T10:05:01Z' }],
    ['unknown_member', { note: 'x' }],
  ]
  it.each(wrong)('%s %j', (fault, over) => expect(readRecord(record(over), nowMs)).toBe(fault))

  it('that is right is right by the schema of the document too, and one that is wrong mostly is not', () => {
    const right = [record(), record({ country: undefined, zone: 'EU' }), record({ quantity: 1_000_000_000 })]
    for (const one of right) {
      expect(typeof readRecord(one, nowMs)).toBe('object')
      expect(usageRecordShape.safeParse(one).success).toBe(true)
    }
    // "One of two" and the clock are said in words.
    const inWords = new Set(['bad_card', 'bad_place', 'used_in_future'])
    for (const [fault, over] of wrong)
      if (!inWords.has(fault)) expect(usageRecordShape.safeParse(record(over)).success).toBe(false)
  })

  it('reads the time with its zone', () => {
    const read = readRecord(record({ usedAt: '2026-11-22T18:00:00.5+09:00' }), nowMs) as UsageRecord
    expect(new Date(read.usedAt).toISOString()).toBe('2026-11-22T09:00:00.500Z')
  })
})
