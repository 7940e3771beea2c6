import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { takeUsage } from '../usage/take-usage.ts'
import { erasePersonRows } from './erase-person.ts'
import { seal, unseal } from './sealed-box.ts'
import { findHolders, fingerprint, openHolderKey, readLine, readPerson, unsealDatum } from './vault.ts'

let ctx: TestWorld
beforeAll(async () => void (ctx = await openTestWorld()))
afterAll(() => ctx.stop())

describe('a sealed box', () => {
  const key = Buffer.alloc(32, 7)
  it('opens with its key at its place only', () => {
    const box = seal(key, 'here', Buffer.from('姓名'))
    expect(unseal(key, 'here', box).toString()).toBe('姓名')
    expect(() => unseal(key, 'there', box)).toThrow()
    expect(() => unseal(Buffer.alloc(32, 8), 'here', box)).toThrow()
  })

  it('notices every changed bit', () => {
    const box = seal(key, 'here', Buffer.from('x'))
    for (let at = 0; at < box.length; at++) {
      const changed = Buffer.from(box)
      changed[at]! ^= 1
      expect(() => unseal(key, 'here', changed)).toThrow()
    }
  })

  it('never seals the same twice', () => {
    expect(seal(key, 'here', Buffer.from('x'))).not.toEqual(seal(key, 'here', Buffer.from('x')))
  })
})

it('finds a person by contact however it is typed, and stores no contact', async () => {
  const card = await seedCard(ctx, { email: 'Li.Lei@Example.com', phone: '+999123456789' })
  await inIssuer(ctx.db, 'leb', async (tx) => {
    expect(
      await findHolders(ctx, tx, { issuerId: 'leb', kind: 'email', value: ' li.lei@example.COM ' }),
    ).toEqual([card.holderId])
    expect(await findHolders(ctx, tx, { issuerId: 'leb', kind: 'phone', value: '+999 123 456-789' })).toEqual(
      [card.holderId],
    )
    const rows = JSON.stringify(
      [
        await tx.selectFrom('vault_item').selectAll().execute(),
        await tx.selectFrom('vault_index').selectAll().execute(),
      ],
      (_, v) => (v?.type === 'Buffer' ? Buffer.from(v.data as number[]).toString('latin1') : v),
    )
    expect(rows.toLowerCase()).not.toContain('li.lei')
  })
})

it('one issuer cannot be asked about another’s people', async () => {
  const [leb, roamly] = [await ctx.keys.vault('leb'), await ctx.keys.vault('roamly')]
  expect(fingerprint(leb, 'email', 'a@example.com')).not.toEqual(
    fingerprint(roamly, 'email', 'a@example.com'),
  )
})

it('an erased person is dark, also to somebody with an old copy of the rows and all present keys', async () => {
  const card = await seedCard(ctx)
  const { issuerId, holderId } = card
  const copy = await inIssuer(ctx.db, 'leb', (tx) =>
    tx.selectFrom('vault_item').selectAll().where('holder_id', '=', holderId).execute(),
  )
  const keys = await ctx.keys.vault('leb')
  await inIssuer(ctx.db, 'leb', async (tx) => {
    expect((await readPerson(ctx, tx, 'leb', holderId))!.name).toBe('李磊')
    expect((await readLine(ctx, tx, card))!.imsi).toMatch(/^\d+$/)
    expect(await erasePersonRows(ctx, tx, { issuerId, holderId })).toEqual({ values: copy.length })
    expect(await readPerson(ctx, tx, 'leb', holderId)).toBeNull()
    expect(await readLine(ctx, tx, card)).toBeNull()
    const holder = await tx
      .selectFrom('holder')
      .selectAll()
      .where('holder_id', '=', holderId)
      .executeTakeFirstOrThrow()
    expect(holder.wrapped_key).toBeNull()
  })
  const other = await seedCard(ctx)
  const wrapped = await inIssuer(ctx.db, 'leb', (tx) =>
    tx
      .selectFrom('holder')
      .select('wrapped_key')
      .where('holder_id', '=', other.holderId)
      .executeTakeFirstOrThrow(),
  )
  const othersKey = openHolderKey(keys, 'leb', other.holderId, wrapped.wrapped_key!)
  const { item_id: itemId, kind, sealed } = copy[0]!
  expect(() => unsealDatum(othersKey, { issuerId, holderId, itemId, kind: kind as 'name' }, sealed)).toThrow()
})

it('leaves no countries that somebody travelled to, once they are erased: the charge names the zone it went by', async () => {
  const [card, other] = [
    await seedCard(ctx, { accountRef: 'T1', balance: 0n }),
    await seedCard(ctx, { accountRef: 'T2' }),
  ]
  const use = ({ iccid }: { iccid: string }) => ({
    recordId: `travel-${iccid}`,
    iccid,
    kind: 'data' as const,
    quantity: 5,
    country: 'JP',
    usedAt: Date.parse('2026-11-22T09:00:00Z'),
  })
  await takeUsage(ctx, 'leb', [use(card), use(other)])
  const { issuerId, holderId } = card
  const countries = await inIssuer(ctx.db, 'leb', async (tx) => {
    await erasePersonRows(ctx, tx, { issuerId, holderId })
    return tx
      .selectFrom('usage_record')
      .select(['card_id', 'country', 'quantity', 'zone', 'content_hash'])
      .where('record_id', 'like', 'travel-%')
      .execute()
  })
  expect(countries.find((one) => one.card_id === card.cardId)).toMatchObject({
    country: null,
    quantity: 5n,
    content_hash: Buffer.alloc(0),
  })
  expect(countries.find((one) => one.card_id === other.cardId)).toMatchObject({ country: 'JP' })
  // Reported again it is still the same record, and nothing of the place comes back with it.
  const [again] = await takeUsage(ctx, 'leb', [use(card)])
  expect(again!.outcome).not.toBe('key_reused')
  // Files of other networks come days late: what they say of a closed card is kept without the country, too.
  await inIssuer(ctx.db, 'leb', async (tx) => {
    const closed_at = ctx.clock.now()
    await tx.updateTable('ledger_account').set({ closed_at }).where('card_id', '=', card.cardId).execute()
    await tx
      .updateTable('card')
      .set({ state: 'closed', closed_at })
      .where('card_id', '=', card.cardId)
      .execute()
  })
  const [late] = await takeUsage(ctx, 'leb', [{ ...use(card), recordId: 'travel-late' }])
  expect(late!.outcome).toBe('closed')
  const kept = await inIssuer(ctx.db, 'leb', (tx) =>
    tx.selectFrom('usage_record').select('country').where('record_id', '=', 'travel-late').execute(),
  )
  expect(kept).toEqual([{ country: null }])
})
