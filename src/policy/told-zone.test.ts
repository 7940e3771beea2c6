import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { toldZone } from './told-zone.ts'

// The issuer's law is China's, the holder's that of France: sold an hour ago, and nothing falls on the same day in both.
const start = '2026-11-28T20:00:00Z'
const email = 'odile@example.com'
let leb: Outside
let portal: Awaited<ReturnType<typeof openPortal>>
let card: Seeded
let visit: Visitor
beforeAll(async () => {
  leb = await openOutside({ start })
  const shop = await openShop(leb)
  portal = await openPortal(leb)
  card = await seedCard(leb, { email, residence: 'FR', currency: 'EUR', accountRef: 'ODILE' })
  await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .updateTable('card')
      .set({ sold_at: new Date('2026-11-28T19:00:00Z') })
      .where('card_id', '=', card.cardId)
      .execute(),
  )
  await shop.buy({
    wanted: { kind: 'top_up', cardId: card.cardId, amount: '20.00' },
    buyer: { kind: 'signed_in', holderIds: [card.holderId] },
  })
  visit = new Visitor(portal.app, leb.config.publicUrl)
  await visit.signIn(leb, 'leb', email)
})
afterAll(async () => {
  await portal.close()
  await leb.stop()
})

it('is that of the law under which the holder stands, not the issuer’s', () => {
  expect(toldZone('FR', leb.clock.now())).toBe('UTC')
  expect(toldZone('DE', leb.clock.now())).toBe('Europe/Berlin')
})

it.each([
  '/cards',
  '/cards/CARD/expiry',
  '/cards/CARD/statement',
  '/close/what-happens?card=CARD',
  '/close/check?card=CARD&start=at_once',
  '/orders',
  '/invoices',
])('%s tells every time of a card by one clock', async (path) => {
  await visit.go(`/leb/en${path.replace('CARD', card.cardId)}`)
  expect(visit.status).toBe(200)
  expect(visit.text).toContain('UTC')
  expect(visit.text).not.toMatch(/Beijing|China/)
})

it('a closure that follows is told by the same', async () => {
  await visit.go(`/leb/en/close/check?whole=${card.accountId}&start=at_once`)
  await visit.send('/close/declare')
  expect(visit.text).toContain('28 November 2026, 20:00 (UTC)')
  expect(visit.text).not.toContain('Beijing')
})
