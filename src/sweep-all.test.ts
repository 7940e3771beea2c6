import pg from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { type Outside, openOutside } from '../test/outside.ts'
import { closeCard, setMoney } from '../test/payouts.ts'
import { seedCard } from '../test/seed.ts'
import { inIssuer } from './platform/db.ts'
import { sweepAll } from './sweep-all.ts'

const issuerId = 'roamly'
let leb: Outside
let admin: pg.Client
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  await setMoney(leb, issuerId, {})
  const name = new URL(leb.databaseUrl).pathname
  admin = new pg.Client({ connectionString: inject('postgresAdminUrl').replace(/\/[^/]*$/, name) })
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
  await leb.stop()
})

it('goes on with the other sweeps where one fails, and says which', async () => {
  const money = { currency: 'EUR', residence: 'DE', provider: 'bank', balance: 1230n } as const
  const closureId = await closeCard(leb, await seedCard(leb, { issuerId, ...money }))
  const said: unknown[] = []
  const log = { ...leb.log, error: (_: string, fields?: object) => void said.push(fields) }
  leb.clock.advance({ days: 14 })
  await admin.query('alter table api_request rename to api_request_away')
  await sweepAll({ ...leb, log })
  await admin.query('alter table api_request_away rename to api_request')
  expect(said).toMatchObject([{ sweep: 'sweepRequests', code: '42P01' }])
  // What comes after it was done.
  const closure = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('closure')
      .select('bank_reminders')
      .where('closure_id', '=', closureId)
      .executeTakeFirstOrThrow(),
  )
  expect(closure.bank_reminders).toBe(2)
})
