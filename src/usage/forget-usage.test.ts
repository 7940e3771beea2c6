import { createHash } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seedCard } from '../../test/seed.ts'
import { lineWords } from '../ledger/pages/line-words.ts'
import { readStatement } from '../ledger/statement.ts'
import { forgetUsage } from './forget-usage.ts'
import { openUsageStage, usedAt } from './usage-stage.fixture.ts'

let stage: Awaited<ReturnType<typeof openUsageStage>>
/** The tables' owner, who can make a statement of ours fail. */
let owner: pg.Pool
beforeAll(async () => {
  stage = await openUsageStage()
  owner = new pg.Pool({ connectionString: stage.leb.databaseUrl, max: 1 })
})
afterAll(async () => {
  await owner.end()
  await stage.leb.stop()
})

const kept = (recordId: string) =>
  stage.inLeb((tx) =>
    tx.selectFrom('usage_record').selectAll().where('record_id', '=', recordId).executeTakeFirstOrThrow(),
  )

it('gives nothing away by a hash that somebody could try out', async () => {
  const card = await seedCard(stage.leb)
  const record = stage.record(card)
  await stage.take(record)
  const said = `${record.recordId}\n${card.iccid}\n\ndata\n1\n\nJP\n${usedAt}`
  const plain = createHash('sha256').update(said).digest()
  expect((await kept(record.recordId)).content_hash).not.toEqual(plain)
  expect(await stage.take({ ...record, quantity: 2 })).toMatchObject([{ outcome: 'key_reused' }])
})

it('forgets where and when on the day that policy names, and keeps what was charged', async () => {
  const { leb } = stage
  const card = await stage.emptyCard({ balance: 5_000n })
  const record = stage.record(card, { quantity: 3 })
  const [first] = await stage.take(record)
  const before = await kept(record.recordId)
  leb.clock.advance({ days: 182, hours: 23 })
  await forgetAll()
  expect(await kept(record.recordId)).toEqual(before)
  leb.clock.advance({ hours: 2 })
  await forgetAll()
  const after = await kept(record.recordId)
  expect(after).toEqual({
    ...before,
    used_at: new Date('2026-11-01T00:00:00Z'),
    zone: '',
    country: null,
    content_hash: Buffer.alloc(0),
  })
  // Sent once more it is still the same record, and moves nothing.
  expect((await stage.take(record))[0]).toMatchObject({ outcome: 'duplicate' })
  expect(first).toMatchObject({ outcome: 'charged' })
  expect(await kept(record.recordId)).toEqual(after)
  const statement = await stage.inLeb((tx) =>
    readStatement(tx, { issuerId: 'leb', cardId: card.cardId }, { limit: 1 }),
  )
  expect(lineWords(statement!.lines[0]!).en).toBe('Usage: 3 MB data')
})

it('takes shorter steps where a statement would take too long', async () => {
  const { leb } = stage
  const card = await seedCard(leb)
  await owner.query('update issuer set usage_forgotten_until = $1', [leb.clock.now()])
  const records = [stage.record(card), stage.record(card)]
  for (const record of records) {
    await stage.take(record)
    leb.clock.advance({ seconds: 120 })
  }
  // Stands for what only a few million records do.
  await owner.query(`create function too_long() returns trigger language plpgsql as $$ begin
    if (select count(*) from written) > 1 then raise exception 'too long' using errcode = '57014'; end if;
    return null; end $$`)
  await owner.query(`create trigger too_long after update on usage_record
    referencing new table as written for each statement execute function too_long()`)
  leb.clock.advance({ days: 183 })
  await forgetAll()
  await owner.query('drop trigger too_long on usage_record')
  for (const { recordId } of records) expect((await kept(recordId)).country).toBeNull()
})

/** As many minutes as it takes; a second one at the same time passes over what the first is at. */
async function forgetAll(): Promise<void> {
  for (let minute = 0; minute < 1_000; minute++) {
    const counts = await Promise.all([forgetUsage(stage.leb), forgetUsage(stage.leb)])
    const { rows } = await stage.leb.pool.query<{ done: boolean }>(
      `select coalesce(usage_forgotten_until, created_at) >= $1::timestamptz - interval '183 days' as done
         from issuer where issuer_id = 'leb'`,
      [stage.leb.clock.now()],
    )
    if (rows[0]!.done && counts.every((count) => count === 0)) return
  }
  throw new Error('never done')
}
