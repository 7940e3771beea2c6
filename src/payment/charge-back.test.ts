import { afterAll, beforeEach, expect, it } from 'vitest'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { freezeBalance, houseAccount, lockCardBalance } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import { reasonWording } from '../ledger/reasons.ts'
import { readStatement } from '../ledger/statement.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { lookAtPayment } from './look-at-payment.ts'
import { openMoneyStage } from './money-stage.fixture.ts'
import { awaitingOrder, books, openPage, pay, workOffPayments } from './orders.fixture.ts'
import { listUnmatched } from './receipts.ts'
import { matchReceipt } from './unmatched.ts'

const { leb, sim, mark, moved, heard, close } = await openMoneyStage({ books })
afterAll(close)
beforeEach(mark)

const balanceOf = ({ cardId }: Seeded) =>
  inIssuer(leb.db, 'leb', async (tx) => (await lockCardBalance(tx, { issuerId: 'leb', cardId })).amount)
const paymentOf = (ref: string) =>
  inIssuer(leb.db, 'leb', (tx) =>
    tx.selectFrom('payment').selectAll().where('provider_ref', '=', ref).executeTakeFirstOrThrow(),
  )
/** A card with this balance, and its payment of 200.00 at the provider. */
const soldCard = async (balance: bigint) => {
  const card = await seedCard(leb, { balance })
  sim.seed([{ id: card.paymentRef, amount: 20_000, currency: 'cny' }])
  return card
}

it('takes a charged-back payment off the balance as far as it goes, the rest is our loss', async () => {
  const card = await soldCard(8_640n)
  sim.disputes.open(card.paymentRef)
  await heard()
  expect(await balanceOf(card)).toBe(0n)
  const statement = await inIssuer(leb.db, 'leb', (tx) =>
    readStatement(tx, { issuerId: 'leb', cardId: card.cardId }, { limit: 1 }),
  )
  const [line] = statement!.lines
  expect(line).toMatchObject({ amount: -8_640n, after: 0n })
  expect(reasonWording(line!.reason).en).toBe('Payment taken back by your bank')
  expect(await moved()).toEqual({ cash_at_provider: 20_000n, chargebacks: -11_360n })
  expect(await paymentOf(card.paymentRef)).toMatchObject({ charged_back_minor: 20_000n })
})

it('books once what many events tell, and gives it back to the card when the dispute is won', async () => {
  const card = await soldCard(8_640n)
  sim.webhooks.hold()
  const { id } = sim.disputes.open(card.paymentRef, { amount: 5_000 })!
  sim.webhooks.release({ copies: 3, reversed: true })
  await heard()
  expect(await balanceOf(card)).toBe(3_640n)
  expect(await moved()).toEqual({ cash_at_provider: 5_000n })
  expect(await paymentOf(card.paymentRef)).toMatchObject({ charged_back_minor: 5_000n })
  sim.disputes.close(id, 'won')
  await heard()
  for (const event of sim.webhooks.events()) sim.webhooks.replay(event.id)
  await heard()
  await lookAtPayment(leb, { issuerId: 'leb', id })
  expect(await balanceOf(card)).toBe(8_640n)
  expect(await moved()).toEqual({})
  expect(await paymentOf(card.paymentRef)).toMatchObject({ charged_back_minor: 0n })
})

it('lets a lost dispute stay as it was booked, and asks nothing of an inquiry', async () => {
  const card = await soldCard(8_640n)
  sim.disputes.open(card.paymentRef, { inquiry: true })
  await heard()
  expect(await moved()).toEqual({})
  const { id } = sim.disputes.open(card.paymentRef, { amount: 1_000 })!
  await heard()
  sim.disputes.close(id, 'lost')
  await heard()
  expect(await balanceOf(card)).toBe(7_640n)
  const rows = await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('chargeback')
      .select(['state', 'holder_minor'])
      .where('card_id', '=', card.cardId)
      .execute(),
  )
  expect(rows).toEqual([{ state: 'lost', holder_minor: 1_000n }])
})

it('takes it off a balance that is frozen for closing, before it can be paid out as well', async () => {
  const card = await soldCard(8_640n)
  await inIssuer(leb.db, 'leb', (tx) => freezeBalance(leb, tx, { issuerId: 'leb', cardId: card.cardId }))
  sim.disputes.open(card.paymentRef, { amount: 8_000 })
  await heard()
  expect(await balanceOf(card)).toBe(640n)
})

it('owes the holder what was won after the card was closed', async () => {
  const card = await soldCard(8_640n)
  const { id } = sim.disputes.open(card.paymentRef, { amount: 5_000 })!
  await heard()
  await inIssuer(leb.db, 'leb', async (tx) => {
    const of = { issuerId: 'leb', currency: 'CNY' }
    const balance = await lockCardBalance(tx, { issuerId: 'leb', cardId: card.cardId })
    const owed = await houseAccount(leb, tx, { ...of, kind: 'refunds_payable' })
    await post(leb, tx, {
      issuerId: 'leb',
      key: `test:${card.cardId}`,
      reason: 'closure_settlement',
      entries: [
        { accountId: balance.accountId, amount: -balance.amount },
        { accountId: owed, amount: balance.amount },
      ],
      close: [balance.accountId],
    })
  })
  sim.disputes.close(id, 'won')
  await heard()
  expect(await moved()).toEqual({ refunds_payable: 3_640n, unmatched_receipts: 5_000n })
  const waiting = await inIssuer(leb.db, 'leb', (tx) => listUnmatched(tx, 'leb'))
  expect(waiting).toMatchObject([{ reason: 'chargeback_won', amount: 5_000n, providerRef: card.paymentRef }])
  // Its payment is the card's: it pays for nothing else.
  const other = await awaitingOrder(leb, await soldCard(0n), { gross: 5_000n, open: false })
  const match = { issuerId: 'leb', receiptId: waiting[0]!.receiptId, orderNumber: other.number }
  await expect(inIssuer(leb.db, 'leb', (tx) => matchReceipt(leb, tx, match))).rejects.toMatchObject({
    code: 'payments/order_unfit',
  })
})

/** As src/order/steps/owe-back.ts leaves it. */
const owed = async (
  tx: Tx,
  orderId: string,
  part: { route: string; amount_minor: bigint; state: string; payment_id?: string },
) => {
  await tx
    .insertInto('payout_part')
    .values({ issuer_id: 'leb', part_id: orderId, order_id: orderId, ord: 1, currency: 'CNY', ...part })
    .execute()
  await tx.updateTable('purchase_order').set({ state: 'refunded' }).where('order_id', '=', orderId).execute()
}

it('owes nothing more when a dispute is won about an order that had been given back before it', async () => {
  const bought = await awaitingOrder(leb, await soldCard(700n))
  await pay(bought)
  await heard()
  const payment = sim.checkout.find(bought.ref)!.payment_intent!
  const { payment_id } = await paymentOf(payment)
  await inIssuer(leb.db, 'leb', (tx) =>
    owed(tx, bought.orderId, { route: 'original_payment', amount_minor: 2_000n, state: 'paid', payment_id }),
  )
  await mark()
  const { id } = sim.disputes.open(payment)!
  await heard()
  expect(await moved()).toEqual({ cash_at_provider: 2_000n, chargebacks: -2_000n })
  sim.disputes.close(id, 'won')
  await heard()
  expect(await moved()).toEqual({})
})

it('owes nothing beside an order whose refund is still to be reckoned when the dispute is won', async () => {
  const bought = await awaitingOrder(leb, await soldCard(700n))
  await pay(bought)
  await heard()
  const { id } = sim.disputes.open(sim.checkout.find(bought.ref)!.payment_intent!)!
  await heard()
  await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .updateTable('purchase_order')
      .set({ state: 'refunding' })
      .where('order_id', '=', bought.orderId)
      .execute(),
  )
  sim.disputes.close(id, 'won')
  await heard()
  // All of it is in hand, and goes back from there.
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, orders_in_hand: 2_000n })
})

it('owes the payer what was won after his order had been given back as nothing', async () => {
  const bought = await awaitingOrder(leb, await soldCard(700n))
  await pay(bought)
  await heard()
  const payment = sim.checkout.find(bought.ref)!.payment_intent!
  const { id } = sim.disputes.open(payment)!
  await heard()
  expect(await moved()).toEqual({ orders_in_hand: 2_000n, chargebacks: -2_000n })
  await inIssuer(leb.db, 'leb', async (tx) => {
    // As src/order/steps/owe-back.ts does it.
    const house = (kind: 'orders_in_hand' | 'chargebacks') =>
      houseAccount(leb, tx, { issuerId: 'leb', kind, currency: 'CNY' })
    await post(leb, tx, {
      issuerId: 'leb',
      key: `${bought.orderId}:owe_back`,
      reason: 'order_refunded',
      entries: [
        { accountId: await house('orders_in_hand'), amount: -2_000n },
        { accountId: await house('chargebacks'), amount: 2_000n },
      ],
    })
    await owed(tx, bought.orderId, { route: 'nothing', amount_minor: 0n, state: 'paid' })
  })
  expect(await moved()).toEqual({})
  sim.disputes.close(id, 'won')
  await heard()
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, unmatched_receipts: 2_000n })
})

it('lets money that nobody had ordered go again, and come back', async () => {
  await pay(await openPage(leb, { orderId: leb.ids.next(), number: leb.ids.readable() }))
  await sim.webhooks.idle()
  leb.clock.advance({ seconds: 16 * 60 })
  await workOffPayments(leb)
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, unmatched_receipts: 2_000n })
  const { id } = sim.disputes.open(sim.checkout.all().at(-1)!.payment_intent!)!
  await heard()
  expect(await moved()).toEqual({})
  sim.disputes.close(id, 'won')
  await heard()
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, unmatched_receipts: 2_000n })
})

it('keeps what nobody had ordered for its payer when the bank takes only a part of it', async () => {
  await pay(await openPage(leb, { orderId: leb.ids.next(), number: leb.ids.readable() }))
  await sim.webhooks.idle()
  leb.clock.advance({ seconds: 16 * 60 })
  await workOffPayments(leb)
  const { id } = sim.disputes.open(sim.checkout.all().at(-1)!.payment_intent!, { amount: 500 })!
  await heard()
  expect(await moved()).toEqual({
    cash_at_provider: -1_500n,
    chargebacks: -500n,
    unmatched_receipts: 2_000n,
  })
  sim.disputes.close(id, 'won')
  await heard()
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, unmatched_receipts: 2_000n })
})

it('waits for the payment that a dispute has overtaken', async () => {
  const card = await soldCard(0n)
  const bought = await awaitingOrder(leb, card)
  sim.webhooks.hold()
  await pay(bought, 'dispute')
  sim.webhooks.lose()
  await lookAtPayment(leb, { issuerId: 'leb', id: sim.disputes.all().at(-1)!.id })
  expect(await moved()).toEqual({})
  await workOffPayments(leb)
  expect(await moved()).toEqual({ orders_in_hand: 2_000n, chargebacks: -2_000n })
})

it('counts no dispute of others, and none in a currency that was not paid', async () => {
  sim.seed([{ id: 'pi_others', amount: 500, currency: 'cny' }])
  sim.disputes.open('pi_others')
  const card = await seedCard(leb, { balance: 8_640n })
  sim.seed([{ id: card.paymentRef, amount: 20_000, currency: 'eur' }])
  sim.disputes.open(card.paymentRef)
  await heard()
  expect(await moved()).toEqual({})
  const outcomes = await inIssuer(leb.db, 'leb', (tx) =>
    tx.selectFrom('provider_event').select('outcome').distinct().execute(),
  )
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(
    expect.arrayContaining(['not_ours', 'currency_differs']),
  )
})
