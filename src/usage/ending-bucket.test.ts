import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { beginInIssuer } from '../platform/db.ts'
import { checkBooks } from '../ledger/check.ts'
import { openUsageStage, type UsageStage, usedAt } from './usage-stage.fixture.ts'

let stage: UsageStage
beforeAll(async () => void (stage = await openUsageStage()))
afterAll(() => stage.leb.stop())

it('is taken in when an add-on that it is from ends at the same moment', async () => {
  const { leb } = stage
  const card = await stage.emptyCard()
  await stage.inLeb((tx) =>
    tx
      .insertInto('bucket')
      .values({
        issuer_id: 'leb',
        bucket_id: leb.ids.next(),
        card_id: card.cardId,
        kind: 'data',
        granted_units: 100n,
        left_units: 100n,
        expires_at: new Date(usedAt + 1),
      })
      .execute(),
  )
  const sweep = await beginInIssuer(leb.db, 'leb')
  const { rows } = await sql<{ ended: bigint }>`
    select ledger_lapse_buckets('leb', ${leb.clock.now()}, ${leb.clock.now()}, 10, ${leb.ids.next()}) as ended`.execute(
    sweep.tx,
  )
  expect(rows).toEqual([{ ended: 1n }])
  const taking = stage.take(stage.record(card, { quantity: 30 })).catch((error: unknown) => error)
  await Promise.race([taking, new Promise((later) => setTimeout(later, 300))])
  await sweep.commit()
  expect(await taking).toMatchObject([{ outcome: 'charged', fromBalance: 30 }])
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})
