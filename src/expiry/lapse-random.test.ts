import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TestWorld } from '../../test/harness.ts'
import type { Seeded } from '../../test/seed.ts'
import { houseAccount, lockCardBalance } from '../ledger/accounts.ts'
import { checkBooks } from '../ledger/check.ts'
import { post } from '../ledger/post.ts'
import { putIssuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import type { AtExpiry } from './expiry-rules.ts'
import { issuersWith, openExpiryWorld, seedExpiring } from './expiry.fixture.ts'
import { sweepExpiry } from './sweep-expiry.ts'

let world: TestWorld
beforeAll(async () => void (world = await openExpiryWorld({ kind: 'lapse' })))
afterAll(() => world.stop())

const issuerId = 'leb'
const rules: AtExpiry[] = [{ kind: 'lapse' }, { kind: 'keep', days: 2 }, { kind: 'refund' }]

const act = fc.oneof(
  fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ do: fc.constant('top_up' as const), card: fc.nat(3), amount: fc.bigInt(1n, 10n ** 12n) }),
  fc.record({ do: fc.constant('use' as const), card: fc.nat(3), share: fc.nat(100) }),
  fc.record({ do: fc.constant('extend' as const), card: fc.nat(3), days: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant('rule' as const), rule: fc.nat(2) }),
)
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never

const move = (
  card: Seeded,
  house: 'orders_in_hand' | 'revenue',
  of: (balance: bigint) => bigint,
  key: string,
) =>
  inIssuer(world.db, issuerId, async (tx) => {
    const balance = await lockCardBalance(tx, card)
    const amount = of(balance.amount)
    if (amount === 0n || balance.frozenAt || balance.closedAt) return
    const other = await houseAccount(world, tx, { issuerId, kind: house, currency: balance.currency })
    const entries = [
      { accountId: balance.accountId, amount },
      { accountId: other, amount: -amount },
    ]
    await post(world, tx, { issuerId, key, reason: amount > 0n ? 'top_up' : 'correction', entries })
  })

/** The sweep logs what fails and goes on; here that fails the test. */
const loud = (): Context => ({
  ...world,
  log: {
    ...world.log,
    error: (message, fields) => {
      throw new Error(`${message} ${JSON.stringify(fields)}`)
    },
  },
})

let moves = 0
async function perform(one: Act, cards: Seeded[]): Promise<void> {
  if (one.do === 'wait') {
    world.clock.advance({ hours: one.hours })
    await Promise.all([sweepExpiry(loud()), sweepExpiry(loud())])
  } else if (one.do === 'rule') {
    const changed = issuersWith(rules[one.rule]!).find((issuer) => issuer.issuerId === issuerId)!
    await putIssuer(world.db, changed, world.clock.now())
  } else if (one.do === 'extend') {
    await inIssuer(world.db, issuerId, (tx) =>
      sql`update card set expires_at = expires_at + ${one.days} * interval '1 day'
           where card_id = ${cards[one.card]!.cardId} and state = 'open'`.execute(tx),
    )
  } else if (one.do === 'top_up') {
    await move(cards[one.card]!, 'orders_in_hand', () => one.amount, `random-${moves++}`)
  } else {
    const share = (balance: bigint) => -((balance * BigInt(one.share)) / 100n)
    await move(cards[one.card]!, 'revenue', share, `random-${moves++}`)
  }
}

it('whatever happens, the books add up and no balance goes without record, mail and statement line', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 14 }), async (acts) => {
      const cards = await seedExpiring(
        world,
        ['JPY', 'EUR', 'KWD', 'CNY'].map((currency, n) => ({
          currency,
          residence: n === 3 ? 'CN' : 'CH',
          endsInHours: 20 * n + 1,
        })),
      )
      for (const one of acts) await perform(one, cards)
      await perform({ do: 'wait', hours: 400 }, cards)
      for (const card of cards) expect(await readMoney(card)).toMatchObject({ statement: true, told: true })
      expect(await checkBooks(world)).toMatchObject({ ok: true })
    }),
    { seed: 20261122, numRuns: 12, endOnFailure: true },
  )
})

/** `statement`: lapsed by the journal what the record says; `told`: each of those has a mail, made or to be made. */
async function readMoney(card: Seeded) {
  const { rows } = await inIssuer(world.db, issuerId, (tx) =>
    sql<{ statement: boolean; told: boolean }>`
      select coalesce((select -sum(e.amount) from ledger_entry e
                join ledger_posting p using (issuer_id, posting_id)
                join ledger_account a on a.issuer_id = e.issuer_id and a.account_id = e.account_id
               where a.card_id = ${card.cardId} and p.reason = 'lapse'), 0)
             = coalesce((select sum(amount_minor) from expiry_notice
                where card_id = ${card.cardId} and outcome = 'lapsed'), 0) as statement,
             coalesce((select bool_and(mail_rank is not null or notice_id is not null) from expiry_notice
                where card_id = ${card.cardId} and amount_minor > 0), true) as told`.execute(tx),
  )
  return rows[0]!
}
