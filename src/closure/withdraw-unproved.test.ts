import { PDF } from '@libpdf/core'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { setMoney } from '../../test/payouts.ts'
import { mailedClosureCode, openPortal, Visitor } from '../../test/portal.ts'
import type { KeyStore } from '../adapters/keys/port.ts'
import { lapseSome } from '../expiry/lapse-due.ts'
import { refundExpired } from '../expiry/refund-expired.ts'
import { checkBooks } from '../ledger/check.ts'
import { inIssuer } from '../platform/db.ts'
import { closeAll } from './close-command.ts'
import { declareClosure } from './declare.ts'
import { readClosure } from './read-closure.ts'
import { takeUsage } from '../usage/take-usage.ts'
import { lapseUnproved } from './unproved.ts'
import { type Bought, openBuying } from './withdraw.fixture.ts'

/** What is declared in time and waits for its code is not lost to another act. A LEB3 costs €16.90. */
const issuerId = 'roamly'
let leb: Outside
let api: Api
let portal: Awaited<ReturnType<typeof openPortal>>
let buying: Awaited<ReturnType<typeof openBuying>>
beforeAll(async () => {
  leb = await openOutside({ start: '2026-11-28T10:00:00Z', lazyCurrency: 'eur' })
  buying = await openBuying(leb, issuerId)
  api = openApi(leb)
  portal = await openPortal(leb)
  // Closing gives back nothing of a plan, and keeps a fee; withdrawing must not.
  await setMoney(leb, issuerId, { unused_plan: 'nothing', closing_fee: { EUR: '300' } })
})
afterAll(async () => {
  await portal.close()
  await api.close()
  await leb.stop()
})
beforeEach(() => leb.pool.query('delete from rate_limit'))

const at = (path: string) => `/api/v1/issuers/${issuerId}${path}`
/** By a stranger, for all that LEB knows. */
async function withdrawUnsigned({ iccid }: Bought): Promise<{ number: string; accessToken: string }> {
  const body = { iccid, act: 'withdraw', start: 'at_once', zone: 'Europe/Berlin', locale: 'en' }
  const made = await api.post(at('/closures/without-signing-in'), { body })
  expect(made.status).toBe(201)
  return made.body
}
const viewOf = async (number: string) => (await readClosure(leb, { issuerId, number }))!
const work = async (number: string) => {
  await leb.look(issuerId, (await viewOf(number)).closureId)
  return viewOf(number)
}
const prove = async (number: string, token: string) => {
  const body = { code: await mailedClosureCode(leb, issuerId, number) }
  expect((await api.post(at(`/closures/${number}/identity`), { token, body })).status).toBe(204)
  return work(number)
}
const paidBy = ({ cards }: Awaited<ReturnType<typeof viewOf>>) =>
  cards[0]!.parts.reduce((sum, part) => sum + BigInt(part.amount.amount), 0n)
const decide = ({ accountId, cardId }: Bought) =>
  declareClosure(leb, {
    issuerId,
    accountId,
    cardIds: [cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'UTC',
    receivedBy: 'cli',
    identity: 'issuer_decision',
  })
const move = ({ accountId }: Bought, jurisdiction: string) =>
  inIssuer(leb.db, issuerId, (tx) =>
    tx.updateTable('account').set({ jurisdiction }).where('account_id', '=', accountId).execute(),
  )
const holderOf = async ({ accountId }: Bought) => {
  const account = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('account')
      .select('holder_id')
      .where('account_id', '=', accountId)
      .executeTakeFirstOrThrow(),
  )
  return account.holder_id
}
const preview = (token: string, card: Bought, act = 'terminate') =>
  api.get(at(`/accounts/${card.accountId}/closure-preview?act=${act}&cards=${card.cardId}`), { token })
const mei = (card: Bought) =>
  new Visitor(portal.app, 'http://127.0.0.1:8460').signIn(leb, issuerId, card.email)
const lookAtAll = async (cardId: string) => {
  const closures = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('closure_card')
      .select('closure_id')
      .where('card_id', '=', cardId)
      .where('live', '=', true)
      .execute(),
  )
  for (const { closure_id: id } of closures) await leb.look(issuerId, id)
}
/** What `leb close --json` says of one card. */
async function closed({ iccid, cardId }: Bought) {
  const said: string[] = []
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  let over = false
  const all = closeAll(leb, [iccid], { json: true, check: () => {} }).finally(() => (over = true))
  for (; !over; await new Promise((resolve) => setTimeout(resolve, 20))) await lookAtAll(cardId)
  await all.finally(() => write.mockRestore())
  return JSON.parse(said.join('')) as { result: string; number: string }
}

it('pays what withdrawing would where the issuer closes while the holder could withdraw, and says so', async () => {
  const [card, elsewhere, late] = [await buying.buy(), await buying.buy('JP'), await buying.buy()]
  await buying.activate(card)
  const { number, slip } = await decide(card)
  const printed = (await PDF.load(slip)).getPages().map((page) => page.extractText().text)
  expect(printed.join(' ').replace(/\s+/g, ' ')).toContain('what withdrawing gives is paid')
  const ended = await work(number)
  // The first of three days has begun; closing would pay nothing.
  expect([paidBy(ended), ended.paysAsWithdrawal, ended.act]).toEqual([1127n, true, 'terminate'])
  const holder = await mei(card)
  await holder.go(`/${issuerId}/en/closures/${ended.number}`)
  expect(holder.text).toContain('within the days for withdrawing: it pays what withdrawing does')

  const ordinary = await work((await decide(elsewhere)).number)
  expect([paidBy(ordinary), ordinary.paysAsWithdrawal]).toEqual([0n, false])
  leb.clock.advance({ days: 17 })
  expect(paidBy(await work((await decide(late)).number))).toBe(0n)
  expect((await checkBooks(leb)).ok).toBe(true)
})

it('goes on with a withdrawal that waits for its code when the issuer closes, also when its days are over', async () => {
  // Whose law is another than the issuer's own.
  const card = await buying.buy('FR')
  leb.clock.advance({ days: 10 })
  const { number, accessToken } = await withdrawUnsigned(card)
  // Its days pass after the declaration, which is what they are counted at.
  leb.clock.advance({ hours: 1 })
  await buying.activate(card)
  leb.clock.advance({ days: 8 })
  await expect(decide(card)).rejects.toMatchObject({ number })
  expect(await closed(card)).toMatchObject({ result: 'closed', number })
  const ended = await viewOf(number)
  expect(ended).toMatchObject({ act: 'withdraw', provedBy: 'issuer', policyVersion: 'default-2026-11-29' })
  expect([paidBy(ended), ended.paysAsWithdrawal]).toEqual([1690n, true])
  // Whoever declared it has proved nothing, and learns nothing of what it paid.
  expect((await api.get(at(`/closures/${number}`), { token: accessToken })).status).toBe(404)
  const holder = await mei(card)
  await holder.go(`/${issuerId}/en/closures/${number}`)
  expect(holder.text).toContain('Withdrawal taken up by the issuing company, without a code')
  expect((await checkBooks(leb)).ok).toBe(true)
})

it('closes as ever over a withdrawal that came too late, or where the law gives none', async () => {
  const [late, elsewhere] = [await buying.buy(), await buying.buy('JP')]
  leb.clock.advance({ days: 17 })
  for (const card of [late, elsewhere]) {
    const { number } = await withdrawUnsigned(card)
    leb.clock.advance({ hours: 1 })
    const result = await closed(card)
    expect(result.number).not.toBe(number)
    expect(paidBy(await viewOf(result.number))).toBe(0n)
    expect((await viewOf(number)).state).toBe('undone')
  }
})

it('refunds no expired card while a withdrawal waits for its code, and by itself once that has lapsed', async () => {
  const issuer = leb.issuers.find((one) => one.issuerId === issuerId)!
  const refunding = {
    ...issuer,
    rules: { ...issuer.rules, money: { at_expiry: { kind: 'refund' as const } } },
  }
  const [proved, lapsed, racing] = [await buying.buy(), await buying.buy(), await buying.buy()]
  for (const card of [proved, lapsed, racing]) {
    const wanted = { kind: 'top_up' as const, cardId: card.cardId, amount: '20.00' }
    const buyer = { kind: 'signed_in' as const, holderIds: [await holderOf(card)] }
    await buying.shop.buy({ issuerId, wanted, buyer, live: 'DE' })
    await inIssuer(leb.db, issuerId, (tx) =>
      tx
        .updateTable('card')
        .set({ expires_at: new Date(leb.clock.now().getTime() - 3_600_000) })
        .where('card_id', '=', card.cardId)
        .execute(),
    )
  }
  expect(await lapseSome(leb, refunding, leb.clock.now())).toMatchObject([{ outcome: 'refund', cards: 3 }])
  const first = await withdrawUnsigned(proved)
  await withdrawUnsigned(lapsed)
  // Declared while the slip of its refund is sealed.
  let raced: Awaited<ReturnType<typeof withdrawUnsigned>> | undefined
  const sealing: KeyStore['sealing'] = async (id) => {
    raced ??= await withdrawUnsigned(racing)
    return leb.keys.sealing(id)
  }
  await refundExpired({ ...leb, keys: { ...leb.keys, sealing } }, refunding)
  expect((await viewOf(raced!.number)).state).toBe('declared')
  expect(await refundExpired(leb, refunding)).toBe(0)

  const token = await api.signIn(issuerId, proved.email)
  expect(paidBy(await prove(first.number, token))).toBe(2000n)
  expect(await refundExpired(leb, refunding)).toBe(1)
  expect(await refundExpired(leb, refunding)).toBe(0)

  leb.clock.advance({ days: 15 })
  expect(await lapseUnproved(leb)).toBe(2)
  expect(await refundExpired(leb, refunding)).toBe(2)
  expect(await refundExpired(leb, refunding)).toBe(0)
})

it('tells its holder, who is about to close after the days are over, and goes on with it', async () => {
  const card = await buying.buy()
  leb.clock.advance({ days: 10 })
  const { number } = await withdrawUnsigned(card)
  leb.clock.advance({ days: 8 })
  const holder = await mei(card)
  for (const page of ['what-happens', 'check']) {
    await holder.go(`/${issuerId}/en/close/${page}?card=${card.cardId}&start=at_once`)
    expect(holder.text).toMatch(/was declared without signing in, on .* It waits for its code until/)
    expect(holder.text).toContain('It gives back €16.90. Closing gives back €0.00')
  }
  const token = await api.signIn(issuerId, card.email)
  const told = (await preview(token, card)).body.cards[0]
  expect(told).toMatchObject({
    existing: null,
    total: { amount: '0' },
    waitingWithdrawal: { number, total: { amount: '1690', currency: 'EUR' } },
  })
  const refused = await preview(token, card, 'withdraw')
  expect(refused.body.type).toMatch(/closure\/withdrawal_waits$/)
  expect(refused.body.title).toContain(number)

  const href = /href="([^"]*)">Go on with the withdrawal/.exec(holder.html)![1]!
  await holder.go(href)
  // The first one was good for ten minutes.
  await holder.send('/new-code')
  await holder.send('/identify', { code: await mailedClosureCode(leb, issuerId, number) })
  const ended = await work(number)
  expect([paidBy(ended), ended.provedBy]).toEqual([1690n, 'account'])
})

it('leaves it to its holder to close all the same, and tells nobody else of it', async () => {
  const [card, other] = [await buying.buy(), await buying.buy()]
  const { number, accessToken } = await withdrawUnsigned(card)
  expect((await api.get(at(`/closures/${number}`), { token: accessToken })).body.paysAsWithdrawal).toBe(false)
  leb.clock.advance({ hours: 1 })
  await buying.activate(card)
  const holder = await mei(card)
  // In time still: withdrawing anew would count the day that has begun.
  await holder.go(`/${issuerId}/en/close/what-happens?card=${card.cardId}&act=withdraw`)
  expect(holder.text).toContain('It gives back €16.90. Withdrawing anew gives back €11.27')
  await holder.go(`/${issuerId}/en/close/what-happens?card=${card.cardId}`)
  expect(holder.text).not.toContain('you can withdraw from the contract instead')
  const stranger = await mei(other)
  await stranger.go(`/${issuerId}/en/close/what-happens?card=${other.cardId}`)
  expect(stranger.text).not.toContain('waits for its code')

  await holder.go(`/${issuerId}/en/close/check?card=${card.cardId}&start=at_once`)
  await holder.send('/close/declare')
  const own = /closures\/([A-Z0-9-]+)\/slip\.pdf/.exec(holder.html)![1]!
  const ended = await prove(own, await api.signIn(issuerId, card.email))
  expect([paidBy(ended), (await viewOf(number)).undoneBy]).toEqual([0n, 'holder_declared'])
})

it('is judged by where its holder lived as it was declared, wherever they live once it is proved', async () => {
  const [away, here] = [await buying.buy('DE'), await buying.buy('JP')]
  const [first, second] = [await withdrawUnsigned(away), await withdrawUnsigned(here)]
  await move(away, 'JP')
  await move(here, 'DE')
  const kept = await prove(first.number, await api.signIn(issuerId, away.email))
  expect([paidBy(kept), kept.policyVersion]).toEqual([1690n, 'de-2026-11-29'])
  const none = await prove(second.number, await api.signIn(issuerId, here.email))
  expect([paidBy(none), none.policyVersion]).toEqual([0n, 'default-2026-11-29'])
})

it('gives no day back on which its holder travelled between declaring and the code', async () => {
  const [before, begun] = [await buying.buy(), await buying.buy()]
  await buying.activate(begun)
  const declared = [await withdrawUnsigned(before), await withdrawUnsigned(begun)]
  const use = async ({ cardId }: Bought, recordId: string) => {
    const usedAt = leb.clock.now().getTime()
    const record = { recordId, cardId, kind: 'data' as const, quantity: 10, zone: 'JP', usedAt }
    const [result] = await takeUsage(leb, issuerId, [record])
    expect(result!.outcome).toBe('from_bucket')
  }
  leb.clock.advance({ days: 1 })
  for (const [id, card] of Object.entries({ first: before, second: begun, again: begun })) await use(card, id)
  const paid: bigint[] = []
  for (const [nth, card] of [before, begun].entries()) {
    const { number } = declared[nth]!
    const token = await api.signIn(issuerId, card.email)
    // The first one was good for ten minutes.
    expect((await api.post(at(`/closures/${number}/identify-codes`), { token })).status).toBeLessThan(300)
    paid.push(paidBy(await prove(number, token)))
  }
  // Of three days: one used; one begun when it was declared and one used after.
  expect(paid).toEqual([1127n, 563n])
  expect((await checkBooks(leb)).ok).toBe(true)
})
