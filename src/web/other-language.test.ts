import { afterAll, beforeAll, expect, test } from 'vitest'
import { openShop } from '../../test/orders.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { mailedSignInCode, openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'

let leb: Outside
let portal: Awaited<ReturnType<typeof openPortal>>
beforeAll(async () => {
  leb = await openOutside()
  portal = await openPortal(leb)
  await openShop(leb)
})
afterAll(async () => {
  await portal.close()
  await leb.stop()
})

const visitor = () => new Visitor(portal.app, 'http://127.0.0.1:8460')
const numberOn = (v: Visitor) => /closures\/([A-Z0-9-]+)\/slip\.pdf/.exec(v.html)![1]!
const wrongCode = '12345'

/** Follows the language switch of a page that answers a form; to a page, never to one that says it is not there. */
async function switchLanguage(v: Visitor): Promise<Visitor> {
  const form = v.address
  const href = /<a href="([^"]+)"[^>]* hreflang="/.exec(v.html)![1]!
  await v.go(href.replaceAll('&amp;', '&'))
  expect(v.status, `${form} → ${href}`).toBe(200)
  return v
}

test('the page that asks for the mailed code stays in the other language, and signs in to what was wanted', async () => {
  await seedCard(leb, { email: 'lang@example.com' })
  const v = await visitor().go('/leb/zh-CN/account')
  await v.send('/sign-in', { email: 'nobody' })
  expect(v.status).toBe(422)
  await switchLanguage(v)
  await v.send('/sign-in', { email: 'lang@example.com' })
  const code = await mailedSignInCode(leb, 'leb', v)
  const asked = v.html
  await switchLanguage(v)
  expect(v.text).toContain('邮件里的验证码')
  expect(await mailedSignInCode(leb, 'leb', v)).toBe(code)
  const until = (html: string) => /\d\d:\d\d/.exec(html)?.[0]
  expect(until(v.html)).toBe(until(asked))
  await v.send('/sign-in/code', { code: wrongCode })
  expect(v.status).toBe(422)
  await switchLanguage(v)
  await v.send('/sign-in/code', { code })
  expect(v.address).toBe('/leb/en/account')
})

test('the code page of a code that is used or was never sent leads to where one is asked for', async () => {
  await seedCard(leb, { email: 'used@example.com' })
  const v = await visitor().signIn(leb, 'leb', 'used@example.com')
  for (const id of ['', 'x', '01890000-0000-7000-8000-000000000000']) {
    await v.go(`/leb/en/sign-in/code?code_id=${id}&next=//evil.example`)
    expect(v.address).toBe('/leb/en/sign-in?next=%2Fleb%2Fen%2Fcards')
  }
})

test('a receipt stays in the other language, with its number, its slip and the field for the code', async () => {
  const card = await seedCard(leb, { email: 'receipt@example.com' })
  const v = await visitor().signIn(leb, 'leb', 'receipt@example.com')
  await v.go(`/leb/en/close/check?card=${card.cardId}&start=at_once`)
  await v.send('/close/declare', { iban: 'DE00', name: 'Li' })
  expect(v.status).toBe(422)
  await switchLanguage(v)
  expect(v.address).toBe(`/leb/zh-CN/close/check?card=${card.cardId}&start=at_once`)
  await v.send('/close/declare')
  const number = numberOn(v)
  await switchLanguage(v)
  expect([v.address, numberOn(v)]).toEqual([`/leb/en/closures/${number}`, number])
  await v.send('/identify', { code: wrongCode })
  expect(v.status).toBe(422)
  await switchLanguage(v)
  expect(v.address).toBe(`/leb/zh-CN/closures/${number}`)
  await v.send('/new-code')
  expect(v.address).toBe(`/leb/zh-CN/closures/${number}?code=sent`)
})

test('a receipt that nobody signed in for stays too', async () => {
  const card = await seedCard(leb)
  const v = await visitor().go('/leb/en/close/without-signing-in?act=withdraw')
  await v.send('/close/without-signing-in?act=withdraw', { iccid: '8999901000000000001' })
  expect(v.status).toBe(422)
  await switchLanguage(v)
  expect(v.address).toBe('/leb/zh-CN/close/without-signing-in?act=withdraw')
  await v.go('/leb/zh-CN/close/without-signing-in')
  await v.send('/close/without-signing-in', { iccid: card.iccid })
  await v.go('/leb/zh-CN/close/without-signing-in/check?start=at_once')
  await v.send('/declare')
  const number = numberOn(v)
  await switchLanguage(v)
  expect([v.address, numberOn(v)]).toEqual([`/leb/en/closures/${number}`, number])
  expect(v.html).toContain(`/closures/${number}/identify"`)
})

test('a checkout that was refused stays with what was chosen', async () => {
  const v = await visitor().go('/leb/en/checkout?item=LEB3&in=EUR&zone=EU&live=DE')
  await v.send('/checkout', { email: 'nobody', pay_by: 'stripe' })
  expect(v.status).toBe(422)
  await switchLanguage(v)
  expect(v.address).toBe('/leb/zh-CN/checkout?item=LEB3&zone=EU&in=EUR&live=DE')
  expect(v.html).toContain('name="live" value="DE"')
})
