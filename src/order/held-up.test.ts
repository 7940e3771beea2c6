import { simpleParser } from 'mailparser'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { putIssuer } from '../issuer/issuer.ts'
import { receivePayment } from '../payment/receive-payment.ts'
import { sweepPayments } from '../payment/sweep-payments.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import { inIssuer } from '../platform/db.ts'
import { readPerson } from '../privacy/vault.ts'
import { isGivenUp } from './held-up.ts'
import { moneyThatWaits, nameOrderAccount } from './name-account.ts'
import { orderPath } from './order-token.ts'
import type { Placed } from './place-order.ts'
import { takeUpOrder } from './order-case.ts'
import { orderPaidCommand, orderStatusCommand } from './order-commands.ts'
import { tellHeldUp } from './tell-held-up.ts'

let leb: Outside
let shop: Shop
beforeEach(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterEach(() => leb.stop())

const issuer = () => leb.issuers.find(({ issuerId }) => issuerId === 'leb')!
/** Somebody takes the seller's details out of the settings after the money came: no invoice can be issued. */
const withoutSeller = async () => {
  const { seller: _seller, ...brand } = issuer().brand
  await putIssuer(leb.db, { ...issuer(), brand }, leb.clock.now())
}
const mended = () => putIssuer(leb.db, issuer(), leb.clock.now())
const paid = async () => {
  const placed = await shop.place()
  await shop.pay(placed)
  await shop.hear(placed)
  await withoutSeller()
  await expect(shop.look(placed)).rejects.toThrow('invoice/seller_incomplete')
  return placed
}
const status = async (number: string, json = false) => {
  let said = ''
  await orderStatusCommand(leb, { number, json, out: (text) => void (said += text) })
  return said
}
/** What its buyer has got, newest last. */
const buyerMails = async (placed: Placed) => {
  await leb.sendMails('leb')
  const { holderId } = await shop.view(placed)
  const person = await inIssuer(leb.db, 'leb', (tx) => readPerson(leb, tx, 'leb', holderId))
  const mails = await Promise.all(
    leb.world.sims.mail.messages(person!.email!).map(({ raw }) => simpleParser(raw)),
  )
  return mails.map(({ subject, text, replyTo }) => ({
    subject: subject!,
    text: text!,
    replyTo: replyTo?.text,
  }))
}
const staffMails = async () => {
  await sweepPayments(leb)
  await leb.sendMails('leb')
  return leb.world.sims.mail.messages(issuer().brand.supportEmail).map(({ raw }) => raw)
}

it('says whose turn it is, tells staff once, and delivers as soon as it is mended', async () => {
  const placed = await paid()
  expect(await status(placed.number)).toContain(
    'held up since 2026-11-22T10:00:00.000Z by invoice/seller_incomplete',
  )
  expect(await status(placed.number)).toContain('your turn')
  expect(JSON.parse(await status(placed.number, true))).toMatchObject({
    heldUp: { reason: 'invoice/seller_incomplete', owner: 'staff', givenBackAt: '2026-11-24T10:00:00.000Z' },
  })
  expect((await shop.view(placed)).heldUp).toMatchObject({ givenBackAt: new Date('2026-11-24T10:00:00Z') })
  const [mail, ...more] = await staffMails()
  expect(mail).toContain(placed.number)
  expect(more).toEqual([])
  leb.clock.advance({ hours: 47 })
  await expect(shop.look(placed)).rejects.toThrow('invoice/seller_incomplete')
  expect((await staffMails()).length).toBe(1)
  await mended()
  await shop.look(placed)
  expect(await shop.view(placed)).toMatchObject({ state: 'delivered', heldUp: null })
})

it('gives the money back by itself after the hours that policy names when nobody mends it', async () => {
  const placed = await paid()
  leb.clock.advance({ hours: 48 })
  await shop.look(placed)
  const order = await shop.view(placed)
  expect(order).toMatchObject({ state: 'refunded', refundReason: 'not_deliverable', heldUp: null })
  expect(await shop.books()).toEqual({})
  const sim = leb.world.sims.payment
  expect(sim.refunds(sim.checkout.all().at(-1)!.payment_intent!)).toHaveLength(1)
  const rows = await inIssuer(leb.db, 'leb', async (tx) => ({
    cards: await tx.selectFrom('card').selectAll().where('order_id', '=', placed.orderId).execute(),
    papers: await tx.selectFrom('invoice').selectAll().where('order_id', '=', placed.orderId).execute(),
    person: await readPerson(leb, tx, 'leb', order.holderId),
  }))
  expect(rows.cards).toEqual([])
  expect(rows.papers).toEqual([])
  await leb.sendMails('leb')
  expect(leb.world.sims.mail.messages(rows.person!.email!).at(-1)?.raw).toContain(placed.number)
})

it('is held up by an SM-DP+ that says nothing too: staff and buyer hear of it, and the money goes back in time', async () => {
  const placed = await shop.place()
  await shop.pay(placed)
  await shop.hear(placed)
  leb.world.sims.esim.failures.set({ mode: 'down' })
  await shop.look(placed)
  expect((await shop.view(placed)).heldUp).toBeNull()
  leb.clock.advance({ seconds: 15 * 60 })
  await shop.look(placed)
  const { heldUp, holderId } = await shop.view(placed)
  expect(heldUp).toMatchObject({
    reason: 'provider_silent',
    givenBackAt: new Date('2026-11-24T10:15:00Z'),
  })
  expect((await staffMails()).at(-1)).toContain(placed.number)
  for (const seconds of [3_599, 1, 60]) {
    leb.clock.advance({ seconds })
    await tellHeldUp(leb)
  }
  await leb.sendMails('leb')
  const person = await inIssuer(leb.db, 'leb', (tx) => readPerson(leb, tx, 'leb', holderId))
  const mails = leb.world.sims.mail.messages(person!.email!)
  expect(mails.map(({ raw }) => raw.includes(placed.number))).toEqual([true])
  leb.clock.advance({ hours: 47 })
  await shop.look(placed)
  expect(await shop.view(placed)).toMatchObject({ state: 'refunded', refundReason: 'not_deliverable' })
  expect(await shop.books()).toEqual({})
})

it('retires in the end what an SM-DP+ set aside whose answer was lost, and lets the money not wait for that', async () => {
  const placed = await shop.place()
  await shop.pay(placed)
  await shop.hear(placed)
  const { failures } = leb.world.sims.esim
  failures.set({ mode: 'rubbish', times: 1 })
  failures.set({ mode: 'down' })
  await shop.look(placed)
  leb.clock.advance({ seconds: 15 * 60 })
  await shop.look(placed)
  leb.clock.advance({ hours: 48 })
  await shop.look(placed)
  expect(await shop.view(placed)).toMatchObject({ state: 'refunded', refundReason: 'not_deliverable' })
  expect(leb.world.sims.esim.taken()).toBe(1)
  failures.set(undefined)
  await shop.look(placed)
  expect(await shop.view(placed)).toMatchObject({ state: 'refunded', refundReason: 'not_deliverable' })
  const { iccid } = await reserved(placed.orderId)
  expect(leb.world.sims.esim.cancellations(iccid)).toBe(1)
  expect(leb.world.sims.esim.taken()).toBe(1)
  // And there the order rests.
  expect(await takeUpOrder(leb, 'leb', placed.orderId)).toBeUndefined()
})

it('retires nothing when the SM-DP+ then says that it set none aside', async () => {
  const placed = await shop.place()
  await shop.pay(placed)
  await shop.hear(placed)
  const { failures } = leb.world.sims.esim
  failures.set({ mode: 'down' })
  await shop.look(placed)
  leb.clock.advance({ seconds: 15 * 60 })
  await shop.look(placed)
  leb.clock.advance({ hours: 48 })
  await shop.look(placed)
  failures.set(undefined)
  failures.set({ mode: 'refuse' })
  await shop.look(placed)
  expect(await shop.view(placed)).toMatchObject({ state: 'refunded', refundReason: 'not_deliverable' })
  expect(await takeUpOrder(leb, 'leb', placed.orderId)).toBeUndefined()
})

it('tells staff again when something else holds it up, and keeps the day that the buyer was told', async () => {
  const placed = await paid()
  expect(await staffMails()).toHaveLength(1)
  await mended()
  leb.clock.advance({ hours: 40 })
  const told = (await takeUpOrder(leb, 'leb', placed.orderId))!
  await isGivenUp(leb, told, coded('EACCES'))
  expect(await staffMails()).toHaveLength(2)
  expect(await staffMails()).toHaveLength(2)
  expect((await shop.view(placed)).heldUp).toMatchObject({
    reason: 'broken',
    givenBackAt: new Date('2026-11-24T10:00:00Z'),
  })
})

it('tells staff of money that is transferred once they can send it, or its buyer has kept silent, with what ends it', async () => {
  const placed = await shop.place()
  await shop.pay(placed)
  await putCatalogue(leb, 'leb', { items: [], withdraw: ['LEB3'] })
  await shop.hear(placed)
  leb.world.sims.payment.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  await shop.look(placed)
  leb.world.sims.payment.failures.set(undefined)
  expect(await shop.view(placed)).toMatchObject({ state: 'refunding', refundRoute: 'bank_transfer' })
  const mailed = await buyerMails(placed)
  expect(mailed.map(({ subject }) => subject)).toEqual([expect.stringContaining(placed.number)])
  expect(mailed[0]!.text).toContain('¥128.00 应退还给您，但无法原路退回')
  expect(mailed[0]!.text).toContain(orderPath('zh-CN', { issuerId: 'leb', ...placed }))
  expect(mailed[0]!.replyTo).toBe(issuer().brand.supportEmail)
  // While its buyer is asked, nobody else has anything to do.
  expect(await staffMails()).toEqual([])
  leb.clock.advance({ days: 14, seconds: 60 })
  expect(await staffMails()).toEqual([expect.stringMatching(/asked for a bank account over two weeks ago/)])
  leb.clock.advance({ hours: 2 })
  expect(await staffMails()).toHaveLength(1)
  const waiting = moneyThatWaits(await shop.view(placed))
  const account = { iban: 'DE89370400440532013000', name: 'Li Lei' }
  await nameOrderAccount(leb, { issuerId: 'leb', ...placed, waiting, ...account })
  const mails = await staffMails()
  expect(mails).toHaveLength(2)
  expect(mails.at(-1)).toContain(placed.number)
  expect(mails.at(-1)).toContain('leb payout file')
  expect(mails.at(-1)).toContain('leb order paid')
  const paid = { number: placed.number, reference: 'TRF 21', json: false, out: () => undefined }
  await orderPaidCommand(leb, paid)
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunded')
  expect((await buyerMails(placed)).at(-1)!.text).toContain('已转入您的银行账户')
})

it('does not ask for an account any more when the money went before the mail', async () => {
  const bank = { ...issuer().providers, payouts: { name: 'Sample', iban: 'DE89370400440532013000' } }
  issuer().providers = bank
  await mended()
  const placed = await shop.place({ payBy: 'bank' })
  await leb.sendMails('leb')
  await inIssuer(leb.db, 'leb', (tx) =>
    receivePayment(leb, tx, {
      issuerId: 'leb',
      provider: 'bank',
      ref: 'line 1',
      orderId: placed.orderId,
      amount: 12_800n,
      currency: 'CNY',
      at: leb.clock.now(),
    }),
  )
  await putCatalogue(leb, 'leb', { items: [], withdraw: ['LEB3'] })
  await shop.look(placed)
  await orderPaidCommand(leb, { number: placed.number, reference: 'T 1', json: false, out: () => undefined })
  await shop.look(placed)
  const subjects = (await buyerMails(placed)).map(({ subject }) => subject)
  expect(subjects).toEqual([`订单 ${placed.number}：请转账 ¥128.00`, `订单 ${placed.number} 未能交付`])
})

it('holds nothing up for a database that went away, which says so without a code too', async () => {
  const placed = await shop.place()
  await shop.pay(placed)
  await shop.hear(placed)
  const told = (await takeUpOrder(leb, 'leb', placed.orderId))!
  const noSocket = Object.assign(coded('ENOENT'), { syscall: 'connect' })
  const ways = [
    new Error('Connection terminated unexpectedly'),
    coded('57P01'),
    coded('ECONNRESET'),
    noSocket,
  ]
  for (const lost of ways) expect(await isGivenUp(leb, told, lost)).toBe(false)
  expect((await shop.view(placed)).heldUp).toBeNull()
  // A key's file that is missing is ours to mend.
  await isGivenUp(leb, told, Object.assign(coded('ENOENT'), { syscall: 'open' }))
  expect((await shop.view(placed)).heldUp).toMatchObject({ reason: 'broken' })
})

const reserved = (orderId: string) =>
  inIssuer(leb.db, 'leb', async (tx) => {
    const { answer } = await tx
      .selectFrom('order_step')
      .select('answer')
      .where('order_id', '=', orderId)
      .where('step', '=', 'reserve_profile')
      .where('state', '=', 'done')
      .executeTakeFirstOrThrow()
    return answer as { iccid: string }
  })

const coded = (code: string) => Object.assign(new Error('gone'), { code })
