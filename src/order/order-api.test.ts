import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'

let leb: Outside
let shop: Shop
let api: Api
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
  api = openApi(leb)
})
afterAll(async () => {
  await api.close()
  await leb.stop()
})

const base = '/api/v1/issuers/leb'
async function body(more: object = {}) {
  const { plans, terms } = (await api.get(`${base}/catalogue`)).body
  const plan = plans.find((one: { code: string }) => one.code === 'LEB3')
  return {
    wanted: { kind: 'card', code: 'LEB3', zone: 'JP', currency: 'EUR' },
    itemId: plan.itemId,
    buyer: { email: `api-${randomUUID()}@example.com`, country: 'DE' },
    payBy: 'stripe',
    acceptedTerms: { version: terms.version, sha256: terms.sha256 },
    ...more,
  }
}

it('says what is on sale, with terms and the ways to pay', async () => {
  const { status, body: said } = await api.get(`${base}/catalogue`)
  expect(status).toBe(200)
  expect(said.plans.map((plan: { code: string }) => plan.code)).toEqual(['LEB3', 'LEB5', 'LEB7'])
  expect(said.addOns).toHaveLength(4)
  expect(said.terms.text.en).toEqual(expect.any(String))
  expect(said.payBy).toContain('stripe')
})

describe('an order', () => {
  it('goes from the first call to the activation code, once whatever is repeated', async () => {
    const key = randomUUID()
    const ordered = await body()
    const first = await api.post(`${base}/orders`, { body: ordered, key })
    expect(first.status).toBe(201)
    expect(first.body).toMatchObject({
      state: 'awaiting_payment',
      gross: { amount: '1690', currency: 'EUR' },
      tax: { amount: '270' },
      taxRate: '19.00',
      activationCode: null,
    })
    const again = await api.post(`${base}/orders`, { body: ordered, key })
    expect(again.body.number).toBe(first.body.number)
    const { number, accessToken: token } = first.body
    const pay = () => api.post(`${base}/orders/${number}/payment`, { token })
    const { payUrl } = (await pay()).body
    expect((await pay()).body.payUrl).toBe(payUrl)
    await fetch(payUrl, { method: 'POST', body: new URLSearchParams({ do: 'pay' }), redirect: 'manual' })
    // No webhook: reading asks the provider.
    expect((await api.get(`${base}/orders/${number}`, { token })).body.state).toBe('paid')
    const orderId = await shop.idOf(number)
    await shop.look({ orderId, number, token, payBy: 'stripe', fresh: false })
    const done = await api.get(`${base}/orders/${number}`, { token })
    expect(done.body).toMatchObject({ state: 'delivered', activationCode: expect.stringMatching(/^LPA:1\$/) })
    expect((await pay()).body.type).toMatch(/order\/not_payable$/)
  })

  it('takes no key that a stranger could guess: the key and an address would hand out the order', async () => {
    const ordered = await body()
    for (const key of ['1', 'order-2026-11-22-0001', `"${'a'.repeat(21)}"`]) {
      const refused = await api.post(`${base}/orders`, { body: ordered, key })
      expect([refused.status, refused.body.type]).toEqual([400, expect.stringMatching(/api\/key_missing$/)])
    }
    const good = await api.post(`${base}/orders`, { body: ordered, key: `"${'a'.repeat(22)}"` })
    expect(good.status).toBe(201)
  })

  it('is seen with its token or by its buyer, by nobody else', async () => {
    const { number } = (await api.post(`${base}/orders`, { body: await body() })).body
    for (const [token, status] of [
      [undefined, 401],
      ['A'.repeat(22), 404],
    ] as const)
      expect((await api.get(`${base}/orders/${number}`, { token })).status).toBe(status)
    const other = (await api.post(`${base}/orders`, { body: await body() })).body
    expect((await api.get(`${base}/orders/${number}`, { token: other.accessToken })).status).toBe(404)
  })

  it.each([
    ['order/country_unknown', { buyer: { email: 'a@example.com', country: 'QQ' } }],
    ['holder/email_invalid', { buyer: { email: 'nobody', country: 'DE' } }],
    ['holder/sign_in_needed', { buyer: undefined }],
    ['order/no_price_in_currency', { wanted: { kind: 'card', code: 'LEB3', zone: 'JP', currency: 'GBP' } }],
    ['order/zone_not_in_plan', { wanted: { kind: 'card', code: 'LEB3', zone: 'ZZ', currency: 'EUR' } }],
    ['order/no_such_item', { wanted: { kind: 'card', code: 'DATA1G', zone: 'JP', currency: 'EUR' } }],
    ['order/offer_changed', { itemId: randomUUID() }],
    ['order/offer_changed', { acceptedTerms: { version: 'old', sha256: '0'.repeat(64) } }],
    ['order/pay_by_unavailable', { payBy: 'bank' }, 'sinotravel'],
    ['order/voucher_wrong', { payBy: 'voucher', voucher: 'AAAA-BBBB-CCCC-DDDD' }],
  ])('is refused with %s', async (code, more, issuer = 'leb') => {
    const call = { body: await body(more) }
    const place = `/api/v1/issuers/${issuer}/orders`
    if (issuer !== 'leb') {
      const { plans, terms } = (await api.get(`/api/v1/issuers/${issuer}/catalogue`)).body
      Object.assign(call.body, {
        itemId: plans[0].itemId,
        acceptedTerms: { version: terms.version, sha256: terms.sha256 },
      })
    }
    const answer = await api.post(place, call)
    expect(answer.body.type).toMatch(new RegExp(`${code}$`))
  })
})

describe('a top-up', () => {
  it('needs the card’s own holder, its currency and an honest amount', async () => {
    const card = await seedCard(leb, { email: 'api-top@example.com', currency: 'KWD' })
    const foreign = await seedCard(leb, { email: 'api-other@example.com', currency: 'KWD' })
    const token = await api.signIn('leb', 'api-top@example.com')
    const { acceptedTerms } = await body()
    const top = (more: object, as: string | undefined = token) =>
      api.post(`${base}/orders`, {
        token: as,
        body: {
          wanted: { kind: 'top_up', cardId: card.cardId, amount: '1.250', ...more },
          payBy: 'stripe',
          acceptedTerms,
        },
      })
    expect((await top({})).body).toMatchObject({ gross: { amount: '1250', currency: 'KWD' }, kind: 'top_up' })
    expect((await top({ cardId: foreign.cardId })).status).toBe(404)
    expect((await top({ currency: 'EUR' })).body.type).toMatch(/currency_differs$/)
    for (const [amount, code] of [
      ['1.2505', 'too_many_digits'],
      ['1e3', 'not_plain'],
      ['1 000', 'not_plain'],
      ['-1', 'negative'],
      ['0', 'out_of_range'],
      ['9223372036854775808', 'out_of_range'],
    ])
      expect((await top({ amount })).body.type).toMatch(new RegExp(`amount_${code}$`))
  })

  it('is not taken when its way of paying can not carry the amount; another way can', async () => {
    const card = await seedCard(leb, { email: 'api-fils@example.com', currency: 'KWD', balance: 0n })
    const token = await api.signIn('leb', 'api-fils@example.com')
    const { acceptedTerms } = await body()
    const top = (amount: string, payBy = 'stripe', key = randomUUID()) =>
      api.post(`${base}/orders`, {
        token,
        key,
        body: { wanted: { kind: 'top_up', cardId: card.cardId, amount }, payBy, acceptedTerms },
      })
    const key = randomUUID()
    const refused = await top('7.125', 'stripe', key)
    expect(refused).toMatchObject({
      status: 422,
      body: {
        type: expect.stringMatching(/order\/amount_not_taken$/),
        title: expect.stringContaining('7.125'),
        detail: expect.stringMatching(/steps of .*0\.010, such as .*7\.130/),
      },
    })
    // Told again it is told whole, with its sums.
    expect((await top('7.125', 'stripe', key)).body).toEqual(refused.body)
    expect((await top('7.125', 'voucher')).body.type).toMatch(/voucher_wrong$/)
    const taken = await top('7.120')
    expect(taken.status).toBe(201)
    const { number, accessToken } = taken.body
    expect((await api.post(`${base}/orders/${number}/payment`, { token: accessToken })).status).toBe(200)
    // One that was taken before this was looked at says so too, instead of asking to try again for ever.
    await inIssuer(leb.db, 'leb', (tx) =>
      tx
        .updateTable('purchase_order')
        .set({ gross_minor: 7_125n, net_minor: 7_125n, pay_url: null })
        .where('number', '=', number)
        .execute(),
    )
    const old = await api.post(`${base}/orders/${number}/payment`, { token: accessToken })
    expect([old.status, old.body.type]).toEqual([422, expect.stringMatching(/order\/amount_not_taken$/)])
  })
})
