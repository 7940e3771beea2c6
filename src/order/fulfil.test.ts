import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { unzip } from '../../test/unzip.ts'
import { inIssuer } from '../platform/db.ts'
import { openLeases } from '../platform/leases.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import { exportAccount } from '../privacy/export-person.ts'
import { readPerson } from '../privacy/vault.ts'
import { lapseOrders } from './lapse-orders.ts'
import { orderPaidCommand, orderStatusCommand } from './order-commands.ts'
import { lookAtOrder } from './look-at-order.ts'

let leb: Outside
let shop: Shop
beforeEach(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterEach(() => leb.stop())

const asLeb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(leb.db, 'leb', work)
const steps = (orderId: string) =>
  asLeb((tx) =>
    tx.selectFrom('order_step').selectAll().where('order_id', '=', orderId).orderBy('intended_at').execute(),
  )

describe('a card', () => {
  it('is paid once and delivered once: profile, card, books, contract, invoice and mail', async () => {
    const placed = await shop.buy()
    const order = await shop.view(placed)
    expect(order).toMatchObject({ state: 'delivered', kind: 'card', zone: 'JP' })
    expect(order.activation).toMatch(/^LPA:1\$[\w.-]+\$[0-9A-Z-]{23}$/)
    expect(leb.world.sims.esim.confirmations(order.iccid!)).toBe(1)
    // 128.00 with 6 % in it.
    expect(await shop.books()).toEqual({
      cash_at_provider: -12_800n,
      deferred_revenue: 12_075n,
      tax_payable: 725n,
    })
    const [contract] = await asLeb((tx) =>
      tx.selectFrom('contract').selectAll().where('order_id', '=', placed.orderId).execute(),
    )
    const [invoice] = await asLeb((tx) =>
      tx.selectFrom('invoice').selectAll().where('order_id', '=', placed.orderId).execute(),
    )
    const [card] = await asLeb((tx) =>
      tx.selectFrom('card').selectAll().where('order_id', '=', placed.orderId).execute(),
    )
    expect(contract?.number).toBe(order.number)
    expect(card).toMatchObject({
      invoice_no: invoice!.number,
      plan: 'LEB3',
      state: 'open',
      data_left_mb: 3072n,
      paid_minor: 12_800n,
    })
    await leb.sendMails('leb')
    const person = await asLeb((tx) => readPerson(leb, tx, 'leb', order.holderId))
    const [mail] = leb.world.sims.mail.messages(person!.email!)
    const raw = mail?.raw ?? ''
    for (const name of ['esim.png', `contract-${order.number}.pdf`, `${invoice!.number}.pdf`])
      expect(raw).toContain(name)
    // Nothing personal, and nothing that opens the profile, outside the vault.
    const journal = JSON.stringify(await steps(placed.orderId))
    expect(journal).not.toContain(order.activation!.split('$')[2])
    expect(journal).not.toContain(person!.email)
    // And all of it is in what the holder may take along.
    const { account_id: accountId } = await asLeb((tx) =>
      tx
        .selectFrom('card')
        .select('account_id')
        .where('order_id', '=', placed.orderId)
        .executeTakeFirstOrThrow(),
    )
    const taken = unzip(await exportAccount(leb, { issuerId: 'leb', accountId }))
    expect(JSON.parse(taken.get('data.json')!)).toMatchObject({
      orders: [{ number: order.number, activation_code: order.activation }],
    })
    // Looked at again, nothing moves.
    await shop.hear(placed)
    await shop.look(placed)
    expect(leb.world.sims.esim.taken()).toBe(1)
    expect(await shop.books()).toMatchObject({ cash_at_provider: -12_800n })
  })

  it('with balance in its price puts that on the card, untaxed', async () => {
    const placed = await shop.buy({
      issuerId: 'roamly',
      live: 'DE',
      wanted: { kind: 'card', code: 'LEB7', zone: 'EU', currency: 'EUR' },
    })
    // 28.90, of which 2.00 is balance; 19 % in the rest.
    expect(await shop.books('roamly', 'EUR')).toEqual({
      cash_at_provider: -2890n,
      deferred_revenue: 2261n,
      tax_payable: 429n,
      holder_balance: 200n,
    })
    expect(await shop.view(placed, 'roamly')).toMatchObject({
      net: { amount: 2461n },
      tax: { amount: 429n },
    })
  })

  it('is delivered once by two workers at the same time', async () => {
    const placed = await shop.place()
    await shop.pay(placed)
    await shop.hear(placed)
    const other = openLeases(leb.databaseUrl)
    const look = { issuerId: 'leb', id: placed.orderId }
    await Promise.all([lookAtOrder(leb, leb.leases, look), lookAtOrder(leb, other, look)])
    await shop.look(placed)
    await other.close()
    expect((await shop.view(placed)).state).toBe('delivered')
    expect(leb.world.sims.esim.taken()).toBe(1)
  })

  it('survives an SM-DP+ that answers after we gave up', async () => {
    const placed = await shop.place()
    await shop.pay(placed)
    await shop.hear(placed)
    for (let n = 0; n < 3; n++) {
      leb.world.sims.esim.failures.set({ mode: n === 0 ? 'rubbish' : 'down', times: 1 })
      await shop.look(placed)
      expect((await shop.view(placed)).state).toBe('paid')
    }
    await shop.look(placed)
    expect(await shop.view(placed)).toMatchObject({ state: 'delivered' })
    expect(leb.world.sims.esim.taken()).toBe(1)
  })
})

describe('what is paid and can not be delivered goes back by itself', () => {
  const refundOf = async (orderId: string) => {
    const [part] = await asLeb((tx) =>
      tx.selectFrom('payout_part').selectAll().where('order_id', '=', orderId).execute(),
    )
    return part
  }

  it('because the SM-DP+ gives no profile', async () => {
    const placed = await shop.place({ wanted: { kind: 'card', code: 'LEB3', zone: 'EU', currency: 'EUR' } })
    await shop.pay(placed)
    await shop.hear(placed)
    leb.world.sims.esim.failures.set({ mode: 'refuse', times: 1 })
    await shop.look(placed)
    expect(await shop.view(placed)).toMatchObject({ state: 'refunded', refundReason: 'no_profile' })
    expect(await refundOf(placed.orderId)).toMatchObject({ state: 'paid', amount_minor: 1690n })
    expect(await shop.books('leb', 'EUR')).toEqual({})
    await leb.sendMails('leb')
    const order = await shop.view(placed)
    const person = await asLeb((tx) => readPerson(leb, tx, 'leb', order.holderId))
    expect(leb.world.sims.mail.messages(person!.email!)).toHaveLength(1)
    // And then the guest is forgotten.
    leb.clock.advance({ days: 31 })
    await lapseOrders(leb)
    expect(await asLeb((tx) => readPerson(leb, tx, 'leb', order.holderId))).toBeNull()
  })

  it('because it is sold no more', async () => {
    const placed = await shop.place({ wanted: { kind: 'card', code: 'LEB5', zone: 'EU', currency: 'EUR' } })
    await shop.pay(placed)
    await putCatalogue(leb, 'leb', { items: [], withdraw: ['LEB5'] })
    await shop.hear(placed)
    await shop.look(placed)
    expect(await shop.view(placed)).toMatchObject({ state: 'refunded', refundReason: 'item_withdrawn' })
    expect(leb.world.sims.esim.taken()).toBe(0)
    expect(await shop.books('leb', 'EUR')).toEqual({})
  })

  it('because the card began to close between order and payment', async () => {
    const card = await seedCard(leb, { currency: 'EUR', balance: 500n })
    const buyer = { kind: 'signed_in' as const, holderIds: [card.holderId] }
    const wanted = { kind: 'top_up' as const, cardId: card.cardId, amount: '20.00' }
    const placed = await shop.place({ wanted, buyer })
    await shop.pay(placed)
    await asLeb((tx) => tx.updateTable('card').set({ state: 'closing' }).execute())
    await shop.hear(placed)
    await shop.look(placed)
    expect(await shop.view(placed)).toMatchObject({ state: 'refunded', refundReason: 'card_closing' })
    expect(await shop.books('leb', 'EUR')).toEqual({ holder_balance: 500n, opening: -500n })
    await expect(shop.place({ wanted, buyer })).rejects.toMatchObject({ code: 'order/card_closing' })
  })

  it('and when the provider refuses the refund, it waits for staff and says so', async () => {
    const placed = await shop.place()
    await shop.pay(placed)
    await putCatalogue(leb, 'leb', { items: [], withdraw: ['LEB3'] })
    await shop.hear(placed)
    leb.world.sims.payment.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
    await shop.look(placed)
    expect(await shop.view(placed)).toMatchObject({ state: 'refunding', refundRoute: 'bank_transfer' })
    leb.world.sims.payment.failures.set(undefined)
    await shop.look(placed)
    expect((await shop.books())['refunds_payable']).toBe(12_800n)
    let said = ''
    const out = (text: string) => void (said += text)
    const paid = { number: placed.number, reference: 'TRF 17', json: false, out }
    await orderPaidCommand(leb, paid)
    await shop.look(placed)
    expect((await shop.view(placed)).state).toBe('refunded')
    expect(await shop.books()).toEqual({ cash_at_provider: -12_800n, cash_at_bank: 12_800n })
    await orderStatusCommand(leb, { number: placed.number, json: false, out })
    expect(said).toMatch(/refunded[\s\S]*refund +refused[\s\S]*refund +done[\s\S]*tell_refund/)
    await expect(orderPaidCommand(leb, paid)).rejects.toThrow(/waits for no transfer/)
  })
})

describe('a voucher', () => {
  const giveVoucher = async () => {
    const spent = await shop.place()
    await shop.pay(spent)
    await putCatalogue(leb, 'leb', { items: [], withdraw: ['LEB3'] })
    await shop.hear(spent)
    await asLeb((tx) => tx.updateTable('payment').set({ provider: 'voucher' }).execute())
    await shop.look(spent)
    return spent
  }

  it('that paid for what can not be delivered is given anew, and pays for something else', async () => {
    const refunded = await giveVoucher()
    const view = await shop.view(refunded)
    expect(view).toMatchObject({ state: 'refunded', refundRoute: 'voucher' })
    const wanted = { kind: 'card' as const, code: 'LEB5', zone: 'JP', currency: 'CNY' }
    const pay = { wanted, payBy: 'voucher' as const, voucherCode: view.voucherCode! }
    // 128.00 are not enough for 168.00.
    await expect(shop.place(pay)).rejects.toMatchObject({ code: 'order/voucher_wrong' })
    expect((await shop.books())['vouchers']).toBe(12_800n)
    const card = await seedCard(leb, { currency: 'CNY' })
    const buyer = { kind: 'signed_in' as const, holderIds: [card.holderId] }
    const topUp = { kind: 'top_up' as const, cardId: card.cardId, amount: '100.00' }
    const placed = await shop.place({ ...pay, wanted: topUp, buyer })
    expect((await shop.view(placed)).state).toBe('paid')
    await shop.look(placed)
    expect((await shop.view(placed)).state).toBe('delivered')
    expect((await shop.books())['vouchers']).toBe(2_800n)
  })
})

describe('a top-up', () => {
  it('adds to the balance, exactly what was paid, and its payment counts for the card', async () => {
    const card = await seedCard(leb, { currency: 'KWD', balance: 1_000n })
    const buyer = { kind: 'signed_in' as const, holderIds: [card.holderId] }
    const placed = await shop.buy({ wanted: { kind: 'top_up', cardId: card.cardId, amount: '5.250' }, buyer })
    expect(await shop.view(placed)).toMatchObject({ state: 'delivered', gross: { amount: 5_250n } })
    expect(await shop.books('leb', 'KWD')).toMatchObject({ holder_balance: 6_250n })
    const payments = await asLeb((tx) =>
      tx.selectFrom('payment').select('amount_minor').where('card_id', '=', card.cardId).execute(),
    )
    expect(payments.map((payment) => payment.amount_minor)).toContain(5_250n)
    // Its invoice says that nothing was supplied yet, not that something is exempt.
    const [invoice] = await asLeb((tx) =>
      tx.selectFrom('invoice').select(['content', 'xml']).where('order_id', '=', placed.orderId).execute(),
    )
    expect(invoice!.content).toMatchObject({ taxes: [{ category: 'O', tax: '0' }] })
    expect(invoice!.xml).toContain('<ram:CategoryCode>O<')
  })
})

describe('an add-on', () => {
  it('gives buckets of its own, or more days', async () => {
    const card = await seedCard(leb, { currency: 'CNY' })
    const buyer = { kind: 'signed_in' as const, holderIds: [card.holderId] }
    await shop.buy({ wanted: { kind: 'add_on', cardId: card.cardId, code: 'DATA1G' }, buyer })
    const buckets = await asLeb((tx) => tx.selectFrom('bucket').selectAll().execute())
    expect(buckets).toMatchObject([{ kind: 'data', left_units: 1024n, card_id: card.cardId }])
    await shop.buy({ wanted: { kind: 'add_on', cardId: card.cardId, code: 'DAYS3' }, buyer })
    const [row] = await asLeb((tx) =>
      tx.selectFrom('card').select(['more_days', 'expires_at']).where('card_id', '=', card.cardId).execute(),
    )
    // Not used yet: its days begin with the first use.
    expect(row).toMatchObject({ more_days: 3, expires_at: new Date('2027-01-30T00:00:00Z') })
    expect((await shop.books())['deferred_revenue']).toBeGreaterThan(0n)
  })

  it('counts days from now for a card that has ended', async () => {
    const card = await seedCard(leb, { currency: 'CNY' })
    const ended = new Date(leb.clock.now().getTime() - 9 * 86_400_000)
    await asLeb((tx) =>
      tx
        .updateTable('card')
        .set({ activated_at: new Date(ended.getTime() - 3 * 86_400_000), expires_at: ended })
        .where('card_id', '=', card.cardId)
        .execute(),
    )
    const buyer = { kind: 'signed_in' as const, holderIds: [card.holderId] }
    await shop.buy({ wanted: { kind: 'add_on', cardId: card.cardId, code: 'DAYS3' }, buyer })
    const [row] = await asLeb((tx) =>
      tx.selectFrom('card').select('expires_at').where('card_id', '=', card.cardId).execute(),
    )
    expect(row).toEqual({ expires_at: new Date(leb.clock.now().getTime() + 3 * 86_400_000) })
  })
})
