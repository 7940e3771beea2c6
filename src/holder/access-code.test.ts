import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { inIssuer } from '../platform/db.ts'
import { closingText } from '../closure/pages/closure-text.ts'
import { code_attempts, code_lives_minutes, codeFor, issueCode, useCode } from './access-code.ts'
import { holderRefusals } from './refusals.ts'

let world: TestWorld
beforeAll(async () => void (world = await openTestWorld()))
afterAll(() => world.stop())

async function newCode(issuerId = 'leb') {
  const { codeId } = await inIssuer(world.db, issuerId, (tx) =>
    issueCode(world, tx, { issuerId, purpose: 'sign_in', fingerprint: Buffer.alloc(32, 7) }),
  )
  return { codeId, code: codeFor(await world.keys.vault(issuerId), codeId) }
}
const nothing = async () => undefined
const use = (codeId: string, code: string, issuerId = 'leb') =>
  useCode(world, { issuerId, purpose: 'sign_in', codeId, code }, nothing)
const wrongFor = (code: string) => (code === '000000' ? '000001' : '000000')

test('a code works once, spaces and full-width digits forgiven', async () => {
  const { codeId, code } = await newCode()
  expect(code).toMatch(/^\d{6}$/)
  const fullWidth = [...code].map((d) => String.fromCodePoint(d.codePointAt(0)! + 0xfee0)).join('')
  expect(await use(codeId, `${fullWidth.slice(0, 3)} ${fullWidth.slice(3)}`)).toBe('ok')
  expect(await use(codeId, code)).toBe('used')
})

test('the digits are the RFC 4226 truncation of the MAC', () => {
  // echo -n 00000000-0000-7000-8000-000000000001 | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101…01
  const codeKey = Buffer.alloc(32, 1)
  expect(codeFor({ codeKey }, '00000000-0000-7000-8000-000000000001')).toBe('258173')
  expect(codeFor({ codeKey: Buffer.alloc(32, 2) }, '00000000-0000-7000-8000-000000000001')).not.toBe('258173')
})

test('after ten minutes it has expired', async () => {
  const { codeId, code } = await newCode()
  world.clock.advance({ seconds: 601 })
  expect(await use(codeId, code)).toBe('expired')
})

test('at most five guesses, also when they come at the same moment', async () => {
  const { codeId, code } = await newCode()
  const answers = await Promise.all(Array.from({ length: 12 }, () => use(codeId, wrongFor(code))))
  expect(answers.filter((a) => a === 'wrong')).toHaveLength(code_attempts)
  expect(answers.filter((a) => a === 'too_many')).toHaveLength(12 - code_attempts)
  expect(await use(codeId, code)).toBe('too_many')
})

test('two at once with the right code: one of them is in', async () => {
  const { codeId, code } = await newCode()
  const answers = await Promise.all([use(codeId, code), use(codeId, code), use(codeId, code)])
  expect(answers.sort()).toEqual(['ok', 'used', 'used'])
})

test('when the work behind the code fails, the code stays good and the attempt counts', async () => {
  const { codeId, code } = await newCode()
  const guess = { issuerId: 'leb', purpose: 'sign_in', codeId, code } as const
  await expect(useCode(world, guess, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await useCode(world, guess, async () => false)).toBe('wrong')
  for (let i = 0; i < 2; i++) await use(codeId, wrongFor(code))
  expect(await use(codeId, code)).toBe('ok')
})

test('a code of another issuer, or one that never was, is wrong', async () => {
  const { codeId, code } = await newCode()
  expect(await use(codeId, code, 'roamly')).toBe('wrong')
  expect(await use(world.ids.next(), code)).toBe('wrong')
})

test('more simultaneous callers than database connections all get an answer', async () => {
  const codes = await Promise.all(Array.from({ length: 24 }, () => newCode()))
  const answers = await Promise.all(codes.map(({ codeId, code }) => use(codeId, code)))
  expect(new Set(answers)).toEqual(new Set(['ok']))
})

test.each(['zh-CN', 'en'] as const)('what is said of a code has no number of its own (%s)', (lang) => {
  const { words, wordsUnknown } = closingText[lang].code
  for (const say of [words, wordsUnknown]) {
    expect(say(7)).toMatch(/7 (minutes|分钟)/)
    expect(say(7)).not.toContain('10')
  }
  const minutes = new RegExp(`\\b${code_lives_minutes} (minutes|分钟)`)
  expect(holderRefusals['holder/code_expired'].next[lang]).toMatch(minutes)
  expect(holderRefusals['holder/code_too_many'].title[lang]).toContain(` ${code_attempts} `)
})
