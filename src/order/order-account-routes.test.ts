import { afterAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'
import { unzip } from '../../test/unzip.ts'
import { limits } from '../holder/rate-limits.ts'
import { exportAccount } from '../privacy/export-person.ts'
import { iban, openBankRefunds } from './bank-refund.fixture.ts'
import { orderPath } from './order-token.ts'
import type { Placed } from './place-order.ts'

const stage = await openBankRefunds()
const { leb, issuerId, view } = stage
const portal = await openPortal(leb)
const api: Api = openApi(leb)
afterAll(async () => {
  await api.close()
  await portal.close()
  await stage.close()
})

const visitor = () => new Visitor(portal.app, leb.config.publicUrl)
const pathOf = async (placed: Placed, lang = 'en') => orderPath(lang, await view(placed))
const asking = async (placed: Placed) => (await view(placed)).transfer

it('is named by the mailed link alone, without script and without signing in, and put right where it was typed', async () => {
  const placed = await stage.undelivered('guest@example.com')
  const v = visitor()
  await v.go(await pathOf(placed))
  expect(v.text).toContain('Where shall we transfer your money?')
  expect(v.text).toContain('€16.90 can&#39;t go back the way it came')
  expect(v.html).not.toContain('/bank-account')
  const link = await stage.mailedLink('guest@example.com')
  await v.go(link)
  expect(v.text).toContain(placed.number)
  await v.send(link, { iban: 'DE88370400440532013000', name: '安娜' })
  expect(v.html).toMatch(/href="#iban".*href="#name"/s)
  expect(v.text).toContain('Write the name in Latin letters')
  await v.send(link, { iban: 'DE88370400440532013000', name: 'Anna Groß' })
  expect(v.status).toBe(422)
  expect(v.text).toContain('A sign in this IBAN is wrong')
  expect(v.html).toContain('value="DE88370400440532013000"')
  expect(v.address).not.toContain('DE88')
  await v.send(link, { iban: 'de89 3704 0044 0532 0130 00', name: 'Anna Groß' })
  expect(v.address).toBe(await pathOf(placed))
  expect(v.text).toContain('Your account is noted. €16.90 goes out with our next file for the bank')
  expect(v.html).not.toContain('DE8937')
  // Until the file is made it can be changed, and what was typed is not shown again.
  await v.go(link)
  expect(v.html).not.toContain('DE89370400440532013000')
  await stage.file()
  await v.go(link)
  expect(v.address).toBe(await pathOf(placed))
  expect(v.text).toContain('€16.90 is with the bank')
  await stage.settled(await stage.booked(placed))
  await stage.look(placed)
  await v.go(await pathOf(placed))
  expect(v.text).toContain('€16.90 was transferred to your bank account')
})

it('says it in Chinese as well', async () => {
  const placed = await stage.undelivered('zh@example.com')
  const v = visitor()
  await v.go(await pathOf(placed, 'zh-CN'))
  expect(v.text).toContain('€16.90 无法原路退回')
  expect(v.html).not.toMatch(/[：。，；] /)
  await v.go((await stage.mailedLink('zh@example.com')).replace('/en/', '/zh-CN/'))
  expect(v.text).toContain('请填写您本人名下的银行账户')
})

it('is no business of who has only the page: the link is mailed again, and no oftener than it may', async () => {
  const placed = await stage.undelivered('owner@example.com')
  const other = await stage.undelivered('other@example.com')
  const here = await pathOf(placed)
  const v = visitor()
  await v.go(`${here}/bank-account`)
  expect(v.status).toBe(403)
  expect(v.text).toContain('Name the account from the link in our e-mail')
  const key = (await stage.mailedLink('other@example.com')).split('/').at(-1)!
  await v.go(`${here}/bank-account/${key}`)
  expect(v.status).toBe(403)
  await v.go(here)
  const form_token = /name="form_token" value="([^"]+)"/.exec(v.html)![1]!
  const body = new URLSearchParams({ form_token, iban, name: 'Eve' })
  for (const address of [`${here}/bank-account`, `${here}/bank-account/${key}`]) {
    await v.go(address, { method: 'POST', body, headers: { origin: v.origin } })
    expect(v.status).toBe(403)
  }
  expect(await asking(placed)).toMatchObject({ account: 'wanted' })
  expect(await asking(other)).toMatchObject({ account: 'wanted' })

  const before = (await stage.mails('owner@example.com')).length
  for (let n = 0; n < limits.account_link_per_order.points; n++) {
    await v.go(here)
    await v.send('/account-link')
    expect(v.text).toContain('The link is on its way to the address you ordered with')
  }
  expect(await stage.mails('owner@example.com')).toHaveLength(before + limits.account_link_per_order.points)
  await v.go(here)
  await v.send('/account-link')
  expect(v.status).toBe(429)
})

it('is named on the page by whoever is signed in as the buyer, and by no other holder', async () => {
  const email = 'signed@example.com'
  const card = await seedCard(leb, { issuerId, email, currency: 'EUR', residence: 'DE' })
  await seedCard(leb, { issuerId, email: 'stranger@example.com', currency: 'EUR', residence: 'DE' })
  const placed = await stage.undelivered()
  await stage.own((tx) =>
    tx
      .updateTable('purchase_order')
      .set({ holder_id: card.holderId, account_id: card.accountId })
      .where('order_id', '=', placed.orderId)
      .execute(),
  )
  const here = await pathOf(placed)
  const stranger = await visitor().signIn(leb, issuerId, 'stranger@example.com')
  await stranger.go(`${here}/bank-account`)
  expect(stranger.status).toBe(403)
  const v = await visitor().signIn(leb, issuerId, email)
  await v.go(here)
  expect(v.html).toContain(`${here}/bank-account`)
  await v.go(`${here}/bank-account`)
  await v.send('/bank-account', { iban, name: 'Li Lei' })
  expect(v.address).toBe(here)
  const taken = unzip(await exportAccount(leb, { issuerId, accountId: card.accountId }))
  expect(JSON.parse(taken.get('data.json')!)).toMatchObject({
    orders: [{ number: placed.number, bank_account: { iban, name: 'Li Lei' } }],
  })
  expect(await asking(placed)).toMatchObject({ account: 'given' })
})

it('is named over the API by key or session, once for each key, and never answered back', async () => {
  const placed = await stage.undelivered('api@example.com')
  const at = `/api/v1/issuers/${issuerId}/orders/${placed.number}`
  const { token } = await view(placed)
  expect((await api.get(at, { token })).body.refund).toEqual({
    route: 'bank_transfer',
    amount: { amount: '1690', currency: 'EUR' },
    transfer: { state: 'waiting', account: 'wanted' },
  })
  const name = (body: object, more: object = {}) =>
    api.post(`${at}/bank-account`, { token, body: { iban, name: 'Li Lei', ...body }, ...more })
  const alone = await name({})
  expect([alone.status, alone.body.type]).toEqual([403, expect.stringMatching(/order\/account_link_needed$/)])
  const wrong = await name({ key: 'a'.repeat(22) })
  expect(wrong.status).toBe(403)
  const link = await api.post(`${at}/bank-account-link`, { token })
  expect(link.status).toBe(204)
  const key = (await stage.mailedLink('api@example.com')).split('/').at(-1)!
  const faulty = await name({ key, iban: 'DE88370400440532013000' })
  expect([faulty.status, faulty.body.type]).toEqual([422, expect.stringMatching(/payout\/iban_digits$/)])
  for (const replayed of [null, 'true']) {
    const noted = await name({ key }, { key: 'one-key-for-both-0001' })
    expect([noted.status, noted.headers.get('idempotent-replayed')]).toEqual([204, replayed])
  }
  const seen = await api.get(at, { token })
  expect(seen.body.refund.transfer).toEqual({ state: 'waiting', account: 'given' })
  expect(JSON.stringify(seen.body)).not.toMatch(/DE89|0532013000/)
  const foreign = await stage.undelivered()
  const others = await api.post(`/api/v1/issuers/${issuerId}/orders/${foreign.number}/bank-account`, {
    token,
    body: { iban, name: 'Eve', key },
  })
  expect(others.status).toBe(404)
  await stage.file()
  const late = await name({ key })
  expect([late.status, late.body.type]).toEqual([409, expect.stringMatching(/order\/no_transfer_waits$/)])
  expect((await api.post(`${at}/bank-account-link`, { token })).status).toBe(409)
})
