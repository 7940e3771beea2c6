import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'

let leb: Outside
let portal: Awaited<ReturnType<typeof openPortal>>
let shop: Awaited<ReturnType<typeof openShop>>
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
  portal = await openPortal(leb)
})
afterAll(async () => {
  await portal.close()
  await leb.stop()
})

const link = (visit: Visitor, words: string) =>
  new RegExp(`href="([^"]+)"[^>]*>${words}<`).exec(visit.html)?.[1]

it.each([
  { lang: 'en', older: 'Older orders', newest: 'Back to the newest' },
  { lang: 'zh-CN', older: '更早的订单', newest: '回到最新' },
])('every order is reached by plain links, newest first ($lang)', async ({ lang, older, newest }) => {
  const email = `many-${lang.toLowerCase()}@example.com`
  const { holderId, accountId } = await seedCard(leb, { email })
  const made: string[] = []
  for (let n = 0; n < 45; n++) {
    leb.clock.advance({ seconds: 1 })
    const buyer = { kind: 'signed_in' as const, holderIds: [holderId], accountId }
    made.unshift((await shop.place({ buyer, client: `192.0.2.${n}` })).number)
  }
  const visit = new Visitor(portal.app, leb.config.publicUrl)
  await visit.signIn(leb, 'leb', email, lang)
  await visit.go(`/leb/${lang}/orders`)
  expect(link(visit, newest)).toBeUndefined()
  const seen: string[][] = []
  for (;;) {
    seen.push([...visit.html.matchAll(/\/order\/([\w-]+)\/[\w-]{22}"/g)].map((found) => found[1]!))
    const next = link(visit, older)
    if (!next) break
    await visit.go(next)
    expect(visit.status).toBe(200)
    expect(link(visit, newest)).toBe(`/leb/${lang}/orders`)
  }
  expect(seen.map((page) => page.length)).toEqual([20, 20, 5])
  expect(seen.flat()).toEqual(made)
})

it('begins no page at what is nobody’s, or somebody else’s', async () => {
  const other = await seedCard(leb, { email: 'else@example.com' })
  const placed = await shop.place({
    buyer: { kind: 'signed_in', holderIds: [other.holderId], accountId: other.accountId },
  })
  await seedCard(leb, { email: 'asks@example.com' })
  const visit = new Visitor(portal.app, leb.config.publicUrl)
  await visit.signIn(leb, 'leb', 'asks@example.com')
  for (const before of [placed.number, 'LEB-ORD-0000-00000', '', "'"]) {
    await visit.go(`/leb/en/orders?before=${before}`)
    expect([before, visit.status]).toEqual([before, before === '' ? 200 : 404])
  }
})
