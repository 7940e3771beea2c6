import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { closeCard } from '../../test/payouts.ts'
import { lookAtClosure } from '../closure/look.ts'
import { readClosure } from '../closure/read-closure.ts'
import { putIssuer } from '../issuer/issuer.ts'
import { lookAtOrder } from '../order/look-at-order.ts'
import { inIssuer } from '../platform/db.ts'
import { lockNumbers } from './take-number.ts'

const issuerId = 'roamly'
const wanted = { kind: 'card' as const, code: 'LEB3', zone: 'JP', currency: 'EUR' }
let leb: Outside
let shop: Shop
/** Another session, of the tables' owner. */
let other: pg.Pool
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
  other = new pg.Pool({
    connectionString: leb.databaseUrl,
    max: 2,
    options: '-c leb.issuer=roamly -c lock_timeout=3s',
  })
  const issuer = leb.issuers.find((one) => one.issuerId === issuerId)!
  const money = { ...issuer.rules.money, unused_plan: 'by_day' as const }
  await putIssuer(leb.db, { ...issuer, rules: { ...issuer.rules, money } }, leb.clock.now())
})
afterAll(async () => {
  await other.end()
  await leb.stop()
})

// Held by another closing they are free again in a moment; held by whoever asks, they never are.
const probe = () => other.query(`select 1 from invoice_counter where issuer_id = 'roamly' for update`)

/** The same outside world; each call of it first makes sure that nobody holds the issuer's numbers. */
function watched(calls: string[]): Outside {
  const watch = <T extends object>(port: T, name: string): T =>
    new Proxy(port, {
      get(target, method) {
        const value = Reflect.get(target, method) as unknown
        if (typeof value !== 'function') return value
        return async (...given: unknown[]) => {
          calls.push(`${name}.${String(method)}`)
          await probe()
          return Reflect.apply(value, target, given) as unknown
        }
      },
    })
  const providers = {
    ...leb.providers,
    of: (id: string) => {
      const { line, esim, payment, mail } = leb.providers.of(id)
      return {
        line: async () => watch(await line(), 'line'),
        esim: async () => watch(await esim(), 'esim'),
        payment: async () => watch(await payment(), 'payment'),
        mail: async () => watch(await mail(), 'mail'),
      }
    },
  }
  const keys = {
    ...leb.keys,
    sealing: async (id: string) => {
      const key = await leb.keys.sealing(id)
      return { ...key, sign: (data: Uint8Array) => probe().then(() => key.sign(data)) }
    },
  }
  return { ...leb, providers, keys }
}
const bought = async () => {
  const placed = await shop.buy({ issuerId, live: 'DE', wanted })
  const { cardId, iccid } = await shop.view(placed, issuerId)
  const { account_id: accountId } = await inIssuer(leb.db, issuerId, (tx) =>
    tx.selectFrom('card').select('account_id').where('card_id', '=', cardId!).executeTakeFirstOrThrow(),
  )
  return { issuerId, accountId, cardId: cardId!, iccid: iccid!, holderId: '', paymentRef: '' }
}
const numbers = async () => {
  const rows = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('invoice')
      .select(['seq', 'kind'])
      .where('issuer_id', '=', issuerId)
      .where('seq', 'is not', null)
      .orderBy('seq')
      .execute(),
  )
  return rows.map(({ seq }) => Number(seq))
}

it('calls nobody outside while an issuer’s numbers are held, in a delivery and in two closings at once', async () => {
  await bought()
  // What watches can see: somebody who holds them is noticed.
  await inIssuer(leb.db, issuerId, async (tx) => {
    await lockNumbers(tx, { issuerId, year: 2026 })
    await expect(probe()).rejects.toMatchObject({ code: '55P03' })
  })
  const calls: string[] = []
  const ctx = watched(calls)
  const cards = [await bought(), await bought()]
  const ids = []
  for (const card of cards) ids.push(await closeCard(leb, card, { start: 'after_undo_window' }))
  leb.clock.advance({ hours: 2 })
  for (let round = 0; round < 5; round++) {
    await Promise.all(ids.map((id) => lookAtClosure(ctx, leb.leases, { issuerId, id })))
    leb.clock.advance({ seconds: 5 })
  }
  for (const closureId of ids) expect((await readClosure(leb, { issuerId, closureId }))!.state).toBe('closed')
  expect(calls).toEqual(expect.arrayContaining(['payment.refund', 'mail.send']))
  const placed = await shop.place({ issuerId, live: 'DE', wanted })
  await shop.pay(placed, issuerId)
  await shop.hear(placed, issuerId)
  await lookAtOrder(ctx, leb.leases, { issuerId, id: placed.orderId })
  expect((await shop.view(placed, issuerId)).state).toBe('delivered')
  // Three invoices, two credit notes, one more invoice: none is missing.
  expect(await numbers()).toEqual([1, 2, 3, 4, 5, 6])
})

it('issues neither invoice nor credit note for an order that is not delivered, whatever stopped it, and no number is lost', async () => {
  const before = await numbers()
  // Everything is written, the invoice too, and then the commit fails: the nearest that invoiced and undelivered come.
  await other.query(`create function no_invoice() returns trigger language plpgsql as $$
    begin raise exception 'not today' using errcode = 'XX000'; end $$`)
  await other.query(`create constraint trigger no_invoice after insert on invoice deferrable initially deferred
    for each row execute function no_invoice()`)
  const placed = await shop.place({ issuerId, live: 'DE', wanted })
  await shop.pay(placed, issuerId)
  await shop.hear(placed, issuerId)
  await expect(shop.look(placed, issuerId)).rejects.toThrow('not today')
  leb.clock.advance({ hours: 49 })
  await shop.look(placed, issuerId)
  await other.query(`drop trigger no_invoice on invoice`)
  expect(await shop.view(placed, issuerId)).toMatchObject({
    state: 'refunded',
    refundReason: 'not_deliverable',
  })
  const papers = await inIssuer(leb.db, issuerId, (tx) =>
    tx.selectFrom('invoice').select('kind').where('order_id', '=', placed.orderId).execute(),
  )
  expect(papers).toEqual([])
  expect(await numbers()).toEqual(before)
  await bought()
  expect(await numbers()).toEqual([...before, before.length + 1])
})
