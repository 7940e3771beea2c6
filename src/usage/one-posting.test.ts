import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Seeded } from '../../test/seed.ts'
import { freezeBalance } from '../ledger/accounts.ts'
import { checkBooks } from '../ledger/check.ts'
import { readStatement } from '../ledger/statement.ts'
import { openUsageStage, usedAt, type UsageStage } from './usage-stage.fixture.ts'

let stage: UsageStage
beforeAll(async () => void (stage = await openUsageStage()))
afterAll(() => stage.leb.stop())

const freeze = (card: Seeded) => stage.inLeb((tx) => freezeBalance(stage.leb, tx, card))
const faults = async () => (await checkBooks(stage.leb)).issuers.flatMap((one) => one.faults)

/** A card's whole statement, read a line a page, oldest first: what moved, what stood after it, what it was for. */
async function linesOf(card: Seeded) {
  const lines: [string, bigint, bigint, number | undefined][] = []
  for (let before: string | undefined | null; before !== null;) {
    const cursor: string | undefined = before
    const page = await stage.inLeb((tx) => readStatement(tx, card, { before: cursor, limit: 1 }))
    lines.push(
      ...page!.lines.map(({ reason, amount, after, used }): (typeof lines)[number] => [
        reason,
        amount,
        after,
        used && Number(used.units),
      ]),
    )
    before = page!.older
  }
  return lines.toReversed()
}

it('shows each holder their own lines of a batch, a line a page, and what each was for', async () => {
  const [one, other] = [await stage.emptyCard(), await stage.emptyCard({ currency: 'JPY', balance: 900n })]
  const answers = await stage.take(
    ...[1, 2, 3].flatMap((quantity) => [
      stage.record(one, { quantity, usedAt: usedAt + quantity }),
      stage.record(other, { quantity, usedAt: usedAt + quantity }),
    ]),
  )
  const paid = (of: 0 | 1) =>
    answers.flatMap((answer, at) => (at % 2 === of && 'charged' in answer ? [answer.charged.amount] : []))
  for (const [of, card, opening] of [
    [0, one, 8640n],
    [1, other, 900n],
  ] as const) {
    const prices = paid(of)
    expect(prices).toHaveLength(3)
    let stood: bigint = opening
    expect(await linesOf(card)).toEqual([
      ['opening', opening, opening, undefined],
      ...prices.map((price, at) => ['usage', -price, (stood -= price), at + 1]),
    ])
  }
  expect(await faults()).toEqual([])
})

it('takes what drains, what is late and what is paid in one batch, and none of it twice', async () => {
  const [frozen, gone, open] = [await stage.emptyCard(), await stage.emptyCard(), await stage.emptyCard()]
  await freeze(frozen)
  await stage.inLeb(async (tx) => {
    const soon = new Date(stage.leb.clock.now().getTime() + 60_000)
    await sql`update card set expires_at = ${soon} where card_id = ${gone.cardId}`.execute(tx)
    await sql`update card_end set lapsed_at = now() where card_id = ${gone.cardId}`.execute(tx)
  })
  const batch = [
    stage.record(open, { quantity: 2 }),
    stage.record(frozen, { quantity: 2 }),
    stage.record(gone, { quantity: 2 }),
    stage.record(frozen, { quantity: 1, usedAt: stage.leb.clock.now().getTime() + 1 }),
    stage.record(open, { quantity: 3 }),
  ]
  const first = await stage.take(...batch)
  expect(first.map((answer) => answer.outcome)).toEqual(['charged', 'charged', 'late', 'frozen', 'charged'])
  const balances = async () =>
    Promise.all([open, frozen, gone].map(async (card) => (await stage.stateOf(card)).balance))
  const after = await balances()
  expect(after[2]).toBe(8640n)
  const revenue = await stage.house('revenue')
  const again = await Promise.all([
    stage.take(...batch),
    stage.take(...batch.toReversed()),
    stage.take(batch[1]!),
  ])
  expect(new Set(again.flat().map((answer) => answer.outcome))).toEqual(new Set(['duplicate']))
  expect([await balances(), await stage.house('revenue')]).toEqual([after, revenue])
  expect(await faults()).toEqual([])
})

it('leaves no hash in the journal of what is to be forgotten', async () => {
  const card = await stage.emptyCard()
  const record = stage.record(card)
  await stage.take(record)
  const { rows } = await stage.inLeb((tx) =>
    sql<{ same: boolean }>`
      select e.input_hash = u.content_hash as same from usage_record u
        join ledger_entry e on e.issuer_id = u.issuer_id and e.key = 'usage:' || u.record_id
       where u.record_id = ${record.recordId}`.execute(tx),
  )
  expect(rows).toEqual([{ same: false }])
})
