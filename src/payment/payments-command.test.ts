import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { awaitingOrder, books, newNumber, workOffPayments } from './orders.fixture.ts'
import {
  chargebacksCommand,
  matchCommand,
  refundCommand,
  returnedCommand,
  unmatchedCommand,
} from './payments-command.ts'
import { lookAtPayment } from './look-at-payment.ts'
import { sweepPayments } from './sweep-payments.ts'
import { receivePayment } from './receive-payment.ts'

let leb: Outside
let card: Seeded
beforeAll(async () => {
  leb = await openOutside()
  card = await seedCard(leb)
})
afterAll(() => leb.stop())

let said = ''
const out = (text: string) => void (said += text)
const unmatched = async () => {
  said = ''
  await unmatchedCommand(leb, { json: true, out })
  return (JSON.parse(said) as { unmatched: { receipt: string; state: string; refusal: string | null }[] })
    .unmatched
}
/** Money of an order that nobody knows; answers the receipt's id. */
const stray = async (provider: 'stripe' | 'bank', ref: string) => {
  await inIssuer(leb.db, 'leb', (tx) =>
    receivePayment(leb, tx, {
      issuerId: 'leb',
      provider,
      ref,
      orderNumber: newNumber(leb),
      amount: 2_000n,
      currency: 'CNY',
      at: leb.clock.now(),
    }),
  )
  return (await unmatched()).at(-1)!.receipt
}

it('matches money to an order that waits for it, once', async () => {
  const receipt = await stray('bank', 'line-1')
  const order = await awaitingOrder(leb, card, { payBy: 'bank' })
  const other = await awaitingOrder(leb, card, { payBy: 'bank', gross: 2_001n })
  await expect(matchCommand(leb, { receipt, order: other.number })).rejects.toThrow(/amount_differs/)
  await expect(matchCommand(leb, { receipt, order: 'LEB-ORD-X' })).rejects.toThrow(
    /no order with this number/,
  )
  expect(await matchCommand(leb, { receipt, order: order.number, json: true, out })).toBe(0)
  await expect(matchCommand(leb, { receipt, order: order.number })).rejects.toThrow(/settled already/)
  expect(await books(leb)).toEqual({ cash_at_bank: -2_000n, orders_in_hand: 2_000n })
  expect(await unmatched()).toEqual([])
})

it('notes what staff sent back, and does not send it twice', async () => {
  const receipt = await stray('bank', 'line-2')
  await expect(refundCommand(leb, { receipt })).rejects.toThrow(/can’t go back through the payment provider/)
  await returnedCommand(leb, { receipt, reference: 'ICBC-7', out })
  await expect(returnedCommand(leb, { receipt, reference: 'ICBC-7' })).rejects.toThrow(/settled already/)
  expect(await books(leb)).toEqual({ cash_at_bank: -2_000n, orders_in_hand: 2_000n })
})

it('asks the provider once more after a refusal, under a key of its own', async () => {
  leb.world.sims.payment.seed([{ id: 'pi_stray', amount: 2_000, currency: 'cny' }])
  const receipt = await stray('stripe', 'pi_stray')
  leb.world.sims.payment.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  await refundCommand(leb, { receipt, out })
  await workOffPayments(leb)
  leb.world.sims.payment.failures.set(undefined)
  expect(await unmatched()).toMatchObject([{ state: 'refunding', refusal: 'charged_back' }])
  await lookAtPayment(leb, { issuerId: 'leb', id: `receipt:${receipt}` })
  expect(leb.world.sims.payment.refunds('pi_stray')).toEqual([])
  await refundCommand(leb, { receipt, out })
  await workOffPayments(leb)
  expect(leb.world.sims.payment.refunds('pi_stray')).toMatchObject([
    { amount: 2_000, metadata: { leb_key: `receipt:${receipt}:1` } },
  ])
  expect(await unmatched()).toEqual([])
  expect(await books(leb)).toEqual({ cash_at_bank: -2_000n, orders_in_hand: 2_000n })
})

const toSupport = () =>
  leb.world.sims.mail
    .messages('help@leb.example')
    .filter(({ raw }) => raw.includes('Subject: Money that waits for you'))

it('tells support once an hour what waits for them', async () => {
  await stray('bank', 'line-4')
  leb.clock.advance({ hours: 2 })
  await sweepPayments(leb)
  await stray('bank', 'line-5')
  await sweepPayments(leb)
  await leb.sendMails('leb')
  const mails = toSupport()
  expect(mails).toHaveLength(1)
  leb.clock.advance({ hours: 2 })
  await sweepPayments(leb)
  await sweepPayments(leb)
  leb.clock.advance({ hours: 2 })
  await sweepPayments(leb)
  await leb.sendMails('leb')
  const all = toSupport()
  expect(all).toHaveLength(2)
})

it('lists in words and as data, and knows what it does not know', async () => {
  await stray('bank', 'line-3')
  said = ''
  await unmatchedCommand(leb, { issuer: 'leb', out })
  expect(said).toMatch(
    /20\.00 CNY {2}bank line-3\n {2}names no order that we know \(LEB-ORD-\S+\): waits for you/,
  )
  await expect(unmatchedCommand(leb, { issuer: 'nobody' })).rejects.toThrow(/not set up/)
  await expect(refundCommand(leb, { receipt: 'x' })).rejects.toThrow(
    /^There is no such unmatched money\. See what there is with leb payments unmatched\.$/,
  )
  await expect(refundCommand(leb, { receipt: leb.ids.next() })).rejects.toThrow(/no such unmatched money/)
  leb.world.sims.payment.seed([{ id: card.paymentRef, amount: 20_000, currency: 'cny' }])
  const { id } = leb.world.sims.payment.disputes.open(card.paymentRef, { amount: 500 })!
  await lookAtPayment(leb, { issuerId: 'leb', id })
  said = ''
  await chargebacksCommand(leb, { out })
  expect(said).toContain(`${id}  open  5.00 CNY (5.00 off the card)  card ${card.iccid}`)
})
