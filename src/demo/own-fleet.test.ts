import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { importFleet } from '../card/import-fleet.ts'
import { sampleFleetCsv } from '../card/sample-fleet.ts'
import { inIssuer } from '../platform/db.ts'
import { ownFleet } from './own-fleet.ts'

let leb: TestWorld
let dir: string
beforeAll(async () => {
  leb = await openTestWorld()
  dir = await mkdtemp(join(tmpdir(), 'leb-fleet-'))
})
afterAll(async () => {
  await leb.stop()
  await rm(dir, { recursive: true, force: true })
})

const demo = () => ({ config: { ...leb.config, dataDir: join(dir, 'data') }, clock: leb.clock })

it('lives by its plans from the first start on, and is imported once', async () => {
  leb.clock.advance({ days: 100 })
  const file = await ownFleet(demo())
  const text = await readFile(file, 'utf8')
  expect(text).toBe(sampleFleetCsv(200, leb.clock.now()))
  const rejects = join(dir, 'rejects.csv')
  expect(await importFleet(leb, { file, rejects })).toMatchObject({ imported: 200, rejected: 0 })

  const now = leb.clock.now().getTime()
  const cards = await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('card')
      .select(['plan', 'line_state', 'sold_at', 'activated_at', 'expires_at', 'data_left_mb', 'account_id'])
      .where('issuer_id', '=', 'leb')
      .orderBy('iccid')
      .execute(),
  )
  const stages = Map.groupBy(cards, (card) => card.line_state)
  expect([...stages.keys()].toSorted()).toEqual(['active', 'expired', 'inactive'])
  const planDays = new Map([
    ['LEB3', 3],
    ['LEB5', 5],
    ['LEB7', 7],
  ])
  for (const { line_state, activated_at, expires_at, sold_at, plan } of cards) {
    expect(sold_at.getTime()).toBeLessThan(now)
    expect(expires_at.getTime() > now).toBe(line_state !== 'expired')
    expect(activated_at === null).toBe(line_state === 'inactive')
    if (!activated_at) continue
    expect(activated_at.getTime()).toBeLessThan(now)
    // The day of first use is the first: the last one ends within the plan's days.
    const lived = (expires_at.getTime() - activated_at.getTime()) / 86_400_000
    expect([Math.ceil(lived), plan]).toEqual([planDays.get(plan), plan])
  }
  // The holder whom the demo is signed in to as can look at cards that run for two days at least.
  for (const card of cards.slice(0, 2))
    expect(card.expires_at.getTime() - now).toBeGreaterThan(2 * 86_400_000 - 4 * 3_600_000)

  leb.clock.advance({ days: 1 })
  expect(await readFile(await ownFleet(demo()), 'utf8')).toBe(text)
  expect(await importFleet(leb, { file, rejects })).toMatchObject({ unchanged: 200, rejected: 0 })
})
