import { declareClosure } from '../../src/closure/declare.ts'
import { orderPaidCommand } from '../../src/order/order-commands.ts'
import { lapseOrders } from '../../src/order/lapse-orders.ts'
import type { Placed } from '../../src/order/place-order.ts'
import { putIssuer } from '../../src/issuer/issuer.ts'
import { receivePayment } from '../../src/payment/receive-payment.ts'
import { putCatalogue } from '../../src/plan/put-catalogue.ts'
import { putSampleCatalogue } from '../../src/plan/sample-catalogue.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { openShop, type Shop } from '../orders.ts'
import type { Outside } from '../outside.ts'

/**
 * A card bought in Germany, used for a day, topped up and closed: its papers are invoices, contracts, a credit note and
 * a closing statement. Answers its id.
 */
export async function cardWithPapers(leb: Outside, shop: Shop, email: string): Promise<string> {
  const roamly = leb.issuers.find(({ issuerId }) => issuerId === 'roamly')!
  const money = { ...roamly.rules.money, unused_plan: 'by_day' as const }
  await putIssuer(leb.db, { ...roamly, rules: { ...roamly.rules, money } }, leb.clock.now())
  const issuerId = 'roamly'
  const wanted = { kind: 'card' as const, code: 'LEB3', zone: 'JP', currency: 'EUR' }
  const buyer = { kind: 'guest' as const, email, name: 'Jürgen Grün', live: 'DE' }
  const placed = await shop.buy({ issuerId, live: 'DE', wanted, buyer })
  const card = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('card as c')
      .innerJoin('account as a', (j) =>
        j.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.account_id', '=', 'c.account_id'),
      )
      .select(['c.card_id', 'c.account_id', 'a.holder_id'])
      .where('c.order_id', '=', placed.orderId)
      .executeTakeFirstOrThrow(),
  )
  const { card_id: cardId, account_id: accountId, holder_id: holderId } = card
  const signedIn = { kind: 'signed_in' as const, holderIds: [holderId] }
  await shop.buy({
    issuerId,
    live: 'DE',
    wanted: { kind: 'top_up', cardId, amount: '20.00' },
    buyer: signedIn,
  })
  await inIssuer(leb.db, issuerId, (tx) =>
    tx.updateTable('card').set({ activated_at: leb.clock.now() }).where('card_id', '=', cardId).execute(),
  )
  leb.clock.advance({ hours: 20 })
  const { closureId } = await declareClosure(leb, {
    issuerId,
    accountId,
    cardIds: [cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'Europe/Berlin',
    receivedBy: 'portal',
    identity: 'issuer_decision',
  })
  await leb.look(issuerId, closureId)
  return cardId
}

/** Orders in every state that a buyer hardly ever sees, by name. Moves the clock by a day. */
export async function rareOrders(leb: Outside): Promise<{ shop: Shop; orders: Record<string, Placed> }> {
  const shop = await openShop(leb)
  const stored = leb.issuers.find(({ issuerId }) => issuerId === 'leb')!
  const payouts = { name: 'Sample Travel Cards Limited', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' }
  const issuer = { ...stored, providers: { ...stored.providers, payouts } }
  await putIssuer(leb.db, issuer, leb.clock.now())
  stored.providers = issuer.providers
  const { failures } = leb.world.sims.payment

  const lapsed = await shop.place()
  leb.clock.advance({ hours: 25 })
  await lapseOrders(leb)

  const paid = async () => {
    const placed = await shop.place()
    await shop.pay(placed)
    return placed
  }
  /** Paid, and then it turns out that the plan is not sold any more. */
  const undeliverable = async (then: (placed: Placed) => Promise<unknown>) => {
    const placed = await paid()
    await putCatalogue(leb, 'leb', { items: [], withdraw: ['LEB3'] })
    await shop.hear(placed)
    await then(placed)
    await shop.look(placed)
    failures.set(undefined)
    await putSampleCatalogue(leb, ['leb'])
    return placed
  }
  const refuse = async () => failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  const asPaidBy = (placed: Placed, provider: string) =>
    inIssuer(leb.db, 'leb', (tx) =>
      tx.updateTable('payment').set({ provider }).where('order_id', '=', placed.orderId).execute(),
    )

  const refunded = await undeliverable(async () => undefined)
  const refunding = await undeliverable(async () =>
    failures.set({ mode: 'stall', match: 'POST /v1/refunds' }),
  )
  const wantsAccount = await undeliverable(refuse)
  const transferred = await undeliverable(refuse)
  await orderPaidCommand(leb, {
    number: transferred.number,
    reference: 'TRF 17',
    json: false,
    out: () => undefined,
  })
  await shop.look(transferred)
  const voucher = await undeliverable((placed) => asPaidBy(placed, 'voucher'))

  const heldUp = await paid()
  await shop.hear(heldUp)
  const { seller: _seller, ...brand } = issuer.brand
  await putIssuer(leb.db, { ...issuer, brand }, leb.clock.now())
  await shop.look(heldUp).catch(() => undefined)
  await putIssuer(leb.db, issuer, leb.clock.now())

  const awaiting = await shop.place()
  const bank = await shop.place({ payBy: 'bank' })
  const extra = await shop.place({ payBy: 'bank' })
  await inIssuer(leb.db, 'leb', (tx) =>
    receivePayment(leb, tx, {
      issuerId: 'leb',
      provider: 'bank',
      ref: 'line of another sum',
      orderId: extra.orderId,
      amount: 12_300n,
      currency: 'CNY',
      at: leb.clock.now(),
    }),
  )
  const delivered = await shop.buy()
  return {
    shop,
    orders: {
      lapsed,
      refunded,
      refunding,
      wantsAccount,
      transferred,
      voucher,
      heldUp,
      awaiting,
      bank,
      extra,
      delivered,
    },
  }
}
