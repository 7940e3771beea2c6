import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { openLeases } from '../platform/leases.ts'
import { awaitingOrder, pay } from './orders.fixture.ts'
import { workOnPayment } from './work-on-payment.ts'

let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())

it('loses no look at a payment that another worker has asked about a moment too early', async () => {
  const order = await awaitingOrder(leb, await seedCard(leb))
  const look = { issuerId: 'leb', id: order.ref }
  const waiting = async () => {
    const { rows } = await leb.pool.query<{ data: object }>(
      `delete from pgboss.job where name = 'payment' and state = 'created' returning data`,
    )
    return rows.map(({ data }) => data)
  }
  const state = async () =>
    (
      await inIssuer(leb.db, 'leb', (tx) =>
        tx
          .selectFrom('purchase_order')
          .select('state')
          .where('order_id', '=', order.orderId)
          .executeTakeFirstOrThrow(),
      )
    ).state
  // The one asked before the payer paid; the other was queued by the webhook that told of it.
  const payment = await leb.providers.of('leb').payment()
  const readPayment = payment.readPayment.bind(payment)
  const other = openLeases(leb.databaseUrl)
  const slow = {
    ...leb,
    providers: {
      ...leb.providers,
      of: () => ({
        ...leb.providers.of('leb'),
        payment: async () => ({
          ...payment,
          async readPayment(ref: string) {
            const before = await readPayment(ref)
            await pay(order)
            await workOnPayment(leb, other, look)
            return before
          },
        }),
      }),
    },
  }
  await workOnPayment(slow, leb.leases, look)
  expect(await state()).toBe('awaiting_payment')
  expect(await waiting()).toEqual([look])
  await workOnPayment(leb, other, look)
  expect(await state()).not.toBe('awaiting_payment')
  await other.close()
})
