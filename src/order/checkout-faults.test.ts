import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'

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
