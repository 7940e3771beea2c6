import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { brokenRules, schemaFaults } from '../invoice/en16931-rules.fixture.ts'
import { putIssuer } from '../issuer/issuer.ts'
import { sampleIssuers } from '../issuer/sample-issuers.ts'
import { type IssuerTax, taxUnlessTold } from '../issuer/tax-rules.ts'
import { inIssuer } from '../platform/db.ts'

let leb: Outside
let api: Api
let shop: Shop
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

const base = '/api/v1/issuers/leb'
const sample = sampleIssuers()[0]!

/** Gives the issuer rules of tax, and leaves its providers where they listen. */
async function taxed(tax: IssuerTax): Promise<void> {
  const row = await leb.db
    .selectFrom('issuer')
    .select('providers')
    .where('issuer_id', '=', 'leb')
    .executeTakeFirstOrThrow()
  const providers = row.providers as typeof sample.providers
  await putIssuer(leb.db, { ...sample, providers, rules: { ...sample.rules, tax } }, leb.clock.now())
}

async function order(country: string) {
  const { plans, terms } = (await api.get(`${base}/catalogue`)).body
  const plan = plans.find((one: { code: string }) => one.code === 'LEB3')
  return api.post(`${base}/orders`, {
    body: {
      wanted: { kind: 'card', code: 'LEB3', zone: 'EU', currency: 'EUR' },
      itemId: plan.itemId,
      buyer: { email: `tax-${randomUUID()}@example.com`, country },
      payBy: 'stripe',
      acceptedTerms: { version: terms.version, sha256: terms.sha256 },
    },
  })
}
const checkout = async (country: string, lang = 'en') => {
  const visit = new Visitor(portal.app, leb.config.publicUrl)
  await visit.go(`/leb/${lang}/checkout?item=LEB3&in=EUR&zone=EU&live=${country}`)
  return visit
}
const french: IssuerTax['rules'][number] = {
  residence: ['FR'],
  zones: ['EU'],
  rate_bp: 2000,
  name: { 'zh-CN': '法国增值税', en: 'VAT (France)' },
  basis: 'CGI Art. 278',
  verified: true,
}

it('refuses a buyer whom no rule of tax fits, at the checkout and by API, and charges nothing', async () => {
  await taxed(taxUnlessTold)
  const refused = await order('FR')
  expect([refused.status, refused.body.type]).toEqual([409, expect.stringMatching(/order\/no_tax_rule$/)])
  const visit = await checkout('FR')
  expect(visit.status).toBe(409)
  expect(visit.text).toContain('not sold to people who live in your country')
  expect(visit.text).not.toContain('No tax charged')
  expect((await checkout('FR', 'zh-CN')).text).toContain('目前不向您居住的国家或地区销售')
  expect((await order('DE')).status).toBe(201)
})

it('sells as outside of the tax where the issuer says so, and says that nobody has confirmed it', async () => {
  await taxed({ rules: [], otherwise: 'outside' })
  expect((await order('JP')).body).toMatchObject({
    tax: { amount: '0' },
    taxName: { en: 'Outside the scope of the tax' },
    taxVerified: false,
  })
  expect((await checkout('JP')).text).toContain('Outside the scope of the tax. This tax is our reading')
})

it('takes the issuer’s rule, marks what nobody has verified, and keeps what was ordered as it was', async () => {
  await taxed({ rules: [french], otherwise: 'refuse' })
  const sold = (await order('FR')).body
  expect(sold).toMatchObject({
    tax: { amount: '282' },
    taxRate: '20.00',
    taxName: { en: 'VAT (France)' },
    taxBasis: 'CGI Art. 278',
    taxVerified: true,
  })
  expect((await checkout('FR')).text).toContain('Of which VAT (France) 20% €2.82')
  expect((await checkout('FR')).text).not.toContain('This tax is our reading')

  await taxed({ rules: [{ ...french, rate_bp: 1000, verified: false }], otherwise: 'refuse' })
  const shown = await checkout('FR')
  expect(shown.text).toContain('Of which VAT (France) 10% €1.54. This tax is our reading')
  const again = await api.get(`${base}/orders/${sold.number}`, { token: sold.accessToken })
  expect(again.body).toMatchObject({ tax: { amount: '282' }, taxRate: '20.00', taxVerified: true })
  const visit = new Visitor(portal.app, leb.config.publicUrl)
  await visit.go(new URL(sold.pageUrl).pathname)
  expect(visit.text).toContain('20% €2.82')
})

it.each([
  ['zero', 'Z', undefined],
  ['exempt', 'E', 'VAT (France): CGI Art. 278'],
  ['outside', 'O', 'VAT (France): CGI Art. 278'],
] as const)(
  'invoices what is sold as %s by the category %s, by the rules of EN 16931',
  async (untaxed, category, why) => {
    const roamly = leb.issuers.find((one) => one.issuerId === 'roamly')!
    const { name, basis, verified } = french
    const tax: IssuerTax = { rules: [{ name, basis, verified, rate_bp: 0, untaxed }], otherwise: 'refuse' }
    const { orderId } = await shop.buy({
      issuerId: 'roamly',
      issuer: { ...roamly, rules: { ...roamly.rules, tax } },
      live: 'US',
      wanted: { kind: 'card', code: 'LEB3', zone: 'EU', currency: 'EUR' },
    })
    const { xml } = await inIssuer(leb.db, 'roamly', (tx) =>
      tx.selectFrom('invoice').select('xml').where('order_id', '=', orderId).executeTakeFirstOrThrow(),
    )
    expect(brokenRules(xml!)).toEqual([])
    expect(schemaFaults(xml!)).toEqual([])
    const said = (name: string) =>
      [...xml!.matchAll(new RegExp(`<ram:${name}>([^<]*)`, 'g'))].map((hit) => hit[1])
    expect(new Set(said('CategoryCode'))).toEqual(new Set([category]))
    expect(said('ExemptionReason')).toEqual(why ? [why] : [])
  },
)
