import { randomUUID } from 'node:crypto'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openShop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'

/** One language for a request: docs/adr/0037. */
let leb: Outside
let api: Api
beforeAll(async () => {
  leb = await openOutside()
  await openShop(leb)
  api = openApi(leb)
})
afterAll(async () => {
  await api.close()
  await leb.stop()
})

/** Headers without the English that the test's client sends. */
const silent = { 'accept-language': '' }
const [zh, en] = ['您没有这个账户', 'You have no such account']
/** A problem that whoever is signed in gets: an account that is none of theirs. */
const refused = (issuerId: string, headers: Record<string, string>, token?: string) =>
  api.get(`/api/v1/issuers/${issuerId}/accounts/${leb.ids.next()}/closure-preview?act=terminate`, {
    token,
    headers,
  })

async function holder(locale: 'zh-CN' | 'en', issuerId = 'leb') {
  const email = `${locale.toLowerCase()}.${randomUUID()}@example.com`
  const card = await seedCard(leb, { issuerId, locale, email })
  return { ...card, email, token: await api.signIn(issuerId, email) }
}
const mailsTo = async (email: string, issuerId = 'leb') => {
  await leb.sendMails(issuerId)
  return Promise.all(leb.world.sims.mail.messages(email).map(({ raw }) => simpleParser(raw)))
}

it('says problems in what is asked for, else in what the account reads, else in what the issuer does', async () => {
  const [chinese, english] = [await holder('zh-CN'), await holder('en')]
  for (const [headers, token, title] of [
    [silent, chinese.token, zh],
    [silent, english.token, en],
    [{ 'accept-language': '*' }, english.token, en],
    [{ 'accept-language': 'en' }, chinese.token, en],
    [{ 'accept-language': 'zh-TW, en;q=0.5' }, english.token, zh],
    [{ 'accept-language': 'fr' }, chinese.token, en],
  ] as const) {
    const { body, headers: said } = await refused('leb', headers, token)
    expect(body.title).toBe(title)
    expect(said.get('content-language')).toBe(title === zh ? 'zh-CN' : 'en')
    expect(said.get('vary')).toContain('Accept-Language')
  }
  // Nobody is signed in: the issuer's.
  expect((await refused('leb', silent)).body.title).toBe('请先登录')
  expect((await refused('roamly', silent)).body.title).toBe('Please sign in')
  expect((await refused('nobody', silent)).body.title).toMatch(/^[A-Z]/)
  // Also what never comes as far as the route.
  const { body } = await api.post('/api/v1/issuers/leb/sign-in-codes', { headers: silent, body: {} })
  expect(body.errors[0].detail).toBe('缺失')
})

it('mails the code in what the account reads where nobody asks for a language, and answers the same to anybody', async () => {
  const { email } = await holder('en')
  const { email: chinese } = await holder('zh-CN', 'roamly')
  const ask = (issuerId: string, to: string, headers = silent, more = {}) =>
    api.post(`/api/v1/issuers/${issuerId}/sign-in-codes`, { headers, body: { email: to, ...more } })
  const known = await ask('leb', email)
  const unknown = await ask('leb', `nobody.${randomUUID()}@example.com`)
  expect([known.status, Object.keys(known.body)]).toEqual([unknown.status, Object.keys(unknown.body)])
  expect((await mailsTo(email)).at(-1)!.subject).toBe('Your sign-in code')
  await ask('roamly', chinese)
  expect((await mailsTo(chinese, 'roamly')).at(-1)!.subject).toBe('您的登录验证码')
  await ask('leb', email, { 'accept-language': 'zh-CN' })
  expect((await mailsTo(email)).at(-1)!.subject).toBe('您的登录验证码')
  await ask('leb', email, { 'accept-language': 'zh-CN' }, { locale: 'en' })
  expect((await mailsTo(email)).at(-1)!.subject).toBe('Your sign-in code')
})

it('declares and orders in the same language', async () => {
  const { email, iccid, cardId, token } = await holder('en')
  const body = { iccid, start: 'at_once', zone: 'Asia/Shanghai' }
  const unsigned = await api.post('/api/v1/issuers/leb/closures/without-signing-in', {
    headers: silent,
    body,
  })
  expect(unsigned.status).toBe(201)
  expect((await mailsTo(email)).map(({ subject }) => subject)).toContain(
    `We have your declaration: ${unsigned.body.number}`,
  )
  const { terms } = (await api.get('/api/v1/issuers/leb/catalogue')).body
  const acceptedTerms = { version: terms.version, sha256: terms.sha256 }
  const topUp = { wanted: { kind: 'top_up', cardId, amount: '20.00' }, payBy: 'stripe', acceptedTerms }
  const own = await api.post('/api/v1/issuers/leb/orders', { headers: silent, token, body: topUp })
  expect(own.body.pageUrl).toContain('/leb/en/')

  const guest = async (issuerId: string, headers: Record<string, string>, locale?: string) => {
    const sold = (await api.get(`/api/v1/issuers/${issuerId}/catalogue`)).body
    const [plan] = sold.plans
    const wanted = { kind: 'card', code: plan.code, zone: plan.zones[0].code, currency: 'EUR' }
    const buyer = { email: `guest.${randomUUID()}@example.com`, country: 'DE' }
    const { version, sha256 } = sold.terms
    const asked = { wanted, itemId: plan.itemId, buyer, payBy: 'stripe', acceptedTerms: { version, sha256 } }
    return (
      await api.post(`/api/v1/issuers/${issuerId}/orders`, {
        headers,
        body: { ...asked, ...(locale && { locale }) },
      })
    ).body
  }
  expect((await guest('leb', silent)).pageUrl).toContain('/leb/zh-CN/')
  expect((await guest('roamly', silent)).pageUrl).toContain('/roamly/en/')
  // Who holds the token of an order is spoken to as the order was made.
  const order = await guest('leb', silent, 'en')
  const read = (accessToken: string, path = '') =>
    api.get(`/api/v1/issuers/leb/orders/${order.number}${path}`, { headers: silent, token: accessToken })
  expect((await read(order.accessToken)).body.pageUrl).toContain('/leb/en/')
  expect((await read('x'.repeat(22))).body.title).toMatch(/[\u4e00-\u9fff]/)
})
