import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { orderPath } from './order-token.ts'

let leb: Outside
let shop: Shop
let portal: Awaited<ReturnType<typeof openPortal>>
beforeAll(async () => {
  leb = await openOutside({ start: '2026-11-28T10:00:00Z' })
  shop = await openShop(leb)
  portal = await openPortal(leb)
})
afterAll(async () => {
  await portal.close()
  await leb.stop()
})

it('says on the order’s page which tax is in the price, and until when one can withdraw', async () => {
  const wanted = { kind: 'card' as const, code: 'LEB3', zone: 'EU', currency: 'EUR' }
  const german = await shop.buy({ wanted, live: 'DE' })
  const chinese = await shop.buy({ wanted, live: 'CN' })
  const v = new Visitor(portal.app, leb.config.publicUrl)
  await v.go(orderPath('en', await shop.view(german)))
  expect(v.text).toContain('Of which VAT (Germany) 19% €2.70')
  expect(v.text).toContain(
    'Until 14 December 2026 (Central European Time) you can also withdraw from the contract',
  )
  await v.go(orderPath('zh-CN', await shop.view(german)))
  expect(v.text).toMatch(/截至 2026 ?年 ?12 ?月 ?14 ?日.*您还可以撤回合同/)
  await v.go(orderPath('en', await shop.view(chinese)))
  expect(v.text).not.toContain('withdraw')
  leb.clock.advance({ days: 17 })
  await v.go(orderPath('en', await shop.view(german)))
  expect(v.text).not.toContain('withdraw')
})
