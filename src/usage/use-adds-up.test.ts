import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Seeded } from '../../test/seed.ts'
import { lapseSome } from '../expiry/lapse-due.ts'
import { freezeBalance, houseAccount, lockCardBalance, reviveBalance } from '../ledger/accounts.ts'
import { checkBooks } from '../ledger/check.ts'
import { post } from '../ledger/post.ts'
import { splitTax } from '../plan/tax.ts'
import { inIssuer, openDb, openPool, type Tx } from '../platform/db.ts'
import type { UsageRecord } from './record.ts'
import { takeUsage } from './take-usage.ts'
import { openUsageStage, type UsageStage, usedAt } from './usage-stage.fixture.ts'

let stage: UsageStage
beforeAll(async () => void (stage = await openUsageStage()))
afterAll(() => stage.leb.stop())

const issuerId = 'leb'

/** Money from one account of the house to the card, or all of it back and the card's account closed. */
function moves({ leb }: UsageStage) {
  const house = (tx: Tx, kind: 'orders_in_hand' | 'refunds_payable') =>
    houseAccount(leb, tx, { issuerId, kind, currency: 'CNY' })
  return {
    topUp: async (tx: Tx, card: Seeded, key: string) => {
      const { accountId, closedAt } = await lockCardBalance(tx, card)
      if (closedAt) return
      const entries = [
        { accountId: await house(tx, 'orders_in_hand'), amount: -500n },
        { accountId, amount: 500n },
      ]
      await post(leb, tx, { issuerId, key, reason: 'top_up', entries })
    },
    /** Settled and taken back: what a closing that is undone does to the balance. */
    settleAndUndo: async (tx: Tx, card: Seeded, key: string) => {
      const { accountId, amount } = await lockCardBalance(tx, card)
      if (amount === 0n) return
      const owed = await house(tx, 'refunds_payable')
      const entries = [
        { accountId, amount: -amount },
        { accountId: owed, amount },
      ]
      const reason = 'closure_settlement'
      await post(leb, tx, { issuerId, key: `${key}:settle`, reason, entries, close: [accountId] })
      await reviveBalance(tx, card)
      const back = entries.map((one) => ({ ...one, amount: -one.amount }))
      await post(leb, tx, { issuerId, key: `${key}:undo`, reason: 'closure_undone', entries: back })
    },
  }
}

it('adds up to what the books say, whatever comes between: closings and their undoing, top-ups, ends and new days', async () => {
  const { leb } = stage
  const pool = openPool(leb.databaseUrl, 12, 'many')
  const many = { ...leb, pool, db: openDb(pool) }
  const { topUp, settleAndUndo } = moves(stage)
  const act = (work: (tx: Tx) => Promise<unknown>) => inIssuer(many.db, issuerId, work)
  const cards = await Promise.all(Array.from({ length: 4 }, () => stage.emptyCard({ balance: 3_000n })))
  const issuer = leb.issuers.find((one) => one.issuerId === issuerId)!
  const records = cards.flatMap((card) =>
    Array.from({ length: 40 }, (_, n): UsageRecord => {
      const kind = n % 3 === 0 ? 'data' : n % 3 === 1 ? 'voice' : 'sms'
      return stage.record(card, {
        kind,
        quantity: 1 + ((n * 37) % 95),
        usedAt: usedAt + ((n * 7_919) % 3_000),
      })
    }),
  )
  const batch = (n: number) =>
    Array.from({ length: 12 }, (_, at) => records[(n * 7 + at * 13) % records.length]!)
  const hour = 3_600_000
  const acts = Array.from({ length: 40 }, (_, n) => {
    const card = cards[n % cards.length]!
    const moveEnd = (by: number) =>
      act((tx) =>
        sql`update card set expires_at = ${new Date(leb.clock.now().getTime() + by)} where card_id = ${card.cardId}`.execute(
          tx,
        ),
      )
    return [
      () => takeUsage(many, issuerId, batch(n)),
      () => takeUsage(many, issuerId, batch(n + 1).toReversed()),
      () => act((tx) => topUp(tx, card, `${card.cardId}:${n}`)),
      () => (n % 2 ? act((tx) => freezeBalance(many, tx, card)) : act((tx) => reviveBalance(tx, card))),
      () =>
        n % 3
          ? act((tx) => settleAndUndo(tx, card, `${card.cardId}:${n}`))
          : lapseSome(many, issuer, leb.clock.now()),
      () => (n % 5 === 0 ? moveEnd(-hour / 2) : moveEnd(500 * hour)),
    ]
  }).flat()
  acts.reverse()
  const lane = async () => {
    for (let one = acts.pop(); one; one = acts.pop()) await one()
  }
  await Promise.all(Array.from({ length: 12 }, lane))
  await pool.end()
  for (const card of cards) {
    const { used, voice, taken, gross, tax, seconds } = await readUse(card)
    const due = splitTax(taken, 600).tax
    expect({ used, voice, gross, tax }).toEqual({ used: taken, voice: seconds, gross: taken, tax: due })
    expect(taken).toBeGreaterThan(0n)
  }
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

/** What stands beside the balance, what the journal took off it for use, and what the records say that nobody else bears. */
async function readUse(card: Seeded) {
  type Use = Record<'used' | 'voice' | 'taken' | 'gross' | 'tax' | 'seconds', bigint>
  const { rows } = await stage.inLeb((tx) =>
    sql<Use>`
      select l.used_gross as used, l.voice_over_s as voice,
             (select coalesce(-sum(e.amount), 0)::bigint from ledger_entry e
                join ledger_posting p using (issuer_id, posting_id)
               where e.account_id = l.account_id and p.reason = 'usage') as taken,
             u.*
        from ledger_account l cross join lateral (
          select coalesce(sum(gross_minor), 0)::bigint as gross, coalesce(sum(tax_minor), 0)::bigint as tax,
                 coalesce(sum(balance_units) filter (where kind = 'voice'), 0)::bigint as seconds
            from usage_record u where u.card_id = l.card_id
             and outcome in ('charged', 'partly', 'dry', 'from_bucket')) u
       where l.card_id = ${card.cardId}`.execute(tx),
  )
  return rows[0]!
}
