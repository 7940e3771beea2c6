import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'

let world: TestWorld
let api: Api
beforeAll(async () => {
  world = await openTestWorld()
  api = openApi(world)
})
afterAll(async () => {
  await api.close()
  await world.stop()
})

it.each([
  ['en', 'de', undefined, 'en'],
  ['zh-CN', '*', undefined, 'zh-CN'],
  ['en', '', undefined, 'en'],
  ['en', 'zh-Hans', undefined, 'zh-CN'],
  ['zh-CN', 'de, en;q=0.5', undefined, 'en'],
  ['en', 'en', 'zh-CN', 'zh-CN'],
] as const)(
  'of a holder in %s who asks with "%s" and says %s, mails are in %s',
  async (locale, wished, said, mails) => {
    const email = `${world.ids.next()}@example.com`
    const card = await seedCard(world, { email, locale })
    const token = await api.signIn('leb', email)
    const answer = await api.post('/api/v1/issuers/leb/closures', {
      token,
      headers: { 'accept-language': wished },
      body: {
        accountId: card.accountId,
        cards: [card.cardId],
        start: 'at_once',
        zone: 'Asia/Shanghai',
        ...(said && { locale: said }),
      },
    })
    expect(answer.status).toBe(201)
    const closure = await inIssuer(world.db, 'leb', (tx) =>
      tx
        .selectFrom('closure')
        .select('locale')
        .where('number', '=', answer.body.number as string)
        .executeTakeFirstOrThrow(),
    )
    expect(closure.locale).toBe(mails)
  },
)
