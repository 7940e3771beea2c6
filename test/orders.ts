import { randomBytes } from 'node:crypto'
import { putSampleTerms } from '../src/invoice/sample-terms.ts'
import { termsAt } from '../src/invoice/terms.ts'
import { lookAtOrder } from '../src/order/look-at-order.ts'
import { type NewOrder, placeOrder, type Placed } from '../src/order/place-order.ts'
import { quote, type Wanted } from '../src/order/quote.ts'
import { startPayment } from '../src/order/start-payment.ts'
import { type OrderView, readOrder } from '../src/order/read-order.ts'
import { lookAtPayment } from '../src/payment/look-at-payment.ts'
import { putSampleCatalogue } from '../src/plan/sample-catalogue.ts'
import { inIssuer } from '../src/platform/db.ts'
import type { Outside } from './outside.ts'

/** What the tests of buying do over and over: order as a guest or signed in, pay at the simulator, look. */
export async function openShop(leb: Outside) {
  const ids = leb.issuers.map((issuer) => issuer.issuerId)
  await putSampleCatalogue(leb, ids)
  await putSampleTerms(leb, ids)
  const issuerOf = (issuerId: string) => leb.issuers.find((one) => one.issuerId === issuerId)!
  const card: Wanted = { kind: 'card', code: 'LEB3', zone: 'JP', currency: 'CNY' }

  const order = async (
    given: Partial<NewOrder> & { issuerId?: string; live?: string } = {},
  ): Promise<NewOrder> => {
    const issuer = issuerOf(given.issuerId ?? 'leb')
    const wanted = given.wanted ?? card
    const seen = await inIssuer(leb.db, issuer.issuerId, async (tx) => {
      const terms = (await termsAt(tx, issuer.issuerId, leb.clock.now()))!
      const jurisdiction = given.live ?? 'CN'
      const itemId = await quote(tx, { issuer, wanted, jurisdiction, now: leb.clock.now() }).then(
        (price) => price.item?.itemId ?? null,
        () => null,
      )
      return { itemId, termsVersion: terms.version, termsSha256: terms.sha256 }
    })
    return {
      issuer,
      wanted,
      buyer: {
        kind: 'guest',
        email: `guest${randomBytes(4).toString('hex')}@example.com`,
        name: '',
        live: given.live ?? 'CN',
      },
      payBy: 'stripe',
      locale: 'zh-CN',
      client: '192.0.2.1',
      once: randomBytes(16).toString('base64url'),
      seen,
      accepted: true,
      ...given,
    }
  }
  const view = (placed: Placed, issuerId = 'leb'): Promise<OrderView> =>
    inIssuer(
      leb.db,
      issuerId,
      async (tx) => (await readOrder(leb, tx, { issuerId, orderId: placed.orderId }))!,
    )
  const shop = {
    order,
    view,
    async idOf(number: string, issuerId = 'leb'): Promise<string> {
      const order = await inIssuer(leb.db, issuerId, (tx) => readOrder(leb, tx, { issuerId, number }))
      return order!.orderId
    },
    place: async (given: Parameters<typeof order>[0] = {}) => placeOrder(leb, await order(given)),
    /** The provider's page for an order. */
    async open(placed: Placed, issuerId = 'leb'): Promise<string> {
      const order = await view(placed, issuerId)
      return (await startPayment(leb, { issuer: issuerOf(issuerId), order, locale: 'zh-CN' })).payUrl
    },
    /** Pays on the provider's page. Our webhook is not told: `hear` says when we learn of it. */
    async pay(placed: Placed, issuerId = 'leb') {
      const payUrl = await shop.open(placed, issuerId)
      await fetch(payUrl, { method: 'POST', body: new URLSearchParams({ do: 'pay' }), redirect: 'manual' })
    },
    async hear(placed: Placed, issuerId = 'leb') {
      const { payment_ref: id } = await inIssuer(leb.db, issuerId, (tx) =>
        tx
          .selectFrom('purchase_order')
          .select('payment_ref')
          .where('issuer_id', '=', issuerId)
          .where('order_id', '=', placed.orderId)
          .executeTakeFirstOrThrow(),
      )
      await lookAtPayment(leb, { issuerId, id: id! })
    },
    look: (placed: Placed, issuerId = 'leb') =>
      lookAtOrder(leb, leb.leases, { issuerId, id: placed.orderId }),
    async buy(given: Parameters<typeof order>[0] = {}) {
      const issuerId = given.issuerId ?? 'leb'
      const placed = await shop.place(given)
      await shop.pay(placed, issuerId)
      await shop.hear(placed, issuerId)
      await shop.look(placed, issuerId)
      return placed
    },
    /** The issuer's books: sum of balances by kind and currency, without those that are 0. */
    async books(issuerId = 'leb', currency = 'CNY'): Promise<Record<string, bigint>> {
      const rows = await inIssuer(leb.db, issuerId, (tx) =>
        tx
          .selectFrom('ledger_account')
          .select((e) => ['kind', e.fn.sum<string>('balance').as('sum')])
          .where('issuer_id', '=', issuerId)
          .where('currency', '=', currency)
          .groupBy('kind')
          .execute(),
      )
      return Object.fromEntries(
        rows.map((row) => [row.kind, BigInt(row.sum)] as const).filter(([, sum]) => sum !== 0n),
      )
    },
  }
  return shop
}
export type Shop = Awaited<ReturnType<typeof openShop>>
