import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addPayment, closeCard, partsOf, setMoney } from '../../test/payouts.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { mailedClosureCode, openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'
import { limits } from '../holder/rate-limits.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { inIssuer } from '../platform/db.ts'
import { hasBankDetails } from '../payout/bank-details.ts'
import { redeemVoucher } from '../payout/voucher.ts'
import { closureJson } from './closure-json.ts'
import { readClosure } from './read-closure.ts'

const issuerId = 'roamly'
let leb: Outside
let portal: Awaited<ReturnType<typeof openPortal>>

beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  portal = await openPortal(leb)
})
afterAll(async () => {
  await portal.close()
  await leb.stop()
})

const money = { issuerId, currency: 'EUR', residence: 'DE' }
const visitor = (email: string) =>
  new Visitor(portal.app, 'http://127.0.0.1:8460').signIn(leb, issuerId, email)
const numberOn = (v: Visitor) => /closures\/([A-Z0-9-]+)\/slip\.pdf/.exec(v.html)![1]!
async function prove(v: Visitor, number: string): Promise<string> {
  await v.go(`/roamly/en/closures/${number}`)
  await v.send('/identify', { code: await mailedClosureCode(leb, issuerId, number) })
  const view = (await readClosure(leb, { issuerId, number }))!
  await leb.look(issuerId, view.closureId)
  await v.go(`/roamly/en/closures/${number}`)
  return view.closureId
}

test('says on every card what closing it now would pay, line by line and way by way', async () => {
  await setMoney(leb, issuerId, { minimum_payout: { EUR: '500' } })
  const rich = await seedCard(leb, { ...money, email: 'now@example.com', balance: 4000n, paid: 3000n })
  await addPayment(leb, rich, { ref: 'pi_top_eur_1', amount: 700n, currency: 'EUR', day: 2 })
  await seedCard(leb, { ...money, email: 'now@example.com', accountRef: 'POOR', balance: 120n })
  const v = await visitor('now@example.com')
  expect(v.text).toContain('If you closed it now')
  expect(v.text).toContain('€37.00 goes back to the payment method')
  expect(v.text).toContain('€3.00 goes to a bank account that you name')
  expect(v.text).toContain('€1.20 is less than what we send by itself (€5.00). It stays yours')
  await v.go(`/roamly/zh-CN/cards`)
  expect(v.text).toContain('€37.00 原路退回')
  await setMoney(leb, issuerId, {})
})

test('an account is named with the declaration, put right where it was typed, and changed on its page', async () => {
  const card = await seedCard(leb, { ...money, email: 'iban@example.com', balance: 990n, provider: 'bank' })
  const v = await visitor('iban@example.com')
  await v.go(`/roamly/en/close/check?card=${card.cardId}&start=at_once`)
  await v.send('/close/declare', { iban: 'DE88370400440532013000', name: 'Anna Groß' })
  expect(v.status).toBe(422)
  expect(v.text).toContain('A sign in this IBAN is wrong')
  expect(v.html).toContain('value="DE88370400440532013000"')
  expect(v.address).not.toContain('DE88')
  await v.send('/close/declare', { iban: 'de89 3704 0044 0532 0130 00', name: 'Anna Groß' })
  expect(v.status).toBe(200)
  const number = numberOn(v)
  await prove(v, number)
  expect(v.text).toContain('Your account is noted')
  expect(v.html).not.toContain('DE8937')
  await v.go(`/roamly/en/closures/${number}/bank-account`)
  expect(v.html).not.toContain('DE8937')
  await v.send('/bank-account', { iban: 'FR1420041010050500013M02606', name: '安娜' })
  expect(v.status).toBe(422)
  expect(v.text).toContain('Write the name in Latin letters')
  await v.send('/bank-account', { iban: 'FR1420041010050500013M02606', name: 'Anna' })
  expect(v.address).toBe(`/roamly/en/closures/${number}`)
})

test.each([
  ['en', 'There are 2 problems', 'A sign in this IBAN is wrong', 'Write the name in Latin letters'],
  ['zh-CN', '有 2 处需要改一下', 'IBAN 里有一位不对', '请用拉丁字母填写户名'],
])('tells all that is wrong with an account at once, wherever it is typed (%s)', async (lang, ...words) => {
  const email = `both.${lang.toLowerCase()}@example.com`
  const typed = { iban: 'DE88370400440532013000', name: '安娜' }
  const card = await seedCard(leb, { ...money, email, balance: 440n, provider: 'bank' })
  const v = await visitor(email)
  const says = () => {
    expect(v.status).toBe(422)
    for (const one of words) expect(v.text).toContain(one)
    for (const value of Object.values(typed)) expect(v.html).toContain(`value="${value}"`)
    for (const field of ['iban', 'name']) expect(v.html).toContain(`id="${field}-fault"`)
  }
  await v.go(`/roamly/${lang}/close/check?card=${card.cardId}&start=at_once`)
  await v.send('/close/declare', typed)
  says()
  await v.send('/close/declare', { iban: '', name: '' })
  const number = numberOn(v)
  await prove(v, number)
  await v.go(`/roamly/${lang}/closures/${number}/bank-account`)
  await v.send('/bank-account', typed)
  says()
})

test('an account that is sent too often is told so where it was typed, and nothing of it is lost', async () => {
  const email = 'often@example.com'
  const card = await seedCard(leb, { ...money, email, balance: 330n, provider: 'bank' })
  const v = await visitor(email)
  await v.go(`/roamly/en/close/check?card=${card.cardId}&start=at_once`)
  await v.send('/close/declare', { iban: '', name: '' })
  const number = numberOn(v)
  await prove(v, number)
  await v.go(`/roamly/en/closures/${number}/bank-account`)
  const spent = (points: number) =>
    sql`update rate_limit set points = ${points} where key like 'attempt_per_client:%'`.execute(leb.db)
  await spent(limits.attempt_per_client.points)
  const iban = 'DE89370400440532013000'
  await v.send('/bank-account', { iban, name: '安娜' })
  expect([v.status, Number(v.headers.get('retry-after')) > 0]).toEqual([429, true])
  expect(v.html).toMatch(/href="#name".*href="#save"/s)
  expect(v.html).toContain(`value="${iban}"`)
  expect(v.text).toContain('Too many tries')
  await spent(1)
  await v.send('/bank-account', { iban, name: 'Anna' })
  expect(v.address).toBe(`/roamly/en/closures/${number}`)
})

test('who named no account is asked for it on the progress page, and nobody else can name one', async () => {
  const card = await seedCard(leb, { ...money, email: 'later@example.com', balance: 550n, provider: 'bank' })
  const v = await visitor('later@example.com')
  await v.go(`/roamly/en/close/check?card=${card.cardId}&start=at_once`)
  await v.send('/close/declare', { iban: '', name: '' })
  const number = numberOn(v)
  await prove(v, number)
  expect(v.text).toContain('€5.50 waits for an account that we can transfer it to')
  await seedCard(leb, { ...money, email: 'other@example.com' })
  const other = await visitor('other@example.com')
  await other.go(`/roamly/en/closures/${number}/bank-account`)
  expect(other.status).toBe(404)
})

test('who only holds the browser that declared sees how it goes, and can neither move money nor read a code', async () => {
  const email = 'cafe@example.com'
  const card = await seedCard(leb, { ...money, email, balance: 660n, provider: 'bank' })
  const v = await visitor(email)
  await v.go(`/roamly/en/close/check?card=${card.cardId}&start=at_once`)
  await v.send('/close/declare', { iban: '', name: '' })
  const number = numberOn(v)
  const closureId = await prove(v, number)
  v.cookies.delete('leb-roamly-session')
  await v.go(`/roamly/en/closures/${number}/bank-account`)
  expect(v.address).toMatch(/\/sign-in\?next=.*bank-account$/)
  const form_token = /name="form_token" value="([^"]+)"/.exec(v.html)![1]!
  const body = new URLSearchParams({ form_token, iban: 'DE89370400440532013000', name: 'Eve' })
  await v.go(`/roamly/en/closures/${number}/bank-account`, { method: 'POST', body })
  expect(v.status).toBe(401)
  const named = await inIssuer(leb.db, issuerId, (tx) => hasBankDetails(tx, { issuerId, closureId }))
  expect(named).toBe(false)
  await v.go(`/roamly/en/closures/${number}`)
  expect(v.status).toBe(200)
})

test('a voucher is had only by asking for it, knowing what is lost by it, and its code opens it', async () => {
  const card = await seedCard(leb, { ...money, email: 'voucher@example.com', balance: 2500n })
  const v = await visitor('voucher@example.com')
  await v.go(`/roamly/en/close/what-happens?card=${card.cardId}`)
  expect(v.text).toContain('Prefer a voucher? See what you would lose by it')
  await v.go(`/roamly/en/close/payout?card=${card.cardId}`)
  expect(v.html).not.toContain(' checked')
  expect(v.text).toContain('€25.00, good until')
  expect(v.text).toContain('It is not money')
  await v.go(`/roamly/en/close/payout?card=${card.cardId}&chosen=1`)
  expect(v.status).toBe(422)
  await v.go(`/roamly/en/close/payout?card=${card.cardId}&chosen=1&payout=voucher&start=at_once`)
  expect(v.address).toContain('/close/check?')
  expect(v.text).toContain('€25.00 as a voucher of this issuer, because you chose it')
  await v.send('/close/declare')
  const number = numberOn(v)
  const closureId = await prove(v, number)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['voucher paid 2500'])
  const code = /<strong>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})<\/strong>/.exec(v.html)![1]!
  const found = inIssuer(leb.db, issuerId, (tx) =>
    redeemVoucher(leb, tx, { issuerId, code, orderId: leb.ids.next(), amount: 9999n, currency: 'EUR' }),
  )
  await expect(found).rejects.toMatchObject({ code: 'voucher/too_small' })
  // The code is money: a browser that nobody is signed in to any more does not have it.
  const session = v.cookies.get('leb-roamly-session')!
  v.cookies.delete('leb-roamly-session')
  await v.go(`/roamly/en/closures/${number}`)
  expect(v.status).toBe(200)
  expect(v.html).not.toContain(code)
  expect(v.html).toContain(`/roamly/en/sign-in?next=%2Froamly%2Fen%2Fclosures%2F${number}`)
  v.cookies.set('leb-roamly-session', session)
  // A whole account leaves nobody to give one to.
  await v.go(`/roamly/en/close/payout?whole=${card.accountId}&payout=voucher`)
  expect(v.address).not.toContain('/close/payout')
})

test('what was too little to be sent is claimed from the closed closure', async () => {
  await setMoney(leb, issuerId, { minimum_payout: { EUR: '500' } })
  const card = await seedCard(leb, { ...money, email: 'small@example.com', balance: 321n })
  const v = await visitor('small@example.com')
  await v.go(`/roamly/en/close/check?card=${card.cardId}&start=at_once`)
  expect(v.text).toContain('€3.21 is less than what we send by itself')
  await v.send('/close/declare')
  const number = numberOn(v)
  const closureId = await prove(v, number)
  expect(v.text).toContain('€3.21 was too little to be sent by itself')
  await v.send('/claim')
  await leb.look(issuerId, closureId)
  await v.go(`/roamly/en/closures/${number}`)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'kept refused 321 claimed',
    'original_payment paid 321',
  ])
  expect(v.text).not.toContain('Send it to me')
  await setMoney(leb, issuerId, {})
})

test('says on the progress page, also after the end, what the bank of who paid took back, until that is won', async () => {
  const card = await seedCard(leb, { ...money, email: 'disputed@example.com', balance: 2000n, paid: 3000n })
  const { payment } = leb.world.sims
  payment.seed([{ id: card.paymentRef, amount: 3_000, currency: 'eur' }])
  const closureId = await closeCard(leb, card)
  const { number, state } = (await readClosure(leb, { issuerId, closureId }))!
  expect(state).toBe('closed')
  leb.clock.advance({ hours: 30 })
  const v = await visitor('disputed@example.com')
  await v.go(`/roamly/en/closures/${number}`)
  expect(v.text).not.toContain('Taken back')
  const { id } = payment.disputes.open(card.paymentRef, { amount: 1_000 })!
  await lookAtPayment(leb, { issuerId, id })
  await v.go(`/roamly/en/closures/${number}`)
  expect(v.text).toContain('€10.00 of what was paid for this card was taken back by the payer&#39;s bank on')
  expect(v.text).toContain('The bank has not decided about it yet. That was after the closing')
  const json = closureJson('https://x', (await readClosure(leb, { issuerId, closureId }))!)
  expect(json.cards[0]!.takenBack).toMatchObject([
    { amount: { amount: '1000', currency: 'EUR' }, state: 'open' },
  ])
  await v.go(`/roamly/zh-CN/closures/${number}`)
  expect(v.text).toContain('收回了为这张卡支付的')
  payment.disputes.close(id, 'won')
  await lookAtPayment(leb, { issuerId, id })
  await v.go(`/roamly/en/closures/${number}`)
  expect(v.text).not.toContain('taken back')
})
