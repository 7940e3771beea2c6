import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'
import { limits } from '../holder/rate-limits.ts'
import { type Issuer, putIssuer } from '../issuer/issuer.ts'
import { inIssuer } from '../platform/db.ts'

let leb: Outside
let portal: Awaited<ReturnType<typeof openPortal>>
beforeAll(async () => {
  leb = await openOutside()
  await openShop(leb)
  portal = await openPortal(leb)
})
afterAll(async () => {
  await portal.close()
  await leb.stop()
})

const visitor = () => new Visitor(portal.app, leb.config.publicUrl)
/** The links of the summary: where each leads, in the order in which they stand. */
const summary = ({ html }: Visitor) => {
  const [, inside = ''] = /<div class="sheet wrong"[^>]*>([\s\S]*?)<\/div>/.exec(html) ?? []
  return [...inside.matchAll(/<a href="#([^"]+)">/g)].map((found) => found[1])
}
const checkout = '/checkout?item=LEB3&in=EUR&zone=EU&live=DE'

it.each([
  ['en', 'There are 3 problems'],
  ['zh-CN', '有 3 处需要改一下'],
])(
  'says all that is wrong with the form at once, at the top and beside each field (%s)',
  async (lang, title) => {
    const visit = visitor()
    await visit.go(`/leb/${lang}${checkout}`)
    await visit.send('/checkout', { email: 'nobody', name: 'Jo', pay_by: 'voucher', voucher: 'ABC' })
    expect(visit.status).toBe(422)
    expect(visit.text).toContain(title)
    expect(visit.html).toMatch(/<div class="sheet wrong" role="alert" tabindex="-1" autofocus/)
    expect(summary(visit)).toEqual(['email', 'voucher', 'accept'])
    for (const field of ['email', 'voucher', 'accept']) {
      expect(visit.html).toContain(`id="${field}-fault"`)
      expect(visit.html).toMatch(
        new RegExp(`<input[^>]*id="${field}"[^>]*aria-describedby="[^"]*${field}-fault"`),
      )
    }
    // Nothing that was filled in has to be filled in again.
    for (const value of ['nobody', 'Jo', 'ABC']) expect(visit.html).toContain(`value="${value}"`)
    expect(visit.html).toMatch(/value="voucher" id="pay-voucher" checked/)
  },
)

it('keeps what was accepted, and names the single fault that is left', async () => {
  const visit = visitor()
  await visit.go(`/leb/en${checkout}`)
  await visit.send('/checkout', { email: 'nobody', pay_by: 'stripe', accept: 'yes' })
  expect(summary(visit)).toEqual(['email'])
  expect(visit.text).toContain('There is a problem')
  expect(visit.html).toMatch(/id="accept" checked/)
  await visit.send('/checkout', { email: 'jo@example.com', pay_by: 'stripe', accept: 'yes' })
  expect(visit.address).toMatch(/\/pay$/)
})

it('tells of a way to pay that can’t be beside what else is wrong', async () => {
  const email = 'short@example.com'
  const card = await seedCard(leb, { email, balance: 5_000n })
  const visit = visitor()
  await visit.signIn(leb, 'leb', email)
  await visit.go(`/leb/en/checkout?card=${card.cardId}&item=DATA1G`)
  // Spent in the meantime.
  await openShop(leb).then((shop) =>
    shop.place({
      wanted: { kind: 'add_on', cardId: card.cardId, code: 'DATA1G' },
      buyer: { kind: 'signed_in', holderIds: [card.holderId] },
      payBy: 'balance',
    }),
  )
  await visit.send('/checkout', { pay_by: 'balance' })
  expect(summary(visit)).toEqual(['pay-stripe', 'accept'])
  expect(visit.text).toContain('CN¥12.00 to spend: CN¥26.00 is missing')
})

it('leaves a voucher that may be one to the order, which counts the tries', async () => {
  const visit = visitor()
  await visit.go(`/leb/en${checkout}`)
  const fields = { email: 'jo@example.com', pay_by: 'voucher', accept: 'yes' }
  await visit.send('/checkout', { ...fields, voucher: '0123-4567-89ab-cdef' })
  expect(summary(visit)).toEqual(['voucher'])
  expect(visit.html).toContain('value="0123-4567-89ab-cdef"')
})

it.each([
  ['en', 'pay this order. Check its code'],
  ['zh-CN', '这个代金券不能用于本单'],
])('tells of a voucher that may be one beside what else is wrong (%s)', async (lang, words) => {
  const visit = visitor()
  await visit.go(`/leb/${lang}${checkout}`)
  const fields = { email: 'nobody', name: 'Jo', pay_by: 'voucher', voucher: '0123-4567-89ab-cdef' }
  await visit.send('/checkout', fields)
  expect(summary(visit)).toEqual(['email', 'voucher', 'accept'])
  expect(visit.text).toContain(words)
  for (const value of ['nobody', 'Jo', '0123-4567-89ab-cdef'])
    expect(visit.html).toContain(`value="${value}"`)
})

it('counts each look at a voucher as the try at an order that it is, and tells in the form when there were too many', async () => {
  const { points } = limits.order_per_client
  const tries = () =>
    inIssuer(leb.db, 'leb', (tx) =>
      sql<{ points: number }>`
    select points from rate_limit where key like 'order_per_client:%'`.execute(tx),
    )
  await sql`delete from rate_limit where key like 'order_per_client:%'`.execute(leb.db)
  const visit = visitor()
  await visit.go(`/leb/en${checkout}`)
  const fields = { email: 'guess@example.com', name: 'Gu', pay_by: 'voucher', voucher: '0123-4567-89ab-cdef' }
  await visit.send('/checkout', fields)
  expect((await tries()).rows).toMatchObject([{ points: 1 }])
  // Without a voucher in it a form that comes back counts nothing.
  await visit.send('/checkout', { ...fields, pay_by: 'stripe' })
  expect((await tries()).rows).toMatchObject([{ points: 1 }])

  await sql`update rate_limit set points = ${points} where key like 'order_per_client:%'`.execute(leb.db)
  for (const payBy of ['voucher', 'stripe']) {
    await visit.send('/checkout', { ...fields, email: 'nobody', pay_by: payBy })
    expect(visit.status).toBe(429)
    expect(Number(visit.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(summary(visit)).toEqual(['email', 'accept', 'order'])
    expect(visit.text).toContain('Too many tries')
  }
  // Alone, too, it takes nothing of what was typed.
  await visit.send('/checkout', { ...fields, pay_by: 'stripe', accept: 'yes' })
  expect([visit.status, summary(visit)]).toEqual([429, ['order']])
  for (const value of ['guess@example.com', 'Gu']) expect(visit.html).toContain(`value="${value}"`)
  expect(visit.html).toMatch(/id="accept" checked/)
  const chinese = visitor()
  await chinese.go(`/leb/zh-CN${checkout}`)
  await chinese.send('/checkout', { ...fields, pay_by: 'stripe', accept: 'yes' })
  expect(chinese.text).toContain('请求太频繁')
  await sql`delete from rate_limit where key like 'order_per_client:%'`.execute(leb.db)
})

it('tells of an offer that has changed in the form, with what was typed and the new offer in it', async () => {
  const visit = visitor()
  await visit.go(`/leb/en${checkout}`)
  const now = /name="seen_item" value="([^"]+)"/.exec(visit.html)![1]!
  visit.html = visit.html.replace(now, leb.ids.next())
  await visit.send('/checkout', { email: 'changed@example.com', name: 'Ch', pay_by: 'stripe', accept: 'yes' })
  expect([visit.status, summary(visit)]).toEqual([409, ['order']])
  expect(visit.html).toContain('value="changed@example.com"')
  expect(visit.html).toContain(`name="seen_item" value="${now}"`)
  await visit.send('/checkout', { email: 'changed@example.com', pay_by: 'stripe', accept: 'yes' })
  expect(visit.address).toMatch(/\/pay$/)
})

it('leads back to where one says where one lives, where nothing is sold, with the rest as it was chosen', async () => {
  const visit = visitor()
  await visit.go('/leb/en/checkout?item=LEB3&in=EUR&zone=EU&live=QQ')
  expect([visit.status, summary(visit)]).toEqual([422, ['live']])
  const sample = leb.issuers.find(({ issuerId }) => issuerId === 'leb')!
  const put = (issuer: Issuer) => putIssuer(leb.db, issuer, leb.clock.now())
  await put({ ...sample, rules: { ...sample.rules, tax: { rules: [], otherwise: 'refuse' } } })
  for (const [lang, words] of [
    ['en', 'not sold to people who live in your country'],
    ['zh-CN', '目前不向您居住的国家或地区销售'],
  ]) {
    await visit.go(`/leb/${lang}/checkout?item=LEB3&in=EUR&zone=EU&live=FR`)
    expect([visit.status, summary(visit)]).toEqual([409, ['live']])
    expect(visit.text).toContain(words)
    expect(visit.html).toMatch(/<select id="live"[^>]*aria-describedby="[^"]*live-fault"/)
    expect(visit.html).toMatch(/<option value="FR" selected/)
    expect(visit.html).toMatch(/<option value="EU" selected/)
  }
  // A top-up keeps its amount.
  const email = 'top.up.fr@example.com'
  const card = await seedCard(leb, { email, residence: 'FR', currency: 'EUR' })
  await visit.signIn(leb, 'leb', email)
  await visit.go(`/leb/en/checkout?card=${card.cardId}&amount=23.45`)
  expect([visit.status, summary(visit)]).toEqual([409, ['amount']])
  expect(visit.html).toContain('value="23.45"')
  // Whose account says where they live finds it at the button.
  await visit.go('/leb/en/checkout?item=LEB3&in=EUR&zone=EU')
  expect([visit.status, summary(visit)]).toEqual([409, ['go']])
  await put(sample)
})
