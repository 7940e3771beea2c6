import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { freezeBalance, houseAccount, lockCardBalance } from './accounts.ts'
import { holdMoney, postHold, releaseHold, sweepHolds } from './holds.ts'
import { post } from './post.ts'
import { postUsage } from './post-usage.ts'

let ctx: TestWorld
let card: Seeded
let balance: string
let revenue: string
beforeAll(async () => void (ctx = await openTestWorld()))
afterAll(() => ctx.stop())
beforeEach(async () => {
  card = await seedCard(ctx, { balance: 1000n })
  await leb(async (tx) => {
    balance = (await lockCardBalance(tx, card)).accountId
    revenue = await houseAccount(ctx, tx, { issuerId: 'leb', kind: 'revenue', currency: 'CNY' })
  })
})

const leb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(ctx.db, 'leb', work)
const inAnHour = () => new Date(ctx.clock.now().getTime() + 3_600_000)
const hold = (amount: bigint, key: string = ctx.ids.next(), expiresAt = inAnHour()) =>
  leb((tx) =>
    holdMoney(ctx, tx, { issuerId: 'leb', key, cardId: card.cardId, amount, reason: 'usage', expiresAt }),
  )
const entries = (amount: bigint) => [
  { accountId: balance, amount: -amount },
  { accountId: revenue, amount },
]
const spendHeld = (holdId: string, amount: bigint) =>
  leb((tx) => postHold(ctx, tx, { issuerId: 'leb', holdId, reason: 'usage', entries: entries(amount) }))
const spend = (amount: bigint) =>
  leb((tx) =>
    post(ctx, tx, { issuerId: 'leb', key: ctx.ids.next(), reason: 'usage', entries: entries(amount) }),
  )
const release = (holdId: string) => leb((tx) => releaseHold(ctx, tx, { issuerId: 'leb', holdId }))
const state = () =>
  leb(async (tx) => {
    const { rows } = await sql<{ balance: bigint; held: bigint }>`
      select balance, held from ledger_account where card_id = ${card.cardId}`.execute(tx)
    return rows[0]!
  })

describe('a hold', () => {
  it('keeps money from every other gate until it is posted; what it does not take is free again', async () => {
    const { holdId } = await hold(600n)
    await expect(spend(401n)).rejects.toMatchObject({ code: 'ledger/insufficient_balance' })
    await expect(hold(401n)).rejects.toMatchObject({ code: 'ledger/insufficient_balance' })
    const line = {
      recordKey: 'r',
      hash: Buffer.from('h'),
      cardId: card.cardId,
      gross: 401n,
      net: 401n,
      tax: 0n,
    }
    const said = await leb((tx) => postUsage(ctx, tx, 'leb', [{ ...line, late: false }]))
    expect(said).toEqual([{ answer: 'insufficient', affordable: 400n }])
    expect(await spendHeld(holdId, 450n)).toBe('posted')
    expect(await state()).toEqual({ balance: 550n, held: 0n })
  })

  it('is taken once, posted once and released once, whatever is repeated', async () => {
    const first = await hold(300n, 'again')
    expect(await hold(300n, 'again')).toEqual({ holdId: first.holdId, answer: 'replayed' })
    await expect(hold(301n, 'again')).rejects.toMatchObject({ code: 'ledger/key_reused' })
    expect(await spendHeld(first.holdId, 300n)).toBe('posted')
    expect(await spendHeld(first.holdId, 300n)).toBe('replayed')
    await expect(spendHeld(first.holdId, 299n)).rejects.toMatchObject({ code: 'ledger/key_reused' })
    await expect(release(first.holdId)).rejects.toMatchObject({ code: 'ledger/hold_ended' })
    const second = await hold(100n)
    expect([await release(second.holdId), await release(second.holdId)]).toEqual(['released', 'replayed'])
    await expect(spendHeld(second.holdId, 1n)).rejects.toMatchObject({ code: 'ledger/hold_ended' })
    expect(await state()).toEqual({ balance: 700n, held: 0n })
  })

  it('gives no more than it set aside, and not nothing', async () => {
    const { holdId } = await hold(300n)
    for (const amount of [301n, -5n])
      await expect(spendHeld(holdId, amount)).rejects.toMatchObject({ code: 'ledger/more_than_held' })
    expect(await state()).toEqual({ balance: 1000n, held: 300n })
  })

  it('ends with its time: refused from that moment on, and swept', async () => {
    // What earlier tests left held.
    ctx.clock.advance({ hours: 2 })
    await sweepHolds(ctx)
    const { holdId } = await hold(300n)
    const { holdId: later } = await hold(100n, ctx.ids.next(), new Date(inAnHour().getTime() + 1000))
    ctx.clock.advance({ hours: 1 })
    await expect(spendHeld(holdId, 1n)).rejects.toMatchObject({ code: 'ledger/hold_ended' })
    expect(await sweepHolds(ctx)).toBe(1)
    expect(await sweepHolds(ctx)).toBe(0)
    expect(await state()).toEqual({ balance: 1000n, held: 100n })
    await release(later)
  })

  it('cannot be begun on a frozen balance, but one from before is still posted', async () => {
    const { holdId } = await hold(300n)
    await leb((tx) => freezeBalance(ctx, tx, card))
    await expect(hold(1n)).rejects.toMatchObject({ code: 'ledger/account_frozen' })
    expect(await spendHeld(holdId, 200n)).toBe('posted')
    expect(await state()).toEqual({ balance: 800n, held: 0n })
  })

  it('does not hold a closing up: what is still held is let go and settled with the rest', async () => {
    const { holdId } = await hold(300n)
    await leb((tx) =>
      post(ctx, tx, {
        issuerId: 'leb',
        key: ctx.ids.next(),
        reason: 'closure_settlement',
        entries: entries(1000n),
        close: [balance],
      }),
    )
    expect(await state()).toEqual({ balance: 0n, held: 0n })
    await expect(spendHeld(holdId, 1n)).rejects.toMatchObject({ code: 'ledger/hold_ended' })
    await expect(hold(1n)).rejects.toMatchObject({ code: 'ledger/account_closed' })
  })

  it('of thirty at once, just those that the balance covers are taken', async () => {
    const taken = await Promise.allSettled(Array.from({ length: 30 }, () => hold(90n)))
    expect(taken.filter((one) => one.status === 'fulfilled')).toHaveLength(11)
    expect(await state()).toEqual({ balance: 1000n, held: 990n })
  })

  it('of nobody is nobody’s', async () => {
    await expect(release(ctx.ids.next())).rejects.toMatchObject({ code: 'ledger/unknown_account' })
    const { holdId } = await hold(1n)
    const foreign = inIssuer(ctx.db, 'roamly', (tx) => releaseHold(ctx, tx, { issuerId: 'roamly', holdId }))
    await expect(foreign).rejects.toMatchObject({ code: 'ledger/unknown_account' })
  })
})
