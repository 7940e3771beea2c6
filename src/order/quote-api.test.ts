import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openShop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'
import { putIssuer } from '../issuer/issuer.ts'

let leb: Outside
let api: Api
let portal: Awaited<ReturnType<typeof openPortal>>
beforeAll(async () => {
  leb = await openOutside({ start: '2026-11-28T10:00:00Z' })
  await openShop(leb)
  api = openApi(leb)
  portal = await openPortal(leb)
})
afterAll(async () => {
  await portal.close()
  await api.close()
  await leb.stop()
})

const base = '/api/v1/issuers/leb'
const quoted = (query: Record<string, string>, token?: string) =>
  api.get(`${base}/quote?${new URLSearchParams(query)}`, { token })
/** What the order has of a quote. */
const pinned = [
  'kind',
  'code',
  'zone',
  'gross',
  'net',
  'tax',
  'taxRate',
  'taxName',
  'taxBasis',
  'taxVerified',
]
const of = (keys: string[], answer: Record<string, unknown>) =>
  Object.fromEntries(keys.map((key) => [key, answer[key]]))

const email = 'quoted@example.com'
async function ownCard() {
  const card = await seedCard(leb, { email, residence: 'DE', currency: 'EUR', balance: 9_000n })
  return { card, token: await api.signIn('leb', email) }
}

describe('a quote', () => {
  it.each([
    ['LEB3', 'EU', 'EUR', 'DE'],
    ['LEB3', 'JP', 'EUR', 'FR'],
    ['LEB5', 'JP', 'CNY', 'CN'],
    ['LEB7', 'EU', 'JPY', 'JP'],
  ])(
    'of %s in %s for %s is what the page shows and the order pins (%s)',
    async (code, zone, currency, country) => {
      const { status, body: quote } = await quoted({ kind: 'card', code, zone, currency, country })
      expect(status).toBe(200)
      const placed = await api.post(`${base}/orders`, {
        body: {
          wanted: { kind: 'card', code, zone, currency },
          itemId: quote.itemId,
          buyer: { email: `q-${randomUUID()}@example.com`, country },
          payBy: quote.payBy[0],
          acceptedTerms: quote.terms,
        },
      })
      expect(placed.status).toBe(201)
      expect(of(pinned, quote)).toEqual(of(pinned, placed.body))
      expect(BigInt(quote.gross.amount)).toBe(BigInt(quote.net.amount) + BigInt(quote.tax.amount))

      const visit = new Visitor(portal.app, leb.config.publicUrl)
      await visit.go(
        `/leb/en/checkout?${new URLSearchParams({ item: code, zone, in: currency, live: country })}`,
      )
      expect(visit.html).toContain(`name="seen_item" value="${quote.itemId}"`)
      expect(visit.html).toContain(`name="seen_hash" value="${quote.terms.sha256}"`)
      expect(visit.text).toContain(quote.taxName.en)
      expect(visit.text.includes('not yet confirmed. Included')).toBe(!quote.taxVerified)
      expect(visit.text.includes(`Within ${quote.withdrawal?.days} days of the purchase`)).toBe(
        quote.withdrawal !== null,
      )
    },
  )

  it('says until when it can be withdrawn from and how money goes back, by the law of where one lives', async () => {
    const asked = { kind: 'card', code: 'LEB3', zone: 'EU', currency: 'EUR' }
    const german = (await quoted({ ...asked, country: 'DE' })).body
    expect(german).toMatchObject({
      country: 'DE',
      gross: { amount: '1690', currency: 'EUR' },
      tax: { amount: '270' },
      taxRate: '19.00',
      taxVerified: false,
      withdrawal: { days: 14, until: '2026-12-14T22:59:59.000Z' },
      moneyBack: { unusedPlan: expect.any(String), arrivesWithinDays: expect.any(Number), verified: false },
      payBy: expect.arrayContaining(['stripe', 'voucher']),
    })
    expect(german.moneyBack.basis).toEqual(expect.any(String))
    const chinese = (await quoted({ ...asked, country: 'CN' })).body
    expect(chinese).toMatchObject({ country: 'CN', withdrawal: null })
  })

  it('of a top-up and an add-on is for the card’s own holder, and what is ordered then', async () => {
    const { card, token } = await ownCard()
    const { cardId } = card
    for (const wanted of [
      { kind: 'top_up', cardId, amount: '20.00' },
      { kind: 'add_on', cardId, code: 'DATA1G' },
    ]) {
      const { body: quote, status } = await quoted(wanted, token)
      expect([status, quote.country]).toEqual([200, 'DE'])
      const { itemId, terms } = quote
      const placed = await api.post(`${base}/orders`, {
        token,
        body: { wanted, ...(itemId && { itemId }), payBy: 'stripe', acceptedTerms: terms },
      })
      expect(placed.status).toBe(201)
      expect(of(pinned, quote)).toEqual(of(pinned, placed.body))
      expect(quote.payBy.includes('balance')).toBe(wanted.kind === 'add_on')
      expect((await quoted(wanted)).body.type).toMatch(/holder\/sign_in_needed$/)
    }
    const stranger = await seedCard(leb, { email: 'not.quoted@example.com' })
    const foreign = await quoted({ kind: 'top_up', cardId: stranger.cardId, amount: '20.00' }, token)
    expect(foreign.body.type).toMatch(/closure\/no_such_card$/)
  })

  it('refuses what an order would refuse, and says what is missing of what is asked', async () => {
    const asked = { kind: 'card', code: 'LEB3', zone: 'EU', currency: 'EUR', country: 'DE' }
    for (const [change, code] of [
      [{ country: 'QQ' }, 'order/country_unknown'],
      [{ zone: 'MOON' }, 'order/zone_not_in_plan'],
      [{ currency: 'GBP' }, 'order/no_price_in_currency'],
      [{ code: 'NOPE' }, 'order/no_such_item'],
    ] as const)
      expect((await quoted({ ...asked, ...change })).body.type).toMatch(new RegExp(`${code}$`))
    const { card, token } = await ownCard()
    const much = await quoted({ kind: 'top_up', cardId: card.cardId, amount: '9999' }, token)
    expect(much.body.type).toMatch(/order\/amount_out_of_range$/)
    for (const [query, name] of [
      [{ kind: 'card', code: 'LEB3', zone: 'EU', currency: 'EUR' }, 'country'],
      [{ kind: 'card', code: 'LEB3', currency: 'EUR', country: 'DE' }, 'zone'],
      [{ kind: 'top_up', amount: '20' }, 'cardId'],
      [{ kind: 'nothing' }, 'kind'],
    ] as const) {
      const { body } = await quoted(query)
      expect(body.errors).toEqual(expect.arrayContaining([expect.objectContaining({ in: 'query', name })]))
    }
  })

  it('is none where nothing may be sold: no rule of tax, or settings that lack for an invoice', async () => {
    const sample = leb.issuers.find(({ issuerId }) => issuerId === 'leb')!
    const asked = { kind: 'card', code: 'LEB3', zone: 'EU', currency: 'EUR', country: 'FR' }
    const put = (change: object) => putIssuer(leb.db, { ...sample, ...change }, leb.clock.now())
    await put({ rules: { ...sample.rules, tax: { rules: [], otherwise: 'refuse' } } })
    expect((await quoted(asked)).body.type).toMatch(/order\/no_tax_rule$/)
    const { seller: _, ...brand } = sample.brand
    await put({ brand })
    expect((await quoted(asked)).body.type).toMatch(/order\/not_selling$/)
    await put({})
  })
})

it('says the limits of top-ups with the catalogue: what they let through is quoted, a unit more is not', async () => {
  const { topUps } = (await api.get(`${base}/catalogue`)).body
  const { min, max } = topUps.EUR
  const { card, token } = await ownCard()
  const quote = async (minor: bigint) => {
    const amount = `${minor / 100n}.${String(minor % 100n).padStart(2, '0')}`
    return (await quoted({ kind: 'top_up', cardId: card.cardId, amount }, token)).status
  }
  expect(await Promise.all([min, max].map((one) => quote(BigInt(one))))).toEqual([200, 200])
  expect(await Promise.all([quote(BigInt(min) - 1n), quote(BigInt(max) + 1n)])).toEqual([422, 422])
})
