import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { listOrders } from './list-orders.ts'

let leb: Outside
let shop: Shop
let portal: Awaited<ReturnType<typeof openPortal>>
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
  portal = await openPortal(leb)
})
afterAll(async () => {
  await portal.close()
  await leb.stop()
})

const visitor = () => new Visitor(portal.app, leb.config.publicUrl)
/** Presses the provider's pay button as a browser would, and comes back where it sends us. */
async function payAt(visit: Visitor): Promise<Visitor> {
  const payUrl = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(visit.html)![1]!.replaceAll('&amp;', '&')
  const body = new URLSearchParams({ do: 'pay' })
  const answer = await fetch(payUrl, { method: 'POST', body, redirect: 'manual' })
  return visit.go(answer.headers.get('location')!.replace(leb.config.publicUrl, ''))
}

describe('buying a card without script', () => {
  it.each([
    ['en', 'Japan', 'Order and pay ¥2,700'],
    ['zh-CN', '日本', '下单并付款 JP¥2,700'],
  ])('from the country to the QR code (%s)', async (lang, place, button) => {
    const visit = visitor()
    await visit.go(`/leb/${lang}/shop?to=JP&in=JPY`)
    expect(visit.text).toContain(place)
    const item = /href="(\/leb\/[^"]+\/shop\/LEB3\?[^"]+)"/.exec(visit.html)![1]!.replaceAll('&amp;', '&')
    await visit.go(item)
    expect(visit.html).toContain('name="live"')
    // What happens to what is left and how one gets out is said before anything is ordered.
    expect(visit.text).toMatch(lang === 'en' ? /Closing costs nothing/ : /注销不收费/)
    // What Chinese writes between sentences has its room in itself.
    expect(visit.html).not.toMatch(/[：。，；] /)
    await visit.go(`/leb/${lang}/checkout?item=LEB3&in=JPY&zone=JP&live=JP`)
    expect(visit.text).toContain(button)
    const email = `buyer-${lang.toLowerCase()}@example.com`
    await visit.send('/checkout', { email, pay_by: 'stripe' })
    expect([visit.status, visit.text]).toEqual([422, expect.stringMatching(/read and accept|阅读并接受/)])
    await visit.send('/checkout', { email: 'nobody', pay_by: 'stripe', accept: 'yes' })
    expect(visit.status).toBe(422)
    await visit.send('/checkout', { email, pay_by: 'stripe', accept: 'yes' })
    expect(visit.address).toMatch(/\/order\/LEB-ORD-[0-9A-Z]{4}-[0-9A-Z]{5}\/[\w-]{22}\/pay$/)
    await payAt(visit)
    // The webhook did not come: the page asked by itself.
    expect(visit.html).toContain('http-equiv="refresh"')
    expect(visit.text).toMatch(/Paid\. We are getting it ready|已付款，正在准备/)
    const [, number, token] = /order\/([^/]+)\/([^/?]+)/.exec(visit.address)!
    const { order_id: orderId } = await inIssuer(leb.db, 'leb', (tx) =>
      tx
        .selectFrom('purchase_order')
        .select('order_id')
        .where('number', '=', number!)
        .executeTakeFirstOrThrow(),
    )
    await shop.look({ orderId, number: number!, token: token!, payBy: 'stripe', fresh: true })
    await visit.go(visit.address)
    expect(visit.html).toContain('<svg')
    expect(visit.text).toMatch(/LPA:1\$[\w.-]+\$/)
    // Whoever loses the phone finds the number here that closing without signing in asks for.
    expect(visit.text).toMatch(/ICCID[)）]\s*89\d{17,18}\b/)
    expect(visit.html).not.toContain('http-equiv="refresh"')
    const [own] = visit.address.split('?')
    for (const paper of ['contract', 'invoice']) {
      const pdf = await visit.fetch(`${own}/${paper}.pdf`)
      expect(
        Buffer.from(await pdf.arrayBuffer())
          .subarray(0, 5)
          .toString(),
      ).toBe('%PDF-')
    }
    // The address that was bought with signs in now.
    await visit.signIn(leb, 'leb', email, lang)
    expect(visit.text).toMatch(/Status\s*Open|状态\s*正常/)
    await visit.go(`/leb/${lang}/orders`)
    expect(visit.html).toContain(`/order/${number}/${token}`)
  })

  it('is one order when the form is sent twice', async () => {
    const visit = visitor()
    await visit.go('/leb/en/checkout?item=LEB5&in=EUR&zone=EU&live=DE')
    const form = visit.html
    const fields = { email: 'twice@example.com', pay_by: 'stripe', accept: 'yes' }
    await visit.send('/checkout', fields)
    const first = visit.address
    visit.html = form
    await visit.send('/checkout', fields)
    expect(visit.address).toBe(first)
    // The same secret from another browser is another order.
    const other = visitor()
    await other.go('/leb/en/checkout?item=LEB5&in=EUR&zone=EU&live=FR')
    const once = /name="once" value="([^"]+)"/.exec(form)![1]!
    await other.send('/checkout', { ...fields, once })
    expect(other.address).toContain('/pay')
    expect(other.address).not.toBe(first)
    const guests = await inIssuer(leb.db, 'leb', (tx) =>
      tx.selectFrom('purchase_order').select('order_id').where('jurisdiction', '=', 'DE').execute(),
    )
    expect(guests).toHaveLength(1)
  })

  it('is refused when the offer changed meanwhile, and for what is not sold', async () => {
    const visit = visitor()
    await visit.go('/leb/en/checkout?item=LEB5&in=EUR&zone=EU&live=DE')
    visit.html = visit.html.replace(
      /name="seen_item" value="[^"]+"/,
      `name="seen_item" value="${leb.ids.next()}"`,
    )
    await visit.send('/checkout', { email: 'late@example.com', pay_by: 'stripe', accept: 'yes' })
    expect([visit.status, visit.text]).toEqual([409, expect.stringContaining('The offer has changed')])
    for (const [query, status] of [
      ['item=NOPE&in=EUR&zone=EU&live=DE', 404],
      ['item=LEB3&in=EUR&zone=MOON&live=DE', 422],
      ['item=LEB3&in=XYZ&zone=EU&live=DE', 422],
      ['item=LEB3&in=EUR&zone=EU&live=QQ', 422],
      ['', 404],
    ] as const) {
      await visit.go(`/leb/en/checkout?${query}`)
      expect([query, visit.status]).toEqual([query, status])
    }
  })

  it('shows an order to nobody without its whole address', async () => {
    const placed = await shop.place()
    const visit = visitor()
    await visit.go(`/leb/en/order/${placed.number}/${'A'.repeat(22)}`)
    expect(visit.status).toBe(404)
    await visit.go(`/roamly/en/order/${placed.number}/${placed.token}`)
    expect(visit.status).toBe(404)
    await visit.go(`/leb/en/order/${placed.number}/${placed.token}`)
    expect([visit.status, visit.text]).toEqual([200, expect.stringContaining('Waiting for your payment')])
    // The address is the key: no index lists it, no cache keeps it, no other site is told it.
    expect(visit.headers.get('x-robots-tag')).toBe('noindex')
    expect(visit.headers.get('cache-control')).toBe('no-store')
    expect(visit.headers.get('referrer-policy')).toBe('same-origin')
  })
})

it('keeps who is signed in and forgot something at the order, in their own country', async () => {
  const card = await seedCard(leb, { email: 'again@example.com', residence: 'DE' })
  const visit = visitor()
  await visit.signIn(leb, 'leb', 'again@example.com')
  await visit.go('/leb/en/checkout?item=LEB3&in=EUR&zone=EU')
  await visit.send('/checkout', { pay_by: 'stripe' })
  expect([visit.status, visit.text]).toEqual([422, expect.stringContaining('read and accept')])
  expect(visit.text).toContain('VAT (Germany)')
  await visit.send('/checkout', { pay_by: 'voucher', voucher: 'NO-SUCH', accept: 'yes' })
  expect([visit.status, visit.text]).toEqual([422, expect.stringContaining('This voucher can')])
  await visit.send('/checkout', { pay_by: 'stripe', accept: 'yes' })
  expect(visit.address).toMatch(/\/pay$/)
  const orders = await inIssuer(leb.db, 'leb', (tx) => listOrders(leb, tx, 'leb', [card.holderId]))
  expect(orders).toMatchObject([{ kind: 'card', state: 'awaiting_payment' }])
})

it('says of a rule that nobody has checked the same as the closing does', async () => {
  const visit = await visitor().go('/leb/zh-CN/shop/LEB3?in=CNY')
  expect(visit.text).toContain('。这是我们的理解，尚待法务核实。')
})

describe('topping up', () => {
  it('offers a card that has ended only what brings it back', async () => {
    const email = 'ended@example.com'
    const expiresAt = new Date(leb.clock.now().getTime() - 3_600_000)
    const card = await seedCard(leb, { email, balance: 200n, residence: 'US', expiresAt })
    const visit = await visitor().signIn(leb, 'leb', email)
    await visit.go(`/leb/en/top-up/${card.cardId}`)
    expect(visit.text).toContain('This card has ended. An add-on with days brings it back')
    expect(visit.html).not.toContain('name="amount"')
    expect([...visit.html.matchAll(/item=(\w+)/g)].map(([, code]) => code)).toEqual(['DAYS3'])
    await visit.go(`/leb/en/checkout?card=${card.cardId}&item=DAYS3`)
    expect(visit.text).toContain('CN¥46.00 is missing.')
    // Where it would be sent away again.
    expect(visit.text).not.toContain('Top it up first')
  })

  it('says what is wrong with an amount, and takes a right one', async () => {
    const card = await seedCard(leb, {
      email: 'topper@example.com',
      currency: 'JPY',
      balance: 100n,
      residence: 'JP',
    })
    const visit = visitor()
    await visit.go(`/leb/en/top-up/${card.cardId}`)
    expect(visit.address).toContain('/sign-in')
    await visit.signIn(leb, 'leb', 'topper@example.com')
    await visit.go(`/leb/en/top-up/${card.cardId}`)
    expect(visit.text).toContain('Balance now: ¥100')
    for (const [amount, words] of [
      ['10.5', 'JPY has 0 digits'],
      ['1,000', 'no thousands separators'],
      ['1e3', 'not a plain amount'],
      ['NaN', 'not a plain amount'],
      ['-500', 'not below zero'],
      ['1', 'One top-up is from ¥200'],
      ['99999999999999999999', 'One top-up is from'],
      ['', 'The amount is missing. Enter one from ¥200 to ¥20,000, like 200.'],
      [' ', 'The amount is missing'],
    ] as const) {
      await visit.go(`/leb/en/checkout?card=${card.cardId}&amount=${encodeURIComponent(amount)}`)
      expect([amount, visit.status, visit.text]).toEqual([amount, 422, expect.stringContaining(words)])
    }
    await visit.go(`/leb/zh-CN/checkout?card=${card.cardId}&amount=1`)
    expect(visit.text).toContain('每次可充 JP¥200 到 JP¥20,000')
    await visit.go(`/leb/en/checkout?card=${card.cardId}&amount=500`)
    await visit.send('/checkout', { pay_by: 'stripe', accept: 'yes' })
    await payAt(visit)
    const orders = await inIssuer(leb.db, 'leb', (tx) => listOrders(leb, tx, 'leb', [card.holderId]))
    expect(orders).toMatchObject([
      { kind: 'top_up', state: 'paid', gross: { amount: 500n, currency: 'JPY' } },
    ])
    await shop.look({ ...orders[0]!, fresh: true })
    await visit.go(visit.address)
    expect(visit.text).toContain('A top-up of ¥500 is on your card')
    await visit.go('/leb/en/cards')
    expect(visit.text).toContain('¥600')
  })

  it('says at the ways to pay which amounts the chosen one takes', async () => {
    const card = await seedCard(leb, { email: 'fils@example.com', currency: 'KWD', balance: 0n })
    const visit = visitor()
    await visit.signIn(leb, 'leb', 'fils@example.com')
    await visit.go(`/leb/zh-CN/checkout?card=${card.cardId}&amount=7.125`)
    await visit.send('/checkout', { pay_by: 'stripe', accept: 'yes' })
    expect([visit.status, visit.text]).toEqual([422, expect.stringMatching(/无法收取 .*7\.125/)])
    expect(visit.text).toMatch(/整数倍，例如 .*7\.130/)
    const orders = await inIssuer(leb.db, 'leb', (tx) => listOrders(leb, tx, 'leb', [card.holderId]))
    expect(orders).toEqual([])
  })

  it('of a foreign card is as if there were none', async () => {
    const card = await seedCard(leb, { email: 'owner@example.com' })
    await seedCard(leb, { email: 'other@example.com' })
    const visit = visitor()
    await visit.signIn(leb, 'leb', 'other@example.com')
    for (const path of [`/top-up/${card.cardId}`, `/checkout?card=${card.cardId}&amount=20`, '/top-up/x']) {
      await visit.go(`/leb/en${path}`)
      expect(visit.status).toBe(404)
    }
  })
})

it('pages of the shop are small, and need no script', async () => {
  for (const path of ['/shop', '/shop/LEB3', '/checkout?item=LEB3&in=EUR&zone=EU&live=DE']) {
    const answer = await visitor().fetch(`/leb/zh-CN${path}`, { headers: { 'accept-encoding': 'br' } })
    expect(answer.headers.get('content-encoding')).toBe('br')
    expect((await answer.arrayBuffer()).byteLength).toBeLessThan(9_000)
  }
})
