import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { closeCard } from '../../test/payouts.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { checkBooks } from '../ledger/check.ts'
import { sweepHolds } from '../ledger/holds.ts'
import { readStatement } from '../ledger/statement.ts'
import { sweepExpiry } from '../expiry/sweep-expiry.ts'
import { inIssuer } from '../platform/db.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import { sampleCatalogue } from '../plan/sample-catalogue.ts'
import { readPerson } from '../privacy/vault.ts'
import type { Placed } from './place-order.ts'

let leb: Outside
let shop: Shop
let card: Seeded
let before: Record<string, bigint>
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterAll(() => leb.stop())
beforeEach(async () => {
  card = await seedCard(leb, { balance: 5_000n, email: `payer${leb.ids.readable()}@example.com` })
  before = await shop.books()
})

const asLeb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(leb.db, 'leb', work)
const order = (code = 'DATA1G', more: Parameters<Shop['place']>[0] = {}) =>
  shop.place({
    wanted: { kind: 'add_on', cardId: card.cardId, code },
    buyer: { kind: 'signed_in', holderIds: [card.holderId] },
    payBy: 'balance',
    locale: 'en',
    ...more,
  })
const balance = () =>
  asLeb((tx) =>
    tx
      .selectFrom('ledger_account')
      .select(['balance', 'held'])
      .where('card_id', '=', card.cardId)
      .executeTakeFirstOrThrow(),
  )
async function moved(): Promise<Record<string, bigint>> {
  const now = await shop.books()
  const kinds = [...new Set([...Object.keys(before), ...Object.keys(now)])]
  return Object.fromEntries(
    kinds.map((kind) => [kind, (now[kind] ?? 0n) - (before[kind] ?? 0n)]).filter(([, by]) => by !== 0n),
  )
}
const buckets = () =>
  asLeb((tx) =>
    tx.selectFrom('bucket').select(['kind', 'left_units']).where('card_id', '=', card.cardId).execute(),
  )
async function mailsOf(holder: Seeded): Promise<string> {
  await leb.sendMails('leb')
  const person = await asLeb((tx) => readPerson(leb, tx, 'leb', holder.holderId))
  const mails = leb.world.sims.mail.messages(person!.email!)
  return mails.map((mail) => mail.raw.replaceAll('=\r\n', '')).join('\n')
}
async function endsUntouched(placed: Placed, reason: string): Promise<void> {
  await shop.look(placed)
  expect(await shop.view(placed)).toMatchObject({
    state: 'refunded',
    refundReason: reason,
    refundRoute: null,
    deliveredAt: null,
  })
  expect(await buckets()).toEqual([])
  // Looked at again, by whoever comes late, it stays so.
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunded')
}

describe('an add-on that is paid from the balance', () => {
  it('is set aside when it is ordered, and taken with the delivery: net deferred, its tax due once', async () => {
    const placed = await order()
    expect((await shop.view(placed)).state).toBe('paid')
    expect(await balance()).toEqual({ balance: 5_000n, held: 3_800n })
    expect(await moved()).toEqual({})
    await shop.look(placed)
    expect(await shop.view(placed)).toMatchObject({ state: 'delivered', payBy: 'balance' })
    expect(await balance()).toEqual({ balance: 1_200n, held: 0n })
    expect(await buckets()).toEqual([{ kind: 'data', left_units: 1024n }])
    // 38.00 with 6 % in it.
    expect(await moved()).toEqual({ holder_balance: -3_800n, deferred_revenue: 3_585n, tax_payable: 215n })
    const { lines } = (await asLeb((tx) => readStatement(tx, card, { limit: 9 })))!
    expect(lines[0]).toMatchObject({ reason: 'add_on_bought', amount: -3_800n, after: 1_200n })
    expect(await checkBooks(leb)).toMatchObject({ ok: true })
  })

  it('has contract, invoice and mail, which say how it was paid', async () => {
    const placed = await order()
    await shop.look(placed)
    const { content } = await asLeb((tx) =>
      tx
        .selectFrom('invoice')
        .select('content')
        .where('order_id', '=', placed.orderId)
        .executeTakeFirstOrThrow(),
    )
    expect(content).toMatchObject({
      paidBy: 'balance',
      totals: { net: '3585', tax: '215', gross: '3800' },
      lines: [{ rateBp: 600, gross: '3800' }],
    })
    const mail = await mailsOf(card)
    expect(mail).toContain("was taken from your card's balance")
    expect(mail).toContain(`contract-${placed.number}.pdf`)
  })

  it('is refused with what is missing when the balance does not reach, and nothing is left of it', async () => {
    const first = await order('SMS50')
    await expect(order()).rejects.toMatchObject({
      code: 'order/balance_short',
      worded: { free: { en: 'CN¥35.00' }, missing: { 'zh-CN': '¥3.00' } },
    })
    const { rows } = await asLeb((tx) =>
      sql`select 1 from purchase_order where card_id = ${card.cardId}`.execute(tx),
    )
    expect(rows).toHaveLength(1)
    await shop.look(first)
    expect(await balance()).toEqual({ balance: 3_500n, held: 0n })
  })

  it('is for the card it is paid from, and nothing but an add-on', async () => {
    const other = await seedCard(leb, { balance: 50_000n })
    const signedIn = { kind: 'signed_in' as const, holderIds: [other.holderId] }
    await expect(order('DATA1G', { buyer: signedIn })).rejects.toMatchObject({ code: 'closure/no_such_card' })
    const guest = { kind: 'guest' as const, email: 'guest@example.com', name: '', live: 'CN' }
    await expect(order('DATA1G', { buyer: guest })).rejects.toMatchObject({ code: 'holder/sign_in_needed' })
    const topUp = { kind: 'top_up' as const, cardId: card.cardId, amount: '20.00' }
    await expect(order('', { wanted: topUp })).rejects.toMatchObject({ code: 'order/pay_by_unavailable' })
    const plan = { kind: 'card' as const, code: 'LEB3', zone: 'JP', currency: 'CNY' }
    await expect(order('', { wanted: plan })).rejects.toMatchObject({ code: 'order/pay_by_unavailable' })
    const euros = { kind: 'add_on' as const, cardId: card.cardId, code: 'DATA1G', currency: 'EUR' }
    await expect(order('', { wanted: euros })).rejects.toMatchObject({ code: 'order/currency_differs' })
    expect(await balance()).toEqual({ balance: 5_000n, held: 0n })
  })

  it('is refused for a card that is being closed', async () => {
    await closeCard(leb, card, { start: 'after_undo_window' })
    await expect(order()).rejects.toMatchObject({ code: 'order/card_closing' })
  })
})

describe('what was set aside is free again', () => {
  it('when what was ordered is sold no more', async () => {
    const placed = await order('MIN30')
    await putCatalogue(leb, 'leb', { items: [], withdraw: ['MIN30'] })
    await endsUntouched(placed, 'item_withdrawn')
    expect(await balance()).toEqual({ balance: 5_000n, held: 0n })
    expect(await moved()).toEqual({})
    const mail = await mailsOf(card)
    expect(mail).toContain("Nothing was taken from the card's balance")
    expect(mail).not.toContain('refund')
    await putCatalogue(leb, 'leb', sampleCatalogue())
  })

  it('when the card is closed before it is delivered: all of the balance goes back', async () => {
    const placed = await order()
    const closureId = await closeCard(leb, card)
    const { settled_minor } = await asLeb((tx) =>
      tx
        .selectFrom('closure_card')
        .select('settled_minor')
        .where('closure_id', '=', closureId)
        .executeTakeFirstOrThrow(),
    )
    expect(settled_minor).toBe(5_000n)
    await endsUntouched(placed, 'card_closing')
    expect(await moved()).toMatchObject({ holder_balance: -5_000n })
    expect(await checkBooks(leb)).toMatchObject({ ok: true })
  })

  it('when the card ends before it is delivered, and lapses only then', async () => {
    const placed = await order()
    leb.clock.set(new Date('2027-01-30T01:00:00Z'))
    await sweepExpiry(leb)
    expect(await balance()).toEqual({ balance: 5_000n, held: 3_800n })
    await endsUntouched(placed, 'card_ended')
    await sweepExpiry(leb)
    expect((await balance()).held).toBe(0n)
    expect(await checkBooks(leb)).toMatchObject({ ok: true })
  })

  it('when its time is over, and then it is not delivered unpaid, whoever looks first', async () => {
    card = await seedCard(leb, { balance: 5_000n, expiresAt: new Date('2028-01-30T00:00:00Z') })
    const [late, swept] = [await order('SMS50'), await order('SMS50')]
    leb.clock.advance({ hours: 24 * 9 })
    await endsUntouched(late, 'not_set_aside')
    expect(await sweepHolds(leb)).toBe(1)
    await endsUntouched(swept, 'not_set_aside')
    expect(await balance()).toEqual({ balance: 5_000n, held: 0n })
    expect(await checkBooks(leb)).toMatchObject({ ok: true })
  })
})
