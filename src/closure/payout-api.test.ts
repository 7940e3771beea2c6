import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { partsOf, setMoney } from '../../test/payouts.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { proveIdentity } from './prove-identity.ts'
import { readClosure } from './read-closure.ts'

const issuerId = 'roamly'
let leb: Outside
let api: Api
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  api = openApi(leb)
})
afterAll(async () => {
  await api.close()
  await leb.stop()
})

const base = `/api/v1/issuers/${issuerId}`
const money = { issuerId, currency: 'EUR', residence: 'DE' }
const body = (card: Seeded, more: object = {}) => ({
  accountId: card.accountId,
  cards: [card.cardId],
  start: 'at_once',
  zone: 'Europe/Berlin',
  ...more,
})
const iban = 'DE89 3704 0044 0532 0130 00'

/** Declares, proves and works on it. Answers where the closure is and its id. */
async function closed(token: string, given: object) {
  const declared = await api.post(`${base}/closures`, { token, body: given })
  expect(declared.status).toBe(201)
  const { number } = declared.body
  const { closureId } = (await readClosure(leb, { issuerId, number }))!
  await proveIdentity(leb, { issuerId, closureId, code: await leb.codeOf(issuerId, closureId) })
  await leb.look(issuerId, closureId)
  return { at: `${base}/closures/${number}`, closureId }
}

it('previews every line and way, takes an account with the declaration, and never answers it back', async () => {
  const card = await seedCard(leb, { ...money, email: 'api@example.com', balance: 900n, paid: 600n })
  const token = await api.signIn(issuerId, 'api@example.com')
  const preview = await api.get(`${base}/accounts/${card.accountId}/closure-preview?cards=${card.cardId}`, {
    token,
  })
  expect(preview.body.cards[0]).toMatchObject({
    total: { amount: '900', currency: 'EUR' },
    lines: [{ kind: 'balance', amount: { amount: '900' }, tax: null, code: null }],
    parts: [
      { route: 'original_payment', amount: { amount: '600' } },
      { route: 'bank_transfer', amount: { amount: '300' } },
    ],
  })
  const wrong = { iban: 'DE88 3704 0044 0532 0130 00', name: 'Li Lei' }
  const refused = await api.post(`${base}/closures`, { token, body: body(card, { bankAccount: wrong }) })
  expect([refused.status, refused.body.type]).toEqual([422, expect.stringContaining('payout/iban_digits')])
  const { at, closureId } = await closed(token, body(card, { bankAccount: { iban, name: 'Li Lei' } }))
  const view = await api.get(at, { token })
  expect(view.body).toMatchObject({ bankAccountGiven: true, wantsVoucher: false })
  expect(view.body.cards[0].parts).toMatchObject([
    { route: 'original_payment', state: 'paid' },
    { route: 'bank_transfer', state: 'waiting' },
  ])
  // Four digits of it an id has by chance.
  expect(JSON.stringify(view.body).replaceAll(' ', '')).not.toMatch(/DE89|37040044|0532013000/)

  const other = { iban: 'FR1420041010050500013M02606', name: 'Li Lei' }
  const key = 'the-same-key-twice-0001'
  for (const replayed of [null, 'true']) {
    const noted = await api.post(`${at}/bank-account`, { token, key, body: other })
    expect(noted.status).toBe(204)
    expect(noted.headers.get('idempotent-replayed')).toBe(replayed)
  }
  await seedCard(leb, { ...money, email: 'stranger@example.com' })
  const stranger = await api.signIn(issuerId, 'stranger@example.com')
  expect((await api.post(`${at}/bank-account`, { token: stranger, body: other })).status).toBe(404)
  expect(await partsOf(leb, issuerId, closureId)).toHaveLength(2)
})

it('gives a voucher to who asked, with its code, and to nobody else; none for a whole account', async () => {
  const card = await seedCard(leb, { ...money, email: 'v@example.com', balance: 1500n })
  const token = await api.signIn(issuerId, 'v@example.com')
  const whole = await api.post(`${base}/closures`, {
    token,
    body: body(card, { cards: 'account', voucher: true }),
  })
  expect([whole.status, whole.body.type]).toEqual([422, expect.stringContaining('voucher/cards_only')])
  const { at } = await closed(token, body(card, { voucher: true }))
  const { vouchers } = (await api.get(`${at}/vouchers`, { token })).body
  expect(vouchers).toMatchObject([{ left: { amount: '1500', currency: 'EUR' } }])
  expect(vouchers[0].code).toMatch(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/)
  expect((await api.get(`${at}/vouchers`)).status).toBe(401)
})

it('pays what was kept when it is claimed, and once however often it is', async () => {
  await setMoney(leb, issuerId, { minimum_payout: { EUR: '500' } })
  const card = await seedCard(leb, { ...money, email: 'k@example.com', balance: 77n })
  const token = await api.signIn(issuerId, 'k@example.com')
  const { at, closureId } = await closed(token, body(card))
  const key = 'claimed-with-this-key-01'
  for (let n = 0; n < 2; n++) expect((await api.post(`${at}/claim`, { token, key })).status).toBe(204)
  expect((await api.post(`${at}/claim`, { token })).status).toBe(409)
  await leb.look(issuerId, closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'kept refused 77 claimed',
    'original_payment paid 77',
  ])
  await setMoney(leb, issuerId, {})
  const none = await seedCard(leb, { ...money, email: 'k@example.com', balance: 0n, accountRef: 'NONE' })
  const nothing = await closed(token, body(none))
  const refused = await api.post(`${nothing.at}/claim`, { token })
  expect([refused.status, refused.body.type]).toEqual([409, expect.stringContaining('payout/nothing_kept')])
})
