import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answer, type Api, openApi } from '../../test/api-client.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { codeFor } from '../holder/access-code.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { claim_seconds, sweepRequests, once, remembered_hours } from './once.ts'

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

const closures = '/api/v1/issuers/leb/closures'
const body = (card: Seeded) => ({
  accountId: card.accountId,
  cards: [card.cardId],
  start: 'at_once',
  zone: 'Asia/Shanghai',
})
const someone = async (email: string) => {
  const card = await seedCard(leb, { email })
  return { card, token: await api.signIn('leb', email) }
}
const rows = () => inIssuer(leb.db, 'leb', (tx) => tx.selectFrom('api_request').selectAll().execute())
const closuresOf = (accountId: string) =>
  inIssuer(leb.db, 'leb', (tx) =>
    tx.selectFrom('closure').select('number').where('account_id', '=', accountId).execute(),
  )

it('gives the same answer again, word for word, and keeps no secret for it', async () => {
  const { card, token } = await someone('again@example.com')
  const call = { token, key: randomUUID(), body: body(card) }
  const first = await api.post(closures, call)
  const second = await api.post(closures, call)
  expect(second.status).toBe(201)
  expect(second.body).toEqual(first.body)
  expect(second.headers.get('idempotent-replayed')).toBe('true')
  expect(first.headers.get('idempotent-replayed')).toBeNull()
  expect(second.headers.get('location')).toBe(first.headers.get('location'))
  // In quotes it is the same key: a structured-field string.
  expect((await api.post(closures, { ...call, key: `"${call.key}"` })).body).toEqual(first.body)
  expect(await closuresOf(card.accountId)).toHaveLength(1)

  const kept = JSON.stringify(await rows())
  for (const secret of [
    token,
    first.body.accessToken,
    first.body.verifyUrl.split('/').at(-1),
    call.key,
    'again@',
  ])
    expect(kept).not.toContain(secret)
})

it('refuses the same key for another request, and lets others use it', async () => {
  const { card, token } = await someone('reuse@example.com')
  const key = randomUUID()
  await api.post(closures, { token, key, body: body(card) })
  const other = await api.post(closures, { token, key, body: { ...body(card), act: 'refund' } })
  expect(other.status).toBe(422)
  expect(other.body.type).toMatch(/api\/key_reused$/)
  const neighbour = await someone('neighbour@example.com')
  const theirs = await api.post(closures, { token: neighbour.token, key, body: body(neighbour.card) })
  expect(theirs.status).toBe(201)
})

it('replays a refusal without trying again', async () => {
  const { card, token } = await someone('guess@example.com')
  const { number } = (await api.post(closures, { token, body: body(card) })).body
  const path = `${closures}/${number}/identity`
  const attempts = async () => {
    const code = await inIssuer(leb.db, 'leb', (tx) =>
      tx
        .selectFrom('access_code as a')
        .innerJoin('closure as c', 'c.closure_id', 'a.closure_id')
        .select('a.attempts')
        .where('c.number', '=', number)
        .executeTakeFirstOrThrow(),
    )
    return code.attempts
  }
  const wrong = { token, key: randomUUID(), body: { code: 'nope' } }
  const [first, second] = [await api.post(path, wrong), await api.post(path, wrong)]
  expect(first.body.type).toMatch(/closure\/code_wrong$/)
  expect(second.body).toEqual(first.body)
  expect(await attempts()).toBe(1)
})

it('does the work once for twenty at the same time', async () => {
  const { card, token } = await someone('rush@example.com')
  const call = { token, key: randomUUID(), body: body(card) }
  const answers: Answer[] = await Promise.all(Array.from({ length: 20 }, () => api.post(closures, call)))
  const good = answers.filter((one) => one.status === 201)
  expect(good.length).toBeGreaterThan(0)
  expect(new Set(good.map((one) => one.body.number)).size).toBe(1)
  for (const one of answers.filter((a) => a.status !== 201)) {
    expect(one.body.type).toMatch(/api\/key_in_progress$/)
    expect(one.headers.get('retry-after')).toBe('1')
  }
  expect(await closuresOf(card.accountId)).toHaveLength(1)
})

/** As if the process had died after its work, before it could write the answer. */
async function forgetAnswer(): Promise<void> {
  await inIssuer(leb.db, 'leb', (tx) =>
    tx.updateTable('api_request').set({ status: null, body: null }).execute(),
  )
}

it('finds what a process did that died before it could answer', async () => {
  const { card, token } = await someone('crash@example.com')
  const call = { token, key: randomUUID(), body: body(card) }
  const first = await api.post(closures, call)
  await forgetAnswer()
  expect((await api.post(closures, call)).body.type).toMatch(/api\/key_in_progress$/)
  leb.clock.advance({ seconds: claim_seconds + 1 })
  const second = await api.post(closures, call)
  expect(second.status).toBe(201)
  expect(second.body).toEqual(first.body)
  expect(await closuresOf(card.accountId)).toHaveLength(1)

  const identity = `${closures}/${first.body.number}/identity`
  const { closure_id } = await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('closure')
      .select('closure_id')
      .where('number', '=', first.body.number)
      .executeTakeFirstOrThrow(),
  )
  const proof = { token, key: randomUUID(), body: { code: await leb.codeOf('leb', closure_id) } }
  const undo = { token, key: randomUUID() }
  for (const [path, again] of [
    [identity, proof],
    [`${closures}/${first.body.number}/undo`, undo],
  ] as const) {
    expect((await api.post(path, again)).status).toBe(204)
    await forgetAnswer()
    leb.clock.advance({ seconds: claim_seconds + 1 })
    expect((await api.post(path, again)).status).toBe(204)
  }
  // A new key is a new act: that one is refused.
  expect((await api.post(`${closures}/${first.body.number}/undo`, { token })).status).toBe(409)
})

it('does not take a stranger closure for its own after a crash', async () => {
  const { card, token } = await someone('mixed@example.com')
  await api.post(closures, { token, body: body(card) })
  const call = { token, key: randomUUID(), body: { ...body(card), act: 'withdraw' } }
  expect((await api.post(closures, call)).body.type).toMatch(/already_closing$/)
  await forgetAnswer()
  leb.clock.advance({ seconds: claim_seconds + 1 })
  expect((await api.post(closures, call)).body.type).toMatch(/already_closing$/)
})

it('gives a session token out once', async () => {
  await seedCard(leb, { email: 'token@example.com' })
  const asked = await api.post('/api/v1/issuers/leb/sign-in-codes', { body: { email: 'token@example.com' } })
  const { codeId } = asked.body
  const call = { key: randomUUID(), body: { codeId, code: codeFor(await leb.keys.vault('leb'), codeId) } }
  const first = await api.post('/api/v1/issuers/leb/sessions', call)
  expect(first.status).toBe(201)
  const second = await api.post('/api/v1/issuers/leb/sessions', call)
  expect(second.body.type).toMatch(/api\/token_given_once$/)
  const third = await api.post('/api/v1/issuers/leb/sessions', { ...call, key: randomUUID() })
  expect(third.body.type).toMatch(/holder\/code_used$/)
  expect(JSON.stringify(await rows())).not.toContain(first.body.token)
})

const input = (act: () => Promise<{ n: string }>, key = 'k') => ({
  issuerId: 'leb',
  key,
  caller: 'me',
  request: ['POST', '/x', null],
  act,
})

it('lets a clock set back by an hour hold no key, and forgets after a day', async () => {
  const stuck = { ...input(async () => ({ n: '1' })), key: 'clock' }
  await once(leb, stuck)
  await forgetAnswer()
  leb.clock.advance({ hours: -1 })
  expect(await once(leb, stuck)).toEqual({ kept: { n: '1' }, replayed: false })
  leb.clock.advance({ hours: remembered_hours, seconds: 1 })
  const other = { ...stuck, request: ['POST', '/y', null] }
  expect((await once(leb, other)).replayed).toBe(false)
  leb.clock.advance({ hours: remembered_hours, seconds: 1 })
  expect(await sweepRequests(leb)).toBeGreaterThan(0)
  expect(await rows()).toEqual([])
})

it('keeps neither a breakdown nor a "later": the next try works', async () => {
  let tries = 0
  const act = async () => {
    tries++
    if (tries === 1) throw new Error('database gone')
    if (tries === 2) throw new Refusal('holder/too_often', { minutes: '1' })
    return { n: String(tries) }
  }
  await expect(once(leb, input(act, 'flaky'))).rejects.toThrow('database gone')
  await expect(once(leb, input(act, 'flaky'))).rejects.toThrow('holder/too_often')
  expect(await once(leb, input(act, 'flaky'))).toEqual({ kept: { n: '3' }, replayed: false })
  expect(await once(leb, input(act, 'flaky'))).toEqual({ kept: { n: '3' }, replayed: true })
})

it('looks for what was done when the connection broke after the commit, without waiting', async () => {
  let done = false
  const act = async () => {
    if (done) throw new Refusal('closure/already_closing', { number: 'mine' })
    done = true
    throw new Error('connection lost')
  }
  const recover = async ({ facts }: Refusal) => ({ n: facts['number'] ?? '' })
  const call = { ...input(act, 'commit'), recover }
  await expect(once(leb, call)).rejects.toThrow('connection lost')
  expect(await once(leb, call)).toEqual({ kept: { n: 'mine' }, replayed: false })
  expect(await once(leb, call)).toEqual({ kept: { n: 'mine' }, replayed: true })
})

it('lets a process that was thought dead change nothing when it wakes', async () => {
  let wake: (kept: { n: string }) => void = () => {}
  const asleep = once(
    leb,
    input(() => new Promise((done) => (wake = done)), 'sleeper'),
  )
  await expect.poll(async () => (await rows()).filter((row) => row.status === null).length).toBe(1)
  leb.clock.advance({ seconds: claim_seconds + 1 })
  expect(
    (
      await once(
        leb,
        input(async () => ({ n: 'second' }), 'sleeper'),
      )
    ).kept.n,
  ).toBe('second')
  wake({ n: 'first' })
  await asleep
  expect(
    (
      await once(
        leb,
        input(async () => ({ n: 'third' }), 'sleeper'),
      )
    ).kept.n,
  ).toBe('second')
})
