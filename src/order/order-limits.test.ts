import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { limits } from '../holder/rate-limits.ts'

let leb: Outside
let shop: Shop
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterAll(() => leb.stop())

it('mails only so many unpaid orders to one address, however it is spelled and whoever asks', async () => {
  const { points } = limits.bank_order_per_address_a_day
  const [sells] = leb.issuers
  const payouts = { name: 'Lisboa eSIM', iban: 'DE89370400440532013000' }
  const issuer = { ...sells!, providers: { ...sells!.providers, payouts } }
  const ask = (n: number, payBy: 'bank' | 'stripe' = 'bank') => {
    const email = n % 2 ? 'Victim@Example.com' : ' victim@example.com'
    return shop.place({
      issuer,
      buyer: { kind: 'guest', email, name: '', live: 'CN' },
      client: `192.0.2.${n}`,
      payBy,
    })
  }
  for (let n = 0; n < points; n++) expect((await ask(n)).fresh).toBe(true)
  await expect(ask(points)).rejects.toMatchObject({ code: 'holder/too_often' })
  // By card nothing is mailed before it is paid: the address's own holder still buys.
  expect((await ask(points + 1, 'stripe')).fresh).toBe(true)
  expect((await shop.place({ issuer, payBy: 'bank' })).fresh).toBe(true)
})
