import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { putSampleCatalogue } from '../plan/sample-catalogue.ts'
import { takeUsage } from '../usage/take-usage.ts'
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

it('says what usage was: the part that the balance paid for', async () => {
  await putSampleCatalogue(ctx, ['leb'])
  const card = await seedCard(ctx, { balance: 100_000n, email: 'used@example.com' })
  // Sold with 512 MB, 60 s and 5 SMS.
  const use = (recordId: string, kind: 'data' | 'voice' | 'sms', quantity: number) => {
    return { recordId, cardId: card.cardId, kind, quantity, zone: 'JP', usedAt: ctx.clock.now().getTime() }
  }
  await takeUsage(ctx, 'leb', [use('d', 'data', 515), use('v', 'voice', 120), use('s', 'sms', 7)])
  const token = await api.signIn('leb', 'used@example.com')
  const { lines } = (await api.get(`/api/v1/issuers/leb/cards/${card.cardId}/statement`, { token })).body
  const said = lines.map((line: { used?: object; what: { en: string; 'zh-CN': string } }) => [
    line.used,
    line.what,
  ])
  expect(said).toEqual(
    expect.arrayContaining([
      [
        { kind: 'data', units: '3' },
        { en: 'Usage: 3 MB data, Japan', 'zh-CN': '使用：流量 3 MB，日本' },
      ],
      [
        { kind: 'voice', units: '60' },
        { en: 'Usage: 1 min calls, Japan', 'zh-CN': '使用：通话 1 分钟，日本' },
      ],
      [
        { kind: 'sms', units: '2' },
        { en: 'Usage: 2 SMS, Japan', 'zh-CN': '使用：短信 2 条，日本' },
      ],
    ]),
  )
})

it('gives it as CSV and as PDF too, to its holder alone', async () => {
  const card = await seedCard(ctx, { balance: 1000n, email: 'files@example.com' })
  const path = `/api/v1/issuers/leb/cards/${card.cardId}/statement`
  const token = await api.signIn('leb', 'files@example.com')
  const csv = await api.get(`${path}.csv`, { token })
  expect([csv.status, csv.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8'])
  expect(String(csv.body)).toMatch(/10\.00,10\.00,CNY/)
  const pdf = await api.get(`${path}.pdf?period=2026-11`, { token })
  expect([pdf.status, pdf.headers.get('content-disposition')]).toEqual([
    200,
    `attachment; filename="statement-${card.iccid.slice(-4)}-2026-11.pdf"`,
  ])
  expect(pdf.body.subarray(0, 5).toString()).toBe('%PDF-')
  await seedCard(ctx, { email: 'other-files@example.com' })
  const other = await api.signIn('leb', 'other-files@example.com')
  for (const ending of ['csv', 'pdf']) {
    expect((await api.get(`${path}.${ending}`, { token: other })).status).toBe(404)
    expect((await api.get(`${path}.${ending}`)).status).toBe(401)
    expect((await api.get(`${path}.${ending}?period=soon`, { token })).status).toBe(422)
  }
})
