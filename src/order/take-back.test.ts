import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { receivePayment } from '../payment/receive-payment.ts'
import { inIssuer } from '../platform/db.ts'
import { readPerson } from '../privacy/vault.ts'
import { orderPath } from './order-token.ts'
import type { Placed } from './place-order.ts'
import { takeBack } from './take-back.ts'

let leb: Outside
let shop: Shop
let api: Api
let portal: Awaited<ReturnType<typeof openPortal>>
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
  api = openApi(leb)
  portal = await openPortal(leb)
})
afterAll(async () => {
  await portal.close()
  await api.close()
  await leb.stop()
})

const asLeb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(leb.db, 'leb', work)
const visitor = () => new Visitor(portal.app, leb.config.publicUrl)
const back = (placed: Placed) => takeBack(leb, { issuerId: 'leb', orderId: placed.orderId })
const pathOf = async (placed: Placed, lang = 'en') => orderPath(lang, await shop.view(placed))
const payAt = (payUrl: string) =>
  fetch(payUrl, { method: 'POST', body: new URLSearchParams({ do: 'pay' }), redirect: 'manual' })

it.each([
  { lang: 'en', link: 'Take the order back', done: 'You took this order back' },
  { lang: 'zh-CN', link: '取消订单', done: '您已取消这个订单' },
])(
  'is done on its page, without script, and its guest is forgotten ($lang)',
  async ({ lang, link, done }) => {
    const placed = await shop.place()
    const { holderId } = await shop.view(placed)
    const here = await pathOf(placed, lang)
    const v = await visitor().go(here)
    expect(v.text).toContain(link)
    await v.go(`${here}/take-back`)
    expect(v.text).toContain(placed.number)
    await v.send('/take-back')
    expect([v.address, v.status]).toEqual([here, 200])
    expect(v.text).toContain(done)
    expect(v.text).not.toContain(link)
    expect(await shop.view(placed)).toMatchObject({ state: 'lapsed', takenBackAt: leb.clock.now() })
    expect(await asLeb((tx) => readPerson(leb, tx, 'leb', holderId))).toBeNull()
    await v.go(`${here}/take-back`)
    expect(v.address).toBe(here)
    await expect(shop.open(placed)).rejects.toMatchObject({ code: 'order/not_payable' })
  },
)

it('stands on the list of a holder’s orders while one waits for its payment', async () => {
  const { holderId, accountId } = await seedCard(leb, { email: 'lists@example.com' })
  const placed = await shop.place({ buyer: { kind: 'signed_in', holderIds: [holderId], accountId } })
  const v = visitor()
  await v.signIn(leb, 'leb', 'lists@example.com')
  await v.go('/leb/en/orders')
  expect(v.html).toContain(`${await pathOf(placed)}/take-back`)
  await back(placed)
  await v.go('/leb/en/orders')
  expect(v.text).toContain('taken back')
  expect(v.html).not.toContain('/take-back')
  expect(await asLeb((tx) => readPerson(leb, tx, 'leb', holderId))).not.toBeNull()
})

it('is done over the API, once for a key', async () => {
  const placed = await shop.place()
  const { token } = await shop.view(placed)
  const path = `/api/v1/issuers/leb/orders/${placed.number}/take-back`
  const ask = (key: string) => api.post(path, { token, key })
  const first = await ask('take-back-0001-once')
  expect(first.body).toMatchObject({ state: 'lapsed', takenBackAt: leb.clock.now().toISOString() })
  const again = await ask('take-back-0001-once')
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true'])
  leb.clock.advance({ seconds: 60 })
  expect((await ask('take-back-0002-once')).body.takenBackAt).toBe(first.body.takenBackAt)
  const paid = await shop.buy()
  const refused = await api.post(`/api/v1/issuers/leb/orders/${paid.number}/take-back`, {
    token: (await shop.view(paid)).token,
  })
  expect([refused.status, refused.body.type]).toEqual([409, '/problems/order/not_to_take_back'])
})

it('loses against a payment that nobody has told us of, and the order is delivered', async () => {
  const placed = await shop.place()
  await shop.pay(placed)
  const v = await visitor().go(await pathOf(placed))
  await v.go(`${await pathOf(placed)}/take-back`)
  await v.send('/take-back')
  expect(v.text).toContain('Paid. We are getting it ready')
  expect(await shop.view(placed)).toMatchObject({ state: 'paid', takenBackAt: null })
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('delivered')
})

it('changes nothing where the provider does not say whether its page is closed', async () => {
  const placed = await shop.place()
  const payUrl = await shop.open(placed)
  leb.world.sims.payment.failures.set({ mode: 'down', match: 'expire' })
  await expect(back(placed)).rejects.toMatchObject({ code: 'order/take_back_unsure' })
  leb.world.sims.payment.failures.set(undefined)
  expect((await shop.view(placed)).state).toBe('awaiting_payment')
  await payAt(payUrl)
  await shop.hear(placed)
  expect((await shop.view(placed)).state).toBe('paid')
})

it('meets a payment in the same moment: either the order is paid, or its money goes back', async () => {
  const ends = new Set<string>()
  for (let n = 0; n < 8; n++) {
    const wanted = { kind: 'card' as const, code: 'LEB3', zone: 'EU', currency: 'EUR' }
    const placed = await shop.place({ wanted, payBy: 'stripe' })
    const { gross } = await shop.view(placed)
    const receive = () =>
      asLeb((tx) =>
        receivePayment(leb, tx, {
          issuerId: 'leb',
          provider: 'stripe',
          ref: `pi_race_${n}`,
          orderId: placed.orderId,
          amount: gross.amount,
          currency: gross.currency,
          at: leb.clock.now(),
        }),
      )
    // Both wait for the order's row, in this order and in the other.
    const acts = n % 2 === 0 ? [receive, () => back(placed)] : [() => back(placed), receive]
    const both = await asLeb(async (tx) => {
      await tx
        .selectFrom('purchase_order')
        .select('state')
        .where('order_id', '=', placed.orderId)
        .forUpdate()
        .execute()
      const first = acts[0]!().catch((error: unknown) => error)
      await new Promise((done) => setTimeout(done, 150))
      const second = acts[1]!().catch((error: unknown) => error)
      await new Promise((done) => setTimeout(done, 150))
      return [first, second]
    })
    await Promise.all(both)
    const { state } = await shop.view(placed)
    ends.add(state)
    const [payment] = await asLeb((tx) =>
      tx.selectFrom('payment').selectAll().where('provider_ref', '=', `pi_race_${n}`).execute(),
    )
    const waits = await asLeb((tx) =>
      tx.selectFrom('unmatched_receipt').selectAll().where('payment_id', '=', payment!.payment_id).execute(),
    )
    if (state === 'paid') expect([payment!.order_id, waits]).toEqual([placed.orderId, []])
    else expect([state, waits[0]?.reason, waits.length]).toEqual(['lapsed', 'order_lapsed', 1])
  }
  expect(ends).toEqual(new Set(['paid', 'lapsed']))
})

it('gives back what is paid on a page that was opened while it was taken back', async () => {
  const placed = await shop.place({ wanted: { kind: 'card', code: 'LEB3', zone: 'EU', currency: 'EUR' } })
  const before = await shop.books('leb', 'EUR')
  const payUrl = await shop.open(placed)
  leb.world.sims.payment.failures.set({ mode: 'refuse', match: 'expire' })
  await back(placed)
  leb.world.sims.payment.failures.set(undefined)
  await payAt(payUrl)
  await shop.hear(placed)
  const receipt = await asLeb((tx) =>
    tx
      .selectFrom('unmatched_receipt')
      .selectAll()
      .orderBy('received_at', 'desc')
      .where('order_id', '=', placed.orderId)
      .executeTakeFirstOrThrow(),
  )
  await lookAtPayment(leb, { issuerId: 'leb', id: `receipt:${receipt.receipt_id}` })
  expect(await shop.books('leb', 'EUR')).toEqual(before)
  expect((await shop.view(placed)).state).toBe('lapsed')
})
