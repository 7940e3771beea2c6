import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import type { TestWorld } from '../../test/harness.ts'
import { inIssuer } from '../platform/db.ts'
import { openExpiryWorld, readHouse, readState, readTold, seedExpiring } from './expiry.fixture.ts'
import { sweepExpiry } from './sweep-expiry.ts'

let world: TestWorld
afterEach(() => world.stop())

it('comes to each issuer once, however little time there is', async () => {
  world = await openExpiryWorld({ kind: 'lapse' })
  const [card] = await seedExpiring(world, [{ endsInHours: 1, balance: 10n }])
  await sweepExpiry(world, 0)
  expect(await readTold(world, card!)).toEqual(['2 card'])
  world.clock.advance({ hours: 1, seconds: 61 })
  await sweepExpiry(world, 0)
  expect(await readState(world, card!)).toMatchObject({ outcome: 'lapsed', balance: 0n })
})

describe('lapse', () => {
  it('warns 72, 24 and 2 hours before, then takes the balance and what is left of the plan, and says so', async () => {
    world = await openExpiryWorld({ kind: 'lapse' })
    const [card] = await seedExpiring(world, [{ endsInHours: 100, balance: 8640n, dataMb: 512 }])
    await sweepExpiry(world)
    expect(await readTold(world, card!)).toEqual([])
    for (const [hours, told] of [
      [29, ['72 card']],
      [48, ['72 card', '24 card']],
      [22, ['72 card', '24 card', '2 card']],
    ] as const) {
      world.clock.advance({ hours })
      await sweepExpiry(world)
      await sweepExpiry(world)
      expect(await readTold(world, card!)).toEqual(told)
    }
    expect(await readState(world, card!)).toMatchObject({ outcome: null, balance: 8640n, data_left_mb: 512n })
    world.clock.advance({ hours: 1, seconds: 61 })
    await sweepExpiry(world)
    expect(await readState(world, card!)).toMatchObject({
      state: 'open',
      outcome: 'lapsed',
      balance: 0n,
      kept_until: null,
      data_left_mb: 0n,
    })
    expect((await readTold(world, card!)).at(-1)).toBe('0 card lapsed 8640 CNY')
    expect(await readHouse(world, 'lapsed_balance')).toBe(8640n)
    await sweepExpiry(world)
    expect(await readHouse(world, 'lapsed_balance')).toBe(8640n)
  })

  it('keeps a balance nobody was warned of three days more, and warns then', async () => {
    world = await openExpiryWorld({ kind: 'lapse' })
    const [card] = await seedExpiring(world, [{ endsInHours: -500, balance: 100n }])
    await sweepExpiry(world)
    const keptUntil = new Date(world.clock.now().getTime() + 72 * 3_600_000)
    expect(await readState(world, card!)).toMatchObject({
      outcome: 'kept',
      balance: 100n,
      kept_until: keptUntil,
    })
    world.clock.advance({ hours: 71 })
    await sweepExpiry(world)
    world.clock.advance({ hours: 1, seconds: 60 })
    await sweepExpiry(world)
    expect(await readTold(world, card!)).toEqual(['0 card kept 100 CNY', '2 kept', '0 kept lapsed 100 CNY'])
    expect(await readState(world, card!)).toMatchObject({ outcome: 'lapsed', balance: 0n, kept_until: null })
  })

  it('does not lapse where the law gives the balance back', async () => {
    world = await openExpiryWorld({ kind: 'lapse' })
    const [cn, de] = await seedExpiring(world, [
      { endsInHours: -1, told: 3, residence: 'CN' },
      { endsInHours: -1, told: 3, residence: 'DE', currency: 'EUR' },
    ])
    await sweepExpiry(world)
    expect(await readState(world, cn!)).toMatchObject({ outcome: 'kept', balance: 8640n })
    expect(await readState(world, de!)).toMatchObject({ outcome: 'kept', balance: 8640n })
  })
})

describe('the rule', () => {
  it('is that of where the holder lives now, also for a card from before that was noted beside its end', async () => {
    world = await openExpiryWorld({ kind: 'lapse' })
    const seeded = await seedExpiring(
      world,
      ['CN', 'CH', 'CH', 'CN'].map((residence) => ({ endsInHours: -1, told: 3, residence })),
    )
    const [moved, old, there, given] = seeded
    const noted = await inIssuer(world.db, 'leb', async (tx) => {
      await sql`update account set jurisdiction = 'CH' where account_id = ${moved!.accountId}`.execute(tx)
      await sql`update card_end set jurisdiction = null where card_id = ${old!.cardId}`.execute(tx)
      await sql`update card set account_id = ${there!.accountId} where card_id = ${given!.cardId}`.execute(tx)
      const rows = await tx.selectFrom('card_end').select(['card_id', 'jurisdiction']).execute()
      return new Map(rows.map((row) => [row.card_id, row.jurisdiction]))
    })
    expect(seeded.map((card) => noted.get(card.cardId))).toEqual([null, null, 'CH', null])
    await sweepExpiry(world)
    for (const card of seeded)
      expect(await readState(world, card)).toMatchObject({ outcome: 'lapsed', balance: 0n })
  })
})

describe('keep', () => {
  it('leaves the balance for its days, warns again, and lapses then', async () => {
    world = await openExpiryWorld({ kind: 'keep', days: 30 })
    const [card] = await seedExpiring(world, [{ endsInHours: 1, told: 3, balance: 1500n, currency: 'JPY' }])
    world.clock.advance({ hours: 2 })
    await sweepExpiry(world)
    const kept = await readState(world, card!)
    expect(kept).toMatchObject({ outcome: 'kept', balance: 1500n, told: 0 })
    expect(kept.kept_until).toEqual(new Date('2026-12-22T11:00:00Z'))
    for (const days of [26.5, 2, 1]) {
      world.clock.advance({ days })
      await sweepExpiry(world)
    }
    world.clock.set(new Date('2026-12-22T11:01:00Z'))
    await sweepExpiry(world)
    expect(await readTold(world, card!)).toEqual([
      '0 card kept 1500 JPY',
      '72 kept',
      '24 kept',
      '0 kept lapsed 1500 JPY',
    ])
    expect(await readHouse(world, 'lapsed_balance', 'JPY')).toBe(1500n)
  })
})

describe('refund', () => {
  it('closes the card by the issuer itself, with a slip', async () => {
    world = await openExpiryWorld({ kind: 'refund' })
    const [rich, empty] = await seedExpiring(world, [
      { endsInHours: -1, balance: 12_345n, currency: 'KWD', told: 3 },
      { endsInHours: -1, balance: 0n, told: 3 },
    ])
    await sweepExpiry(world)
    await sweepExpiry(world)
    expect(await readState(world, rich!)).toMatchObject({
      state: 'closing',
      outcome: 'refunded',
      balance: 12_345n,
    })
    expect(await readState(world, empty!)).toMatchObject({ state: 'open', outcome: 'nothing' })
    const over = await inIssuer(world.db, 'leb', (tx) =>
      tx.selectFrom('card').select('card_id').where('ended_for_good', '=', true).execute(),
    )
    expect(over).toEqual([{ card_id: rich!.cardId }])
    const closures = await inIssuer(world.db, 'leb', (tx) =>
      tx.selectFrom('closure').select(['identity', 'state', 'locale']).execute(),
    )
    expect(closures).toEqual([{ identity: 'issuer_decision', state: 'identified', locale: 'en' }])
    expect(await readTold(world, rich!)).toEqual(['0 card refund 12345 KWD'])
  })
})

it('gives who missed a warning only the nearest one', async () => {
  world = await openExpiryWorld({ kind: 'lapse' })
  const [card] = await seedExpiring(world, [{ endsInHours: 1 }])
  await sweepExpiry(world)
  expect(await readTold(world, card!)).toEqual(['2 card'])
})

it('warns anew when days are added, and lets a card that had ended live again', async () => {
  world = await openExpiryWorld({ kind: 'keep', days: 30 })
  const [card] = await seedExpiring(world, [{ endsInHours: 1 }])
  await sweepExpiry(world)
  world.clock.advance({ hours: 2 })
  await sweepExpiry(world)
  expect(await readState(world, card!)).toMatchObject({ outcome: 'kept' })
  world.clock.advance({ hours: 1 })
  await inIssuer(world.db, 'leb', (tx) =>
    tx
      .updateTable('card')
      .set({ expires_at: new Date(world.clock.now().getTime() + 20 * 3_600_000) })
      .execute(),
  )
  expect(await readState(world, card!)).toMatchObject({
    outcome: null,
    lapsed_at: null,
    kept_until: null,
    told: 0,
  })
  await sweepExpiry(world)
  expect(await readTold(world, card!)).toEqual(['2 card', '0 card kept 8640 CNY', '24 card'])
})

it('does nothing twice when the clock is set back', async () => {
  world = await openExpiryWorld({ kind: 'lapse' })
  const [card] = await seedExpiring(world, [{ endsInHours: 1 }])
  await sweepExpiry(world)
  world.clock.advance({ hours: 2 })
  await sweepExpiry(world)
  world.clock.advance({ hours: -200 })
  for (let step = 0; step < 6; step++) {
    world.clock.advance({ hours: 40 })
    await sweepExpiry(world)
  }
  expect(await readTold(world, card!)).toEqual(['2 card', '0 card lapsed 8640 CNY'])
  expect(await readHouse(world, 'lapsed_balance')).toBe(8640n)
})
