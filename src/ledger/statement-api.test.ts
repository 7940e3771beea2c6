import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { postUsage } from './post-usage.ts'

let ctx: TestWorld
let api: Api
beforeAll(async () => {
  ctx = await openTestWorld()
  api = openApi(ctx)
})
afterAll(async () => {
  await api.close()
  await ctx.stop()
})

it('tells a card’s statement page by page to its holder, and to nobody else', async () => {
  const card = await seedCard(ctx, { balance: 1000n, email: 'api@example.com' })
  await inIssuer(ctx.db, 'leb', (tx) => {
    const line = { hash: Buffer.from('h'), cardId: card.cardId, gross: 300n, net: 300n, tax: 0n, late: false }
    return postUsage(ctx, tx, 'leb', [{ ...line, recordKey: 'one' }])
  })
  const path = `/api/v1/issuers/leb/cards/${card.cardId}/statement`
  const token = await api.signIn('leb', 'api@example.com')
  const first = await api.get(`${path}?limit=1`, { token })
  expect(first.body).toMatchObject({
    cardId: card.cardId,
    balance: { amount: '700', currency: 'CNY' },
    held: { amount: '0', currency: 'CNY' },
    lines: [
      { reason: 'usage', what: { en: 'Usage' }, amount: { amount: '-300' }, balanceAfter: { amount: '700' } },
    ],
  })
  const second = await api.get(`${path}?before=${first.body.older}`, { token })
  expect(second.body).toMatchObject({
    lines: [{ reason: 'opening', balanceAfter: { amount: '1000' } }],
    older: null,
  })

  for (const query of ['limit=0', 'limit=1e3', 'before=1', 'limit=501'])
    expect((await api.get(`${path}?${query}`, { token })).status, query).toBe(422)
  await seedCard(ctx, { email: 'other@example.com' })
  const other = await api.signIn('leb', 'other@example.com')
  expect((await api.get(path, { token: other })).body.type).toMatch(/closure\/no_such_card$/)
  expect((await api.get(path)).status).toBe(401)
})
