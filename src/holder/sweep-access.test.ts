import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { inIssuer } from '../platform/db.ts'
import { codeFor, issueCode, useCode } from './access-code.ts'
import { openSession, readSession } from './session.ts'
import { sweepAccess } from './sweep-access.ts'

let world: TestWorld
beforeAll(async () => void (world = await openTestWorld()))
afterAll(() => world.stop())

test('codes go a day after their end, sessions at theirs, in every issuer; what still counts stays', async () => {
  const fingerprint = Buffer.alloc(32, 3)
  const begin = (issuerId: string) =>
    inIssuer(world.db, issuerId, async (tx) => ({
      code: await issueCode(world, tx, { issuerId, purpose: 'sign_in', fingerprint }),
      session: await openSession(world, tx, { issuerId, fingerprint }),
    }))
  const old = await begin('leb')
  await begin('roamly')
  world.clock.advance({ hours: 23 })
  const fresh = await begin('leb')
  expect(await sweepAccess(world)).toEqual({ codes: 0, sessions: 0 })
  const code = codeFor(await world.keys.vault('leb'), old.code.codeId)
  const guess = { issuerId: 'leb', purpose: 'sign_in', codeId: old.code.codeId, code } as const
  expect(await useCode(world, guess, async () => undefined)).toBe('expired')
  world.clock.advance({ hours: 2 })
  expect(await sweepAccess(world)).toEqual({ codes: 2, sessions: 2 })
  expect(await readSession(world, 'leb', fresh.session.token)).toBeDefined()
})
