import { serve } from '@hono/node-server'
import type { Outside } from '../../test/outside.ts'
import type { Seeded } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import type { Look } from '../platform/jobs.ts'
import { orderPrefix } from './find-order-number.ts'
import { makePaymentHooks } from './hooks.ts'
import { lookAtPayment } from './look-at-payment.ts'

/** As src/order/place-order.ts makes them. */
export const newNumber = (leb: Outside) => orderPrefix('leb') + leb.ids.readable()

export type TestOrder = { orderId: string; number: string; ref: string; payUrl: string }

/** A top-up of a card that waits for its money, opened at the simulated provider unless told otherwise. */
export async function awaitingOrder(
  leb: Outside,
  card: Seeded,
  order: {
    gross?: bigint
    currency?: string
    payBy?: 'stripe' | 'bank'
    open?: boolean
    number?: string
  } = {},
): Promise<TestOrder> {
  const { gross = 2_000n, currency = 'CNY', payBy = 'stripe', number = newNumber(leb) } = order
  const orderId = leb.ids.next()
  const now = leb.clock.now()
  const values = {
    issuer_id: 'leb',
    order_id: orderId,
    number,
    kind: 'top_up',
    holder_id: card.holderId,
    account_id: card.accountId,
    card_id: card.cardId,
    jurisdiction: 'CN',
    locale: 'en',
    currency,
    net_minor: gross,
    tax_minor: 0n,
    gross_minor: gross,
    tax: JSON.stringify({}),
    pay_by: payBy,
    state: 'awaiting_payment',
    terms_version: '1',
    terms_sha256: 'x',
    accepted_at: now,
    created_at: now,
    pay_until: new Date(now.getTime() + 3_600_000),
  }
  await inIssuer(leb.db, 'leb', (tx) => tx.insertInto('purchase_order').values(values).execute())
  if (payBy !== 'stripe' || order.open === false) return { orderId, number, ref: '', payUrl: '' }
  const page = await openPage(leb, { orderId, number, gross, currency })
  await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .updateTable('purchase_order')
      .set({ payment_ref: page.ref })
      .where('issuer_id', '=', 'leb')
      .where('order_id', '=', orderId)
      .execute(),
  )
  return { orderId, number, ...page }
}

export async function openPage(
  leb: Outside,
  order: { orderId: string; number: string; gross?: bigint; currency?: string },
): Promise<{ ref: string; payUrl: string }> {
  const payment = await leb.providers.of('leb').payment()
  const answer = await payment.openPayment({
    key: `order:${order.orderId}`,
    amount: order.gross ?? 2_000n,
    currency: order.currency ?? 'CNY',
    orderNumber: order.number,
    description: 'Top-up',
    returnUrl: 'http://127.0.0.1/back',
    cancelUrl: 'http://127.0.0.1/cancel',
    locale: 'en',
  })
  if (answer.kind !== 'done') throw new Error(`not opened: ${JSON.stringify(answer)}`)
  return answer.value
}

/** The payer at the provider's page, over HTTP. */
export async function pay(
  { payUrl }: { payUrl: string },
  does: 'pay' | 'fail' | 'later' | 'dispute' = 'pay',
): Promise<void> {
  const body = new URLSearchParams({ do: does })
  const answer = await fetch(payUrl, { method: 'POST', body, redirect: 'manual' })
  if (answer.status >= 400) throw new Error(`the page answered ${answer.status}`)
}

/** The door for webhooks on a port of its own; the provider tells it everything. */
export async function openHookDoor(leb: Outside): Promise<{ url: string; close(): Promise<void> }> {
  const server = serve({ fetch: makePaymentHooks(leb).fetch, hostname: '127.0.0.1', port: 0 })
  if (!server.listening) await new Promise((listening) => server.once('listening', listening))
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/hooks/stripe/leb`
  return { url, close: () => new Promise((closed) => void server.close(() => closed())) }
}

/** Does what a worker would with queue 'payment', until nothing waits there, also what waits for later. */
export async function workOffPayments(leb: Outside): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const { rows } = await leb.pool.query<{ data: Look }>(
      `delete from pgboss.job where name = 'payment' and state = 'created' returning data`,
    )
    if (rows.length === 0) return
    for (const { data } of rows) await lookAtPayment(leb, data)
  }
}

/** Balances of the house's accounts that are not 0, by kind. */
export async function books(leb: Outside, currency = 'CNY'): Promise<Record<string, bigint>> {
  const rows = await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('ledger_account')
      .select(['kind', 'balance'])
      .where('issuer_id', '=', 'leb')
      .where('currency', '=', currency)
      .where('card_id', 'is', null)
      .where('kind', '<>', 'opening')
      .where('balance', '<>', 0n)
      .orderBy('kind')
      .execute(),
  )
  return Object.fromEntries(rows.map(({ kind, balance }) => [kind, balance]))
}
