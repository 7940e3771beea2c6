import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Seeded } from '../../test/seed.ts'
import { gatherUsage } from './gather.ts'
import type { UsageRecord } from './record.ts'
import { openUsageStage, type UsageStage } from './usage-stage.fixture.ts'

let stage: UsageStage
beforeAll(async () => void (stage = await openUsageStage()))
afterAll(() => stage.leb.stop())

const cards = async (count: number) => {
  const made: Seeded[] = []
  for (let n = 0; n < count; n++) made.push(await stage.emptyCard())
  return made
}
const send = (records: UsageRecord[]) => gatherUsage(stage.leb, 'leb', records)

/** The transaction that wrote each of these records. */
const transactions = async (records: UsageRecord[]) => {
  const { rows } = await stage.inLeb((tx) =>
    sql<{ record_id: string; by: string }>`select record_id, xmin::text as by from usage_record
      where record_id = any (${records.map((record) => record.recordId)}::text[])`.execute(tx),
  )
  const by = new Map(rows.map((row) => [row.record_id, row.by]))
  return records.map((record) => by.get(record.recordId))
}

describe('batches that come at once', () => {
  it('go whole, each its own way, when they have no card in common', async () => {
    const [one, other] = [await cards(12), await cards(12)]
    const [first, second] = [one.map((card) => stage.record(card)), other.map((card) => stage.record(card))]
    await Promise.all([send(first), send(second)])
    const [a, b] = [new Set(await transactions(first)), new Set(await transactions(second))]
    expect([a.size, b.size]).toEqual([1, 1])
    expect([...a]).not.toEqual([...b])
  })

  it('never have one card in two transactions at a time, and each is answered in its own order', async () => {
    const [shared, ...others] = await cards(9)
    const first = others.slice(0, 4).map((card) => stage.record(card))
    first.push(stage.record(shared!))
    const second = [stage.record(shared!), ...others.slice(4).map((card) => stage.record(card))]
    const answers = await Promise.all([send(first), send(second)])
    expect(answers.map((of) => of.map((answer) => answer.recordId))).toEqual(
      [first, second].map((of) => of.map((record) => record.recordId)),
    )
    const [mine, [sharedToo, ...rest]] = [await transactions(first), await transactions(second)]
    expect(sharedToo).toBe(mine.at(-1))
    expect(rest).not.toContain(sharedToo)
  })

  it('find a card free again after a batch that failed', async () => {
    const [card] = await cards(1)
    const broken = { ...stage.record(card!), quantity: 0.5 }
    await expect(send([broken])).rejects.toThrow()
    const [answer] = await send([stage.record(card!)])
    expect(answer!.outcome).toBe('charged')
  })
})
