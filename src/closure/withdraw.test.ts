import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { mailedClosureCode, openPortal, Visitor } from '../../test/portal.ts'
import { setMoney } from '../../test/payouts.ts'
import { checkBooks } from '../ledger/check.ts'
import { readClosure } from './read-closure.ts'
import { type Bought, openBuying } from './withdraw.fixture.ts'

/** A LEB3 costs €16.90 and is sold on Saturday 28 November, so that Monday 14 December is the last day. */
const issuerId = 'roamly'
let leb: Outside
let buying: Awaited<ReturnType<typeof openBuying>>
const buy = (live?: string) => buying.buy(live)
let api: Api
let portal: Awaited<ReturnType<typeof openPortal>>
beforeAll(async () => {
  leb = await openOutside({ start: '2026-11-28T10:00:00Z', lazyCurrency: 'eur' })
  buying = await openBuying(leb, issuerId)
  api = openApi(leb)
  portal = await openPortal(leb)
  // Closing gives back nothing of a plan; withdrawing has to.
  await setMoney(leb, issuerId, { unused_plan: 'nothing' })
})
afterAll(async () => {
  await portal.close()
  await api.close()
  await leb.stop()
})
beforeEach(() => leb.pool.query('delete from rate_limit'))

const at = (path: string) => `/api/v1/issuers/${issuerId}${path}`
const preview = (token: string, card: Bought, act: string) =>
  api.get(at(`/accounts/${card.accountId}/closure-preview?act=${act}&cards=${card.cardId}`), { token })
const declare = (token: string, card: Bought, act: string) =>
  api.post(at('/closures'), {
    token,
    body: { accountId: card.accountId, cards: [card.cardId], act, start: 'at_once', zone: 'Europe/Berlin' },
  })
const work = async (number: string) => {
  const { closureId } = (await readClosure(leb, { issuerId, number }))!
  await leb.look(issuerId, closureId)
  return (await readClosure(leb, { issuerId, number }))!
}
const visitor = () => new Visitor(portal.app, 'http://127.0.0.1:8460')
const numberOn = (v: Visitor) => /closures\/([A-Z0-9-]+)\/slip\.pdf/.exec(v.html)![1]!

it('pays all but the days that had begun, to the cent of the preview', async () => {
  const card = await buy()
  const token = await api.signIn(issuerId, card.email)
  const whole = await preview(token, card, 'withdraw')
  expect(whole.body.cards[0]).toMatchObject({
    total: { amount: '1690', currency: 'EUR' },
    withdrawableUntil: '2026-12-14T22:59:59.000Z',
  })
  await buying.activate(card)
  // The first of three days has begun.
  expect((await preview(token, card, 'withdraw')).body.cards[0].total.amount).toBe('1127')
  expect((await preview(token, card, 'terminate')).body.cards[0].total.amount).toBe('0')

  const declared = await declare(token, card, 'withdraw')
  expect(declared.status).toBe(201)
  const { number } = declared.body
  const code = await mailedClosureCode(leb, issuerId, number)
  expect((await api.post(at(`/closures/${number}/identity`), { token, body: { code } })).status).toBe(204)
  const closed = await work(number)
  expect(closed).toMatchObject({ act: 'withdraw', policyVersion: 'de-2026-11-28' })
  expect(closed.cards[0]!.parts).toMatchObject([
    { route: 'original_payment', amount: { amount: '1127', currency: 'EUR' } },
  ])
  expect((await checkBooks(leb)).ok).toBe(true)
})

it('is refused after its time and where the law gives none, with the day and the way that is open', async () => {
  const [late, elsewhere] = [await buy(), await buy('JP')]
  const [token, other] = [await api.signIn(issuerId, late.email), await api.signIn(issuerId, elsewhere.email)]
  expect((await preview(other, elsewhere, 'terminate')).body.cards[0].withdrawableUntil).toBeNull()
  const refused = await declare(other, elsewhere, 'withdraw')
  expect(refused.status).toBe(409)
  expect(refused.body.type).toMatch(/closure\/no_withdrawal$/)
  leb.clock.advance({ days: 17 })
  const fresh = await api.signIn(issuerId, late.email)
  expect(token).not.toBe(fresh)
  const over = await declare(fresh, late, 'withdraw')
  expect(over.body.type).toMatch(/closure\/withdrawal_over$/)
  expect(over.body.title).toBe('The time to withdraw ended on 14 December 2026 (Central European Time)')
  expect((await declare(fresh, late, 'terminate')).status).toBe(201)
})

it('is offered on the card and before closing, page by page and without script', async () => {
  const card = await buy()
  const mei = await visitor().signIn(leb, issuerId, card.email)
  expect(mei.text).toMatch(/Vertrag widerrufen\s+Withdraw from contract here, until/)
  await mei.go(`/${issuerId}/en/close`)
  expect(mei.text).toContain('No balance. Withdrawing from the contract gives back €16.90')
  await mei.go(`/${issuerId}/en/close/what-happens?card=${card.cardId}`)
  expect(mei.text).toContain('That gives back €16.90, closing gives back €0.00.')
  const href = /href="([^"]*act=withdraw[^"]*)">Withdraw from contract here/.exec(mei.html)![1]!
  await mei.go(href.replaceAll('&amp;', '&'))
  expect(mei.title).toContain('What withdrawing does')
  expect(mei.text).toContain('€16.90 goes back to your card ending 4242 (Visa), by')
  for (const step of ['data', 'start']) {
    await mei.go(`/${issuerId}/en/close/${step}?card=${card.cardId}&act=withdraw`)
    expect(mei.html).toMatch(/act=withdraw|name="act" value="withdraw"/)
  }
  await mei.go(`/${issuerId}/en/close/check?card=${card.cardId}&act=withdraw&start=at_once`)
  expect(mei.text).toContain('I withdraw from the contract for this card.')
  expect(mei.text).toMatch(/Widerruf bestätigen\s+Confirm withdrawal/)
  await mei.send('/close/declare')
  expect((await readClosure(leb, { issuerId, number: numberOn(mei) }))!.act).toBe('withdraw')
})

it('stands on the cards page with what it gives back while that is more than closing does, and no longer', async () => {
  const card = await buy()
  const abroad = await buy('US')
  const mei = await visitor().signIn(leb, issuerId, card.email)
  expect(mei.text).toMatch(
    /If you withdrew from its contract now €16\.90 goes back to .+ Closing the card would give back €0\.00\./,
  )
  expect(mei.text).not.toContain('If you closed it now')
  expect(mei.html).toMatch(
    /class="button"[^>]*href="[^"]*act=withdraw|href="[^"]*act=withdraw[^"]*" class="button"/,
  )
  const sam = await visitor().signIn(leb, issuerId, abroad.email)
  expect(sam.text).toContain('If you closed it now There is nothing to pay back.')
  await sam.go(`/${issuerId}/en/close`)
  expect(sam.text).toMatch(/No balance\s/)
  // Closing gives back the plan that nobody has begun: withdrawing gives back no more.
  await setMoney(leb, issuerId, { unused_plan: 'by_day' })
  await mei.go(`/${issuerId}/zh-CN/cards`)
  expect(mei.text).toMatch(/如果现在注销 €16\.90 退回到您尾号 4242 的银行卡/)
  await mei.go(`/${issuerId}/zh-CN/close`)
  expect(mei.text).toContain('没有余额。注销可退 €16.90')
  await setMoney(leb, issuerId, { unused_plan: 'nothing' })
  await mei.go(`/${issuerId}/zh-CN/cards`)
  expect(mei.text).toMatch(/如果现在撤回合同 €16\.90 退回到您尾号 4242 的银行卡.+改为注销的话，退 €0\.00。/)
  const today = leb.clock.now()
  leb.clock.advance({ days: 17 })
  await mei.signIn(leb, issuerId, card.email)
  leb.clock.set(today)
  expect(mei.text).toContain('If you closed it now There is nothing to pay back.')
  expect(mei.text).not.toContain('withdrew')
})

it('needs no signing in, and is looked at once the code is in: in time it is one, too late it closes', async () => {
  const [card, late] = [await buy(), await buy()]
  for (const [one, days] of [
    [card, 0],
    [late, 20],
  ] as const) {
    leb.clock.advance({ days })
    const v = visitor()
    await v.go(`/${issuerId}/en/close/without-signing-in?act=withdraw`)
    await v.send('/close/without-signing-in?act=withdraw', { iccid: one.iccid })
    expect(v.title).toContain('What withdrawing does')
    expect(v.text).not.toContain('€16.90')
    await v.go(`/${issuerId}/en/close/without-signing-in/check?act=withdraw&start=at_once`)
    await v.send('/close/without-signing-in/declare?act=withdraw')
    const number = numberOn(v)
    await v.go(`/${issuerId}/en/closures/${number}`)
    await v.send('/identify', { code: await mailedClosureCode(leb, issuerId, number) })
    const closed = await work(number)
    expect(closed.act).toBe('withdraw')
    const paid = closed.cards[0]!.parts.reduce((sum, part) => sum + BigInt(part.amount.amount), 0n)
    expect(paid).toBe(days === 0 ? 1690n : 0n)
  }
  expect((await checkBooks(leb)).ok).toBe(true)
})
