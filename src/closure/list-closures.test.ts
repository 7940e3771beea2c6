import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { seedCard, seedCards, type Seeded } from '../../test/seed.ts'
import { declareClosure } from './declare.ts'

let leb: Outside
let api: Api
beforeAll(async () => {
  leb = await openOutside()
  api = openApi(leb)
})
afterAll(async () => {
  await api.close()
  await leb.stop()
})

const path = '/api/v1/issuers/leb/closures'
const numbers = (answer: { body: { closures: { number: string }[] } }) =>
  answer.body.closures.map(({ number }) => number)

async function declared({ accountId, cardId }: Seeded): Promise<string> {
  const { number } = await declareClosure(leb, {
    issuerId: 'leb',
    accountId,
    cardIds: [cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'Asia/Shanghai',
    receivedBy: 'portal',
    identity: 'signed_in',
  })
  return number
}

it('lists closures page by page, also those of the same moment, and begins at none of somebody else’s', async () => {
  const email = 'lists@example.com'
  const cards = await seedCards(leb, [
    { email, accountRef: 'L1' },
    { email, accountRef: 'L1' },
    { email, accountRef: 'L1' },
  ])
  // The clock stands still between the first two.
  const first = [await declared(cards[0]!), await declared(cards[1]!)]
  leb.clock.advance({ seconds: 5 })
  const last = await declared(cards[2]!)
  const token = await api.signIn('leb', email)

  const whole = await api.get(path, { token })
  expect([whole.status, whole.body.older]).toEqual([200, null])
  expect([numbers(whole)[0], numbers(whole).slice(1).toSorted()]).toEqual([last, first.toSorted()])

  const pages: string[] = []
  let query = '?limit=1'
  for (let at = 0; at < 3; at++) {
    const page = await api.get(path + query, { token })
    pages.push(...numbers(page))
    query = `?limit=1&before=${page.body.older}`
    expect(page.body.older).toBe(at < 2 ? pages.at(-1) : null)
  }
  expect(pages).toEqual(numbers(whole))

  const foreign = await declared(await seedCard(leb, { email: 'other@example.com' }))
  expect((await api.get(`${path}?before=${foreign}`, { token })).status).toBe(404)
  expect((await api.get(`${path}?limit=101`, { token })).status).toBe(422)
})
