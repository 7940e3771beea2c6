import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { inIssuer } from '../platform/db.ts'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { closeEmptyBalance, freezeBalance, houseAccount, lockCardBalance } from './accounts.ts'
import { post } from './post.ts'

let ctx: TestWorld
let card: Seeded
let balance: string
let payable: string
beforeAll(async () => void (ctx = await openTestWorld()))
afterAll(() => ctx.stop())
beforeEach(async () => {
  card = await seedCard(ctx, { balance: 1000n })
  await leb(async (tx) => {
    balance = (await lockCardBalance(tx, card)).accountId
    payable = await houseAccount(ctx, tx, { issuerId: 'leb', kind: 'refunds_payable', currency: 'CNY' })
  })
})

const leb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(ctx.db, 'leb', work)
const move = (amount: bigint, key = ctx.ids.next(), close: string[] = []) =>
  leb((tx) =>
    post(ctx, tx, {
      issuerId: 'leb',
      key,
      reason: 'correction',
      close,
      entries: [
        { accountId: balance, amount: -amount },
        { accountId: payable, amount },
      ],
    }),
  )
const left = () => leb(async (tx) => (await lockCardBalance(tx, card)).amount)

describe('the gate', () => {
  it('moves once per key, whatever is repeated', async () => {
    expect(await move(300n, 'once')).toBe('posted')
    expect(await move(300n, 'once')).toBe('replayed')
    expect(await left()).toBe(700n)
  })

  it('refuses a key with other content', async () => {
    await move(1n, 'content')
    await expect(move(2n, 'content')).rejects.toMatchObject({ code: 'ledger/key_reused' })
  })

  it('never lets a holder go below zero', async () => {
    await expect(move(1001n)).rejects.toMatchObject({ code: 'ledger/insufficient_balance' })
    expect(await left()).toBe(1000n)
  })

  it('refuses what does not sum to zero, and accounts of nobody', async () => {
    const entries = [
      { accountId: balance, amount: -1n },
      { accountId: payable, amount: 2n },
    ]
    await expect(
      leb((tx) => post(ctx, tx, { issuerId: 'leb', key: 'sum', reason: 'correction', entries })),
    ).rejects.toMatchObject({ code: 'ledger/unbalanced' })
    const nobody = [
      { accountId: ctx.ids.next(), amount: 0n + 1n },
      { accountId: balance, amount: -1n },
    ]
    await expect(
      leb((tx) => post(ctx, tx, { issuerId: 'leb', key: 'who', reason: 'correction', entries: nobody })),
    ).rejects.toMatchObject({ code: 'ledger/unknown_account' })
  })

  it('closes an account only at zero; then nothing more is taken or given', async () => {
    await expect(move(999n, 'early', [balance])).rejects.toMatchObject({ constraint: 'closed_means_zero' })
    await move(1000n, 'all', [balance])
    await expect(move(-5n)).rejects.toMatchObject({ code: 'ledger/account_closed' })
  })

  it('a frozen balance takes money in, and gives it out to its own closure only', async () => {
    await leb((tx) => freezeBalance(ctx, tx, card))
    await expect(move(10n)).rejects.toMatchObject({ code: 'ledger/account_frozen' })
    await move(-50n)
    await move(1050n, 'settle', [balance])
    expect(await left()).toBe(0n)
  })

  it('an empty balance can be closed, one with money in it cannot', async () => {
    await expect(leb((tx) => closeEmptyBalance(ctx, tx, card))).rejects.toMatchObject({
      constraint: 'closed_means_zero',
    })
  })

  it('twenty debits at once on one card: only what the balance covers goes through', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => move(100n)))
    expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(10)
    expect(await left()).toBe(0n)
  })
})

describe('the journal', () => {
  it('replayed from the start it gives every balance, after any history', async () => {
    const act = fc.record({
      amount: fc.bigInt({ min: -500n, max: 500n }).filter((n) => n !== 0n),
      key: fc.integer({ min: 0, max: 15 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
        const fresh = await seedCard(ctx, { balance: 700n })
        const account = await leb(async (tx) => (await lockCardBalance(tx, fresh)).accountId)
        for (const { amount, key } of acts) {
          const entries = [
            { accountId: account, amount },
            { accountId: payable, amount: -amount },
          ]
          await leb((tx) =>
            post(ctx, tx, { issuerId: 'leb', key: `${fresh.cardId}:${key}`, reason: 'correction', entries }),
          ).catch(() => undefined)
        }
        await leb(async (tx) => {
          const { rows } = await sql<{ wrong: bigint }>`
            select count(*) as wrong from ledger_account a
             where a.issuer_id = 'leb' and a.balance <> coalesce((select sum(e.amount) from ledger_entry e
               where e.issuer_id = a.issuer_id and e.account_id = a.account_id), 0)`.execute(tx)
          expect(rows[0]!.wrong).toBe(0n)
          const sums = await sql<{ sum: string }>`
            select sum(balance)::text as sum from ledger_account where issuer_id = 'leb' group by currency`.execute(
            tx,
          )
          expect(sums.rows.every((row) => row.sum === '0')).toBe(true)
        })
      }),
      { seed: 7, numRuns: 15 },
    )
  })
})

it('a card cannot be closed while its balance account is open', async () => {
  const close = leb((tx) =>
    sql`update card set state = 'closed', closed_at = now() where issuer_id = 'leb' and card_id = ${card.cardId}`.execute(
      tx,
    ),
  )
  await expect(close).rejects.toMatchObject({ code: 'LB002' })
})
