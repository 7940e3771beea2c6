import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard, seedCards } from '../../test/seed.ts'
import { readClosure } from '../closure/read-closure.ts'

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

const base = '/api/v1/issuers/leb'
const pathOf = (url: string) => new URL(url).pathname
const idOf = async (number: string) => (await readClosure(leb, { issuerId: 'leb', number }))!.closureId
const declaration = (card: { accountId: string; cardId: string }) => ({
  accountId: card.accountId,
  cards: [card.cardId],
  start: 'at_once',
  zone: 'Asia/Shanghai',
})

it('closes a card over HTTP, from the issuers to the certificate', async () => {
  const card = await seedCard(leb, { email: 'mei@example.com', balance: 8640n })
  const issuers = await api.get('/api/v1/issuers')
  expect(issuers.body.issuers.map((one: { issuer: string }) => one.issuer)).toContain('leb')
  expect((await api.get(base)).body.channels.length).toBeGreaterThan(0)

  const token = await api.signIn('leb', 'mei@example.com')
  const { cards } = (await api.get(`${base}/cards`, { token })).body
  expect(cards).toHaveLength(1)
  expect(cards[0]).toMatchObject({
    cardId: card.cardId,
    balance: { amount: '8640', currency: 'CNY' },
    state: 'open',
  })
  expect((await api.get(`${base}/cards/${card.cardId}`, { token })).body).toMatchObject(cards[0])
  const accounts = (await api.get(`${base}/accounts`, { token })).body.accounts
  expect(accounts[0]).toMatchObject({ accountId: card.accountId, email: 'mei@example.com' })
  const zip = await api.get(`${base}/accounts/${card.accountId}/export`, { token })
  expect(zip.headers.get('content-type')).toBe('application/zip')
  expect(zip.body.subarray(0, 2).toString()).toBe('PK')

  const preview = await api.get(`${base}/accounts/${card.accountId}/closure-preview?cards=${card.cardId}`, {
    token,
  })
  expect(preview.body.cards[0]).toMatchObject({ route: 'original_payment', balance: { amount: '8640' } })

  const declared = await api.post(`${base}/closures`, { token, body: declaration(card) })
  expect(declared.status).toBe(201)
  const receipt = declared.body
  expect(declared.headers.get('location')).toBe(receipt.statusUrl)
  const status = pathOf(receipt.statusUrl)
  const slip = await api.get(pathOf(receipt.slipUrl), { token })
  expect(slip.body.subarray(0, 5).toString()).toBe('%PDF-')
  expect((await api.get(`${status}/certificate`, { token })).body.type).toMatch(
    /\/problems\/closure\/no_such_document$/,
  )
  const checked = await api.get(`/api/v1/verify/${receipt.verifyUrl.split('/').at(-1)}`)
  expect(checked.body).toMatchObject({
    genuine: true,
    kind: 'slip',
    number: receipt.number,
    state: 'declared',
  })
  expect(JSON.stringify(checked.body)).not.toContain(card.iccid)

  const resent = await api.post(`${status}/identify-codes`, { token })
  expect(resent.status).toBe(202)
  const code = await leb.codeOf('leb', await idOf(receipt.number))
  expect((await api.post(`${status}/identity`, { token, body: { code } })).status).toBe(204)
  await leb.look('leb', await idOf(receipt.number))
  await leb.sendMails('leb')

  const closed = (await api.get(status, { token })).body
  expect(closed.state).toBe('closed')
  expect(closed.cards[0].payout).toMatchObject({ amount: { amount: '8640', currency: 'CNY' } })
  expect((await api.get(`${base}/closures`, { token })).body.closures[0].number).toBe(receipt.number)
  const certificate = await api.get(`${status}/certificate`, { token })
  expect(certificate.headers.get('content-type')).toBe('application/pdf')
  expect(certificate.body.subarray(0, 5).toString()).toBe('%PDF-')

  expect((await api.call('DELETE', `${base}/session`, { token })).status).toBe(204)
  expect((await api.get(`${base}/cards`, { token })).status).toBe(401)
})

it('gives the slip itself to who asks for a PDF, the first time and again', async () => {
  const card = await seedCard(leb, { email: 'slip-at-once@example.com' })
  const token = await api.signIn('leb', 'slip-at-once@example.com')
  const key = randomUUID()
  const ask = () =>
    api.post(`${base}/closures`, {
      token,
      key,
      body: declaration(card),
      headers: { accept: 'application/pdf' },
    })
  const first = await ask()
  expect([first.status, first.headers.get('content-type')]).toEqual([201, 'application/pdf'])
  const number = first.headers.get('leb-closure-number')!
  expect(first.headers.get('location')).toMatch(new RegExp(`/closures/${number}$`))
  const of = { token: first.headers.get('leb-access-token')! }
  const kept = await api.get(`${base}/closures/${number}/slip`, of)
  expect(kept.body.equals(first.body)).toBe(true)
  const again = await ask()
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 'true'])
  expect(again.body.equals(first.body)).toBe(true)
  expect((await api.get(`${base}/closures/${number}`, of)).body.state).toBe('declared')
  // Whoever takes anything gets the receipt, as ever.
  const other = await api.post(`${base}/closures`, {
    token,
    key,
    body: declaration(card),
    headers: { accept: '*/*' },
  })
  expect(other.body).toMatchObject({ number, accessToken: of.token })
})

it('keeps the certificate of a closed account within reach of the receipt', async () => {
  const [first] = await seedCards(leb, [
    { email: 'all@example.com', accountRef: 'ALL-API' },
    { email: 'all@example.com', accountRef: 'ALL-API', balance: 0n },
  ])
  const token = await api.signIn('leb', 'all@example.com')
  const body = { ...declaration(first!), cards: 'account', act: 'erase' }
  const receipt = (await api.post(`${base}/closures`, { token, body })).body
  const status = pathOf(receipt.statusUrl)
  const code = await leb.codeOf('leb', await idOf(receipt.number))
  expect((await api.post(`${status}/identity`, { token: receipt.accessToken, body: { code } })).status).toBe(
    204,
  )
  await leb.look('leb', await idOf(receipt.number))

  expect((await api.get(status, { token })).status).toBe(401)
  const seen = await api.get(status, { token: receipt.accessToken })
  expect(seen.body).toMatchObject({ state: 'closed', covers: 'account' })
  expect((await api.get(`${status}/certificate`, { token: receipt.accessToken })).status).toBe(200)
})

it('undoes a closure until the point of no return', async () => {
  const card = await seedCard(leb, { email: 'undo@example.com' })
  const token = await api.signIn('leb', 'undo@example.com')
  const receipt = (await api.post(`${base}/closures`, { token, body: declaration(card) })).body
  const status = pathOf(receipt.statusUrl)
  expect((await api.post(`${status}/undo`, { token })).status).toBe(204)
  expect((await api.get(status, { token })).body.state).toBe('undone')
  expect((await api.post(`${status}/undo`, { token })).body.type).toMatch(/closure\/already_undone$/)
})

it("hides other people's closures, cards and accounts as if they did not exist", async () => {
  const card = await seedCard(leb, { email: 'owner@example.com' })
  const own = await seedCard(leb, { email: 'other@example.com' })
  const owner = await api.signIn('leb', 'owner@example.com')
  const token = await api.signIn('leb', 'other@example.com')
  const receipt = (await api.post(`${base}/closures`, { token: owner, body: declaration(card) })).body
  const theirs = pathOf(receipt.statusUrl)
  const nobodys = `${base}/closures/LEB-0000-00000`
  const strangersToken = (await api.post(`${base}/closures`, { token, body: declaration(own) })).body
    .accessToken
  for (const path of ['', '/slip', '/certificate', '/events'])
    for (const one of [token, strangersToken]) {
      const [foreign, missing] = [
        await api.get(theirs + path, { token: one }),
        await api.get(nobodys + path, { token: one }),
      ]
      expect(foreign.status).toBe(404)
      expect(foreign.body).toEqual(missing.body)
    }
  for (const act of ['/undo', '/identify-codes'])
    expect((await api.post(theirs + act, { token })).body).toEqual(
      (await api.post(nobodys + act, { token })).body,
    )
  const proof = { token, body: { code: '123456' } }
  expect((await api.post(`${theirs}/identity`, proof)).status).toBe(404)
  expect((await api.get(`${base}/cards/${card.cardId}`, { token })).status).toBe(404)
  expect((await api.get(`${base}/accounts/${card.accountId}/export`, { token })).status).toBe(404)
  const steal = await api.post(`${base}/closures`, {
    token,
    body: { ...declaration(own), cards: [card.cardId] },
  })
  expect(steal.body.type).toMatch(/closure\/no_such_card$/)
  // A session of one issuer is worth nothing at another.
  expect((await api.get('/api/v1/issuers/roamly/cards', { token })).status).toBe(401)
})

it('streams a closure as it changes, and ends with it', async () => {
  const card = await seedCard(leb, { email: 'live@example.com' })
  const token = await api.signIn('leb', 'live@example.com')
  const receipt = (await api.post(`${base}/closures`, { token, body: declaration(card) })).body
  const status = pathOf(receipt.statusUrl)
  const answer = await api.raw('GET', `${status}/events`, { token })
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  const first = (await reader.read()).value!
  expect(first).toContain('event: closure')
  expect(first).toContain('"state":"declared"')
  expect((await api.post(`${status}/undo`, { token })).status).toBe(204)
  let heard = ''
  for (let part = await reader.read(); !part.done; part = await reader.read()) heard += part.value
  expect(heard).toContain('"state":"undone"')
})
