import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'

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

const path = '/api/v1/issuers/leb/orders'
const numbers = (answer: { body: { orders: { number: string }[] } }) =>
  answer.body.orders.map(({ number }) => number)

/** Orders of one buyer, the newest first. */
async function bought({ holderId, accountId }: Seeded, count: number): Promise<string[]> {
  const made: string[] = []
  for (let n = 0; n < count; n++) {
    const { number } = await shop.place({ buyer: { kind: 'signed_in', holderIds: [holderId], accountId } })
    made.unshift(number)
  }
  return made
}

it('lists what a holder has ordered, page by page, also what was ordered at the same moment', async () => {
  const card = await seedCard(leb, { email: 'buys@example.com' })
  // The clock stands still between the first three: which of them is newer is not said, but stays the same.
  const first = await bought(card, 3)
  leb.clock.advance({ seconds: 5 })
  const [last] = await bought(card, 1)
  const token = await api.signIn('leb', 'buys@example.com')

  const whole = await api.get(path, { token })
  const all = numbers(whole)
  expect([whole.status, all[0], all.slice(1).toSorted(), whole.body.older]).toEqual([
    200,
    last,
    first.toSorted(),
    null,
  ])
  const single = await api.get(`${path}/${all[0]}`, { token })
  expect(whole.body.orders[0]).toEqual(single.body)

  const pages: string[][] = []
  for (let before: string | null = ''; before !== null;) {
    const page = await api.get(`${path}?limit=2${before && `&before=${before}`}`, { token })
    pages.push(numbers(page))
    before = page.body.older as string | null
  }
  expect(pages).toEqual([all.slice(0, 2), all.slice(2)])
  // Bought meanwhile, one shows on no later page, and none is shown twice.
  leb.clock.advance({ seconds: 5 })
  const [newest] = await bought(card, 1)
  expect(numbers(await api.get(`${path}?limit=2&before=${all[1]}`, { token }))).toEqual(all.slice(2))
  expect(numbers(await api.get(`${path}?limit=1`, { token }))).toEqual([newest])
})

it("shows nobody else's orders, under whatever token, and lets none of them begin a page", async () => {
  const [mine, theirs] = [
    await seedCard(leb, { email: 'mine@example.com' }),
    await seedCard(leb, { email: 'theirs@example.com' }),
  ]
  const [foreign] = await bought(theirs, 1)
  const own = await bought(mine, 1)
  const token = await api.signIn('leb', 'mine@example.com')
  expect(numbers(await api.get(path, { token }))).toEqual(own)
  for (const before of [foreign, 'LEB-ORD-0000-00000']) {
    const answer = await api.get(`${path}?before=${before}`, { token })
    expect([answer.status, answer.body.type]).toEqual([404, '/problems/order/no_such_order'])
  }
  // Another issuer's session, an order's own token, none at all.
  await seedCard(leb, { issuerId: 'roamly', email: 'mine@example.com' })
  const guest = (await shop.place()).token
  for (const wrong of [await api.signIn('roamly', 'mine@example.com'), guest, undefined])
    expect((await api.get(path, { token: wrong })).status).toBe(401)
})

it('shows nothing to whoever has ordered nothing, and takes no page that is none', async () => {
  await seedCard(leb, { email: 'window@example.com' })
  const token = await api.signIn('leb', 'window@example.com')
  expect((await api.get(path, { token })).body).toEqual({ orders: [], older: null })
  for (const query of ['limit=0', 'limit=101', 'limit=1e3', 'limit=x', 'before=1'])
    expect((await api.get(`${path}?${query}`, { token })).status, query).toBe(422)
})
