import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { mailedClosureCode } from '../../test/portal.ts'
import { luhn, seedCard } from '../../test/seed.ts'
import { claim_seconds } from '../api/once.ts'
import { inIssuer } from '../platform/db.ts'
import { readClosure } from './read-closure.ts'

let leb: Outside
let api: Api
beforeAll(async () => {
  leb = await openOutside()
  api = openApi(leb)
})
afterAll(async () => {
  await api.close()
  await leb.stop()
})
beforeEach(() => leb.pool.query('delete from rate_limit'))

const base = '/api/v1/issuers/leb'
const path = `${base}/closures/without-signing-in`
const body = (iccid: string) => ({ iccid, start: 'at_once', zone: 'Europe/Berlin', locale: 'en' })
const telling = async (email: string) => {
  const card = await seedCard(leb, {
    email,
    // So long that no number drawn for a card or a closure has it by chance.
    balance: 76_543_210n,
    paid: 80_000_000n,
    plan: 'LEB5',
    residence: 'DE',
    accountRef: `ACC-${email.split('@')[0]}`,
  })
  leb.world.sims.payment.seed([{ id: card.paymentRef, amount: 80_000_000, currency: 'cny' }])
  return card
}
const secrets = ['ACC-api', '76543210', '"LEB5"', '"JP"', '李磊', 'example.com"', 'de-2026', '2027-01-30']

it('declares by number alone, tells nothing before the code, and closes after it', async () => {
  const card = await telling('api-one@example.com')
  const made = await api.post(path, { body: body(card.iccid) })
  expect(made.status).toBe(201)
  const { number, accessToken: token, verifyUrl, slipUrl } = made.body
  expect(made.headers.get('location')).toBe(made.body.statusUrl)
  const before = [
    made.body,
    (await api.get(`${base}/closures/${number}`, { token })).body,
    (await api.get(new URL(verifyUrl).pathname.replace('/v/', '/api/v1/verify/'))).body,
  ]
  expect(before[1]).toMatchObject({ state: 'declared', accountRef: null, identity: 'not_signed_in' })
  expect(before[1].cards).toMatchObject([{ iccid: card.iccid, plan: null, zone: null, balance: null }])
  for (const secret of secrets) expect(JSON.stringify(before)).not.toContain(secret)
  const slip = await api.get(new URL(slipUrl).pathname, { token })
  expect(slip.body.subarray(0, 5).toString()).toBe('%PDF-')

  const code = await mailedClosureCode(leb, 'leb', number)
  expect((await api.post(`${base}/closures/${number}/identity`, { token, body: { code } })).status).toBe(204)
  const { closureId } = (await readClosure(leb, { issuerId: 'leb', number }))!
  await leb.look('leb', closureId)
  const after = (await api.get(`${base}/closures/${number}`, { token })).body
  expect(after).toMatchObject({ state: 'closed', accountRef: 'ACC-api-one' })
  expect(after.cards[0].payout.amount).toEqual({ amount: '76543210', currency: 'CNY' })
  // The slip stays the paper it was, for whoever scans it.
  const scanned = (await api.get(new URL(verifyUrl).pathname.replace('/v/', '/api/v1/verify/'))).body
  expect(scanned).toMatchObject({ state: 'closed', cards: [{ plan: null }] })
})

it("opens nothing with the stranger's token once the holder has proved it while signed in", async () => {
  const card = await telling('api-two@example.com')
  const { number, accessToken: token } = (await api.post(path, { body: body(card.iccid) })).body
  const session = await api.signIn('leb', 'api-two@example.com')
  expect((await api.get(`${base}/closures/${number}`, { token: session })).body.accountRef).toBe(
    'ACC-api-two',
  )
  const code = await mailedClosureCode(leb, 'leb', number)
  await api.post(`${base}/closures/${number}/identity`, { token: session, body: { code } })
  for (const what of ['', '/slip', '/certificate', '/events'])
    expect((await api.get(`${base}/closures/${number}${what}`, { token })).status).toBe(404)
  expect((await api.post(`${base}/closures/${number}/undo`, { token })).status).toBe(404)
})

it('gives the same request the same answer, also after a crash, and nobody else the number', async () => {
  const card = await seedCard(leb)
  const call = { key: randomUUID(), body: body(card.iccid) }
  const first = await api.post(path, call)
  expect((await api.post(path, call)).body).toEqual(first.body)
  const other = await api.post(path, { body: body(card.iccid) })
  expect(other.status).toBe(409)
  expect(other.body.type).toContain('closure/being_closed')
  expect(JSON.stringify(other.body)).not.toContain(first.body.number.slice(4))
  // As a process leaves it that died between its work and its answer.
  await inIssuer(leb.db, 'leb', (tx) =>
    tx.updateTable('api_request').set({ status: null, body: null }).where('issuer_id', '=', 'leb').execute(),
  )
  leb.clock.advance({ seconds: claim_seconds + 1 })
  expect((await api.post(path, call)).body).toEqual(first.body)
})

it('refuses what is no card number, no card of this issuer, and too many of either', async () => {
  const type = async (iccid: string) => (await api.post(path, { body: body(iccid) })).body.type
  expect(await type('8999901000000000001')).toContain('closure/card_number_invalid')
  expect(await type(luhn('899990100000000000'))).toContain('closure/card_unknown')
  const foreign = await seedCard(leb, { issuerId: 'roamly' })
  expect(await type(foreign.iccid)).toContain('closure/card_unknown')
  const walked = []
  for (let at = 10; at < 41; at++) walked.push(await type(luhn(`8999902000000000${at}`)))
  expect(walked.at(-1)).toContain('holder/too_often')
})

it('takes no key that a stranger could guess: with the number on a card it would hand out the closure', async () => {
  const card = await telling('api-guess@example.com')
  for (const key of ['1', 'closure-2026-11-22'])
    expect((await api.post(path, { body: body(card.iccid), key })).body.type).toMatch(/api\/key_missing$/)
})
