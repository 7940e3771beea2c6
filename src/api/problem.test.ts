import { globSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answer, type Api, openApi } from '../../test/api-client.ts'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard } from '../../test/seed.ts'
import { codeFor } from '../holder/access-code.ts'
import { Refusal, type RefusalCode } from '../platform/errors.ts'
import { projectRoot } from '../platform/project.ts'
import { type ProblemCode, problemOf, problemTexts } from './problem.ts'

let leb: TestWorld
let api: Api
beforeAll(async () => {
  leb = await openTestWorld()
  api = openApi(leb)
})
afterAll(async () => {
  await api.close()
  await leb.stop()
})

const base = '/api/v1/issuers/leb'

function expectProblem(answer: Answer, code: ProblemCode): void {
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(answer.body).toMatchObject({
    type: `/problems/${code}`,
    status: problemTexts[code].status,
  })
  expect(answer.status).toBe(problemTexts[code].status)
}

/** What refusals name in their words. */
const facts = {
  number: 'LEB-1',
  minutes: '3',
  lacks: 'brand.seller',
  currency: 'EUR',
  known: 'EUR, JPY',
  digits: '2',
  example: '20.00',
  min: '€2.00',
  max: '€150.00',
  why: 'amount',
  amount: 'KWD 7.125',
  step: 'KWD 0.010',
  free: '€3.50',
  missing: '€1.40',
  day: '2026-12-12',
  file: 'PAY-2026-0001',
  iccid: '8999902000000000533',
}

it('has a text in both languages for every refusal of every feature', async () => {
  for (const [code, text] of Object.entries(problemTexts))
    for (const lang of ['zh-CN', 'en'] as const) {
      const problem = problemOf(new Refusal(code as RefusalCode, facts), lang)!
      expect(problem).toMatchObject({ type: `/problems/${code}`, status: text.status })
      for (const words of [problem.title, problem.detail, problem.next]) {
        expect(words.length).toBeGreaterThan(3)
        expect(words).not.toMatch(/[{}]|undefined/)
        expect(/[\u4e00-\u9fff]/.test(words)).toBe(lang === 'zh-CN')
      }
    }
})

it('knows the refusals of features that are added later, or this fails', async () => {
  for (const file of globSync('src/**/*.ts', { cwd: projectRoot })) {
    if (/\.(test|fixture)\.ts$|^src\/(main|api)/.test(file) || !/refusals|export-person/.test(file)) continue
    const module = (await import(`${projectRoot}/${file}`)) as Record<string, unknown>
    for (const [name, map] of Object.entries(module))
      if (name.endsWith('Refusals'))
        for (const code of Object.keys(map as object))
          expect(problemTexts, `${file} ${code}`).toHaveProperty([code])
  }
})

it('gives a problem the same type on every installation, and opens its page on each', async () => {
  const moved = { publicUrl: 'https://moved.example', allowedHosts: ['moved.example'] }
  const elsewhere = openApi({ ...leb, config: { ...leb.config, ...moved } })
  for (const there of [api, elsewhere]) {
    const { body } = await there.get(`${base}/cards`)
    expect(body.type).toBe('/problems/holder/sign_in_needed')
    const address = new URL(body.type, 'https://moved.example/api/v1/issuers/leb/cards')
    expect((await there.get(address.pathname)).status).toBe(200)
  }
  await elsewhere.close()
})

it('answers in the language asked for', async () => {
  const zh = await api.get(`${base}/cards`, { headers: { 'accept-language': 'zh-CN,zh;q=0.9' } })
  expect(zh.body.title).toBe('请先登录')
  expect(zh.headers.get('content-language')).toBe('zh-CN')
  expect(zh.headers.get('www-authenticate')).toBe('Bearer')
  const en = await api.get(`${base}/cards`, { headers: { 'accept-language': 'en-GB' } })
  expect(en.body.title).toBe('Please sign in')
  expect(en.headers.get('content-language')).toBe('en')
})

it('points at what is wrong with a request, without repeating it', async () => {
  await seedCard(leb, { email: 'fault@example.com' })
  const token = await api.signIn('leb', 'fault@example.com')
  const bad = { accountId: 'secret-thing', cards: [7], start: 'now', zone: 'Asia/Shanghai', extra: 1 }
  const answer = await api.post(`${base}/closures`, { token, body: bad })
  expectProblem(answer, 'api/invalid_input')
  const pointers = answer.body.errors.map((one: { pointer: string }) => one.pointer)
  expect(pointers).toEqual(expect.arrayContaining(['#/accountId', '#/cards', '#/start', '#/extra']))
  expect(JSON.stringify(answer.body)).not.toContain('secret-thing')
  const nothing = (await api.post(`${base}/closures`, { token, body: {} })).body.errors
  expect(nothing.map((one: { detail: string }) => one.detail)).toEqual(Array(4).fill('is missing'))
  const query = await api.get(`${base}/accounts/${leb.ids.next()}/closure-preview?act=steal`, { token })
  expect(query.body.errors[0]).toMatchObject({ in: 'query', name: 'act' })
})

it('names each member that is not known, at its place, and never a whole essay of a name', async () => {
  const token = await api.signIn('leb', 'fault@example.com')
  const body = { 'a/b~c': 1, ['x'.repeat(500)]: 2 }
  const { errors } = (await api.post(`${base}/closures`, { token, body })).body
  const unknown = errors.filter((one: { detail: string }) => one.detail === 'is not known here')
  expect(unknown.map((one: { pointer: string }) => one.pointer)).toEqual(['#/a~1b~0c', `#/${'x'.repeat(64)}`])
})

it('refuses what is no request for it', async () => {
  const codes = `${base}/sign-in-codes`
  const body = { email: 'a@example.com' }
  expectProblem(await api.post(codes, { body, key: null }), 'api/key_missing')
  expectProblem(await api.post(codes, { body, key: 'x'.repeat(256) }), 'api/key_missing')
  expectProblem(await api.post(codes, { body: '{"email":' }), 'api/not_json')
  expectProblem(
    await api.post(codes, { body: 'a=b', headers: { 'content-type': 'text/plain' } }),
    'api/media_type',
  )
  expectProblem(await api.post(codes, { body: { email: 'x'.repeat(70_000) } }), 'api/too_large')
  expectProblem(await api.post(codes, { body: { email: 'nonsense' } }), 'holder/email_invalid')
  expectProblem(await api.get('/api/v1/issuers/nobody/cards'), 'issuer/unknown')
  expectProblem(await api.get('/api/v2/issuers'), 'api/not_found')
  expectProblem(await api.get(`${base}/cards`), 'holder/sign_in_needed')
  expectProblem(await api.get(`/api/v1/verify/${'A'.repeat(22)}`), 'api/no_such_token')
  const wrong = await api.call('PUT', codes)
  expectProblem(wrong, 'api/wrong_method')
  expect(wrong.headers.get('allow')).toBe('POST')
  const host = await api.get('/api/v1/issuers', { headers: { host: 'evil.example' } })
  expectProblem(host, 'api/wrong_host')
})

it('answers wrong, reused, expired and guessed sign-in codes, and tells nobody who is a customer', async () => {
  await seedCard(leb, { email: 'codes@example.com' })
  const ask = async (email: string) =>
    (await api.post(`${base}/sign-in-codes`, { body: { email } })).body.codeId
  const send = (codeId: string, code: string) => api.post(`${base}/sessions`, { body: { codeId, code } })
  const right = async (codeId: string) => codeFor(await leb.keys.vault('leb'), codeId)

  const id = await ask('codes@example.com')
  expectProblem(await send(id, 'abc'), 'holder/code_wrong')
  expect((await send(id, await right(id))).status).toBe(201)
  expectProblem(await send(id, await right(id)), 'holder/code_used')
  const late = await ask('codes@example.com')
  leb.clock.advance({ seconds: 601 })
  expectProblem(await send(late, await right(late)), 'holder/code_expired')
  const guessed = await ask('codes@example.com')
  for (let tries = 0; tries < 5; tries++) await send(guessed, 'abc')
  expectProblem(await send(guessed, await right(guessed)), 'holder/code_too_many')
  const unknown = await api.post(`${base}/sign-in-codes`, { body: { email: 'nobody@example.com' } })
  expect(unknown.status).toBe(202)
  expectProblem(await send(unknown.body.codeId, await right(unknown.body.codeId)), 'holder/code_wrong')
  await ask('codes@example.com')
  await ask('codes@example.com')
  const often = await api.post(`${base}/sign-in-codes`, { body: { email: 'codes@example.com' } })
  expectProblem(often, 'holder/too_often')
  expect(Number(often.headers.get('retry-after'))).toBeGreaterThan(0)
})

it('says nothing of what broke on our side', async () => {
  const logged: object[] = []
  const log = {
    ...leb.log,
    error: (message: string, fields?: object) => void logged.push({ message, ...fields }),
  }
  const keys = { ...leb.keys, vault: () => Promise.reject(new Error('key of mei@example.com at /secret')) }
  const broken = openApi({ ...leb, log, keys })
  const answer = await broken.post(`${base}/sign-in-codes`, { body: { email: 'mei@example.com' } })
  expectProblem(answer, 'api/broken')
  expect(JSON.stringify([answer.body, logged])).not.toMatch(/mei@|secret/)
  expect(logged).toHaveLength(1)
  await broken.close()
})

it('sends safe headers and never opens itself to other sites', async () => {
  const answer = await api.get('/api/v1/issuers', { headers: { origin: 'https://evil.example' } })
  expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
  const preflight = await api.call('OPTIONS', `${base}/cards`, {
    headers: { origin: 'https://evil.example' },
  })
  expectProblem(preflight, 'api/wrong_method')
})
