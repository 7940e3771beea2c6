import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkBooks } from '../../src/ledger/check.ts'
import { listOrders } from '../../src/order/list-orders.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { takeUsage } from '../../src/usage/take-usage.ts'
import { type Api, openApi } from '../api-client.ts'
import { openShop, type Shop } from '../orders.ts'
import { openOutside, type Outside } from '../outside.ts'
import { openPortal, Visitor } from '../portal.ts'
import { seedCard, type Seeded } from '../seed.ts'

let leb: Outside
let shop: Shop
let portal: Awaited<ReturnType<typeof openPortal>>
let api: Api
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
  portal = await openPortal(leb)
  api = openApi(leb)
})
afterAll(async () => {
  await api.close()
  await portal.close()
  await leb.stop()
})

const ordersOf = (card: Seeded) =>
  inIssuer(leb.db, 'leb', (tx) => listOrders(leb, tx, 'leb', [card.holderId]))
const bucketsOf = (card: Seeded) =>
  inIssuer(leb.db, 'leb', (tx) =>
    tx.selectFrom('bucket').select(['kind', 'left_units']).where('card_id', '=', card.cardId).execute(),
  )
const euroCard = (email: string, balance: bigint) =>
  seedCard(leb, { email, balance, currency: 'EUR', residence: 'DE' })
/** As it is read. */
const read = (visit: Visitor) => visit.text.replaceAll('&#39;', "'")
const visitor = () => new Visitor(portal.app, leb.config.publicUrl)
const checkout = (card: Seeded, code: string, lang = 'en') =>
  `/leb/${lang}/checkout?card=${card.cardId}&item=${code}`

describe('on the pages, without script', () => {
  it('is offered first where the balance reaches, and goes from there to data on the card', async () => {
    const card = await euroCard('spender@example.com', 610n)
    const visit = await visitor().signIn(leb, 'leb', 'spender@example.com')
    await visit.go(checkout(card, 'DATA1G'))
    expect(read(visit)).toContain("Pay €4.90 from this card's balance of €6.10")
    expect(visit.text).toContain('€1.20 is left on it then')
    expect(/name="pay_by" value="(\w+)"[^>]*checked/.exec(visit.html)![1]).toBe('balance')
    expect(visit.html.indexOf('value="balance"')).toBeLessThan(visit.html.indexOf('value="stripe"'))
    await visit.send('/checkout', { pay_by: 'balance' })
    expect([visit.status, visit.text]).toEqual([422, expect.stringContaining('read and accept')])
    await visit.send('/checkout', { pay_by: 'balance', accept: 'yes' })
    expect([visit.status, visit.title]).toEqual([200, expect.stringContaining('We are getting it ready')])
    expect(read(visit)).toContain("€4.90 is set aside on the card's balance")
    const here = visit.address
    await visit.go(`/leb/en/cards/${card.cardId}/statement`)
    expect(visit.text).toMatch(/Set aside €4\.90/)
    const [order] = await ordersOf(card)
    await visit.go('/leb/en/orders')
    expect(visit.text).toContain('set aside on the balance')
    await shop.look({ ...order!, fresh: true })
    await visit.go(here)
    expect(visit.text).toContain('1 GB more data is on your card. €4.90 was taken from its balance.')
    expect(read(visit)).toContain("Paid by This card's balance")
    await visit.go(here.replace('/en/', '/zh-CN/'))
    expect(visit.text).toContain('已从卡内余额支付 €4.90')
    expect(await bucketsOf(card)).toEqual([{ kind: 'data', left_units: 1024n }])
    // There is nothing to pay at the provider's.
    await visit.go(`${here}/pay`)
    expect(visit.address).toBe(here)
  })

  it('says what is missing where it does not reach, and the way to it', async () => {
    const card = await euroCard('short@example.com', 350n)
    const visit = await visitor().signIn(leb, 'leb', 'short@example.com')
    await visit.go(checkout(card, 'DATA1G', 'zh-CN'))
    expect(visit.text).toContain('这张卡的余额 €3.50 不够，还差 €1.40。')
    expect(visit.html).not.toContain('value="balance"')
    expect(visit.html).toContain(`/top-up/${card.cardId}`)
    // Who sends it all the same is told so at the ways to pay.
    await visit.send('/checkout', { pay_by: 'balance', accept: 'yes' })
    expect([visit.status, visit.text]).toEqual([422, expect.stringContaining('还差 €1.40')])
    expect(visit.html).toContain('href="#pay-stripe"')
    expect(await ordersOf(card)).toEqual([])
  })

  it('tells who was overtaken by use what is left by now', async () => {
    const card = await euroCard('overtaken@example.com', 500n)
    const visit = await visitor().signIn(leb, 'leb', 'overtaken@example.com')
    await visit.go(checkout(card, 'DATA1G'))
    const usedAt = leb.clock.now().getTime()
    await takeUsage(leb, 'leb', [
      { recordId: 'overtakes', cardId: card.cardId, kind: 'data', quantity: 600, zone: 'JP', usedAt },
    ])
    await visit.send('/checkout', { pay_by: 'balance', accept: 'yes' })
    expect([visit.status, visit.text]).toEqual([422, expect.stringMatching(/to spend: €[\d.]+ is missing/)])
    expect(visit.text).toContain('Nothing was ordered or taken')
  })

  it('is nobody else’s to spend', async () => {
    const card = await euroCard('owner-of-it@example.com', 5_000n)
    await euroCard('neighbour@example.com', 5_000n)
    const guest = visitor()
    await guest.go(checkout(card, 'DATA1G'))
    expect(guest.address).toContain('/sign-in')
    const other = await visitor().signIn(leb, 'leb', 'neighbour@example.com')
    await other.go(checkout(card, 'DATA1G'))
    expect(other.status).toBe(404)
    expect(other.text).not.toContain('€50')
  })
})

describe('over the API', () => {
  const base = '/api/v1/issuers/leb'
  async function body(card: Seeded, more: object = {}) {
    const { addOns, terms } = (await api.get(`${base}/catalogue`)).body
    const { itemId } = addOns.find((one: { code: string }) => one.code === 'MIN30')
    return {
      wanted: { kind: 'add_on', cardId: card.cardId, code: 'MIN30' },
      itemId,
      payBy: 'balance',
      acceptedTerms: { version: terms.version, sha256: terms.sha256 },
      ...more,
    }
  }

  it('is one order for one key, with nothing to pay, and delivered', async () => {
    const card = await euroCard('api-spender@example.com', 300n)
    const token = await api.signIn('leb', 'api-spender@example.com')
    const [key, ordered] = [randomUUID(), await body(card)]
    const all = await Promise.all(
      Array.from({ length: 8 }, () => api.post(`${base}/orders`, { token, key, body: ordered })),
    )
    const again = await api.post(`${base}/orders`, { token, key, body: ordered })
    const taken = [...all, again].filter(({ status }) => status === 201)
    expect(taken.length).toBeGreaterThan(1)
    expect(new Set(taken.map((one) => one.body.number)).size).toBe(1)
    expect(again.body).toMatchObject({ state: 'paid', payBy: 'balance', gross: { amount: '290' } })
    const { number } = again.body
    const pay = await api.post(`${base}/orders/${number}/payment`, { token })
    expect(pay.body.type).toMatch(/order\/not_payable$/)
    const [order] = await ordersOf(card)
    await shop.look({ ...order!, fresh: true })
    expect((await api.get(`${base}/orders/${number}`, { token })).body).toMatchObject({ state: 'delivered' })
    const { body: said } = await api.get(`${base}/cards/${card.cardId}/statement`, { token })
    expect(said).toMatchObject({ balance: { amount: '10' }, held: { amount: '0' } })
    expect(said.lines[0]).toMatchObject({ reason: 'add_on_bought', amount: { amount: '-290' } })
  })

  it('says what is missing, and whose and what it is not', async () => {
    const card = await euroCard('api-short@example.com', 100n)
    await euroCard('api-neighbour@example.com', 5_000n)
    const token = await api.signIn('leb', 'api-short@example.com')
    const post = async (more: object, with_?: { token: string }) =>
      api.post(`${base}/orders`, { ...with_, body: await body(card, more) })
    expect(await post({}, { token })).toMatchObject({
      status: 422,
      body: {
        type: expect.stringMatching(/order\/balance_short$/),
        title: expect.stringContaining('€1.90 is missing'),
      },
    })
    const topUp = { wanted: { kind: 'top_up', cardId: card.cardId, amount: '5.00' }, itemId: undefined }
    expect((await post(topUp, { token })).body.type).toMatch(/order\/pay_by_unavailable$/)
    const neighbour = await api.signIn('leb', 'api-neighbour@example.com')
    expect((await post({}, { token: neighbour })).body.type).toMatch(/closure\/no_such_card$/)
    const guest = { buyer: { email: 'api-guest@example.com', country: 'DE' } }
    expect((await post(guest)).body.type).toMatch(/holder\/sign_in_needed$/)
    expect((await post({})).body.type).toMatch(/holder\/sign_in_needed$/)
    expect(await ordersOf(card)).toEqual([])
    expect(await checkBooks(leb)).toMatchObject({ ok: true })
  })
})
