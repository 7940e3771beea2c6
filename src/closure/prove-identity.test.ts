import { afterAll, beforeAll, expect, it } from 'vitest'
import { openOutside, type Outside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { code_attempts } from '../holder/access-code.ts'
import { declareClosure } from './declare.ts'
import { proveIdentity, sendIdentifyCode } from './prove-identity.ts'
import { readClosure } from './read-closure.ts'

let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())

/** A closure that waits for its code, and the code that its holder was sent. */
async function declared() {
  const card = await seedCard(leb)
  const { closureId } = await declareClosure(leb, {
    issuerId: 'leb',
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'UTC',
    receivedBy: 'portal',
    identity: 'signed_in',
  })
  const which = { issuerId: 'leb', closureId }
  const prove = (code: string) => proveIdentity(leb, { ...which, code })
  const state = async () => (await readClosure(leb, which))!.state
  return { which, prove, state, code: await leb.codeOf('leb', closureId) }
}
const otherThan = (code: string) => (code === '000000' ? '000001' : '000000')

it('refuses a wrong code and takes the right one, once', async () => {
  const { prove, state, code } = await declared()
  await expect(prove(otherThan(code))).rejects.toMatchObject({ code: 'closure/code_wrong' })
  expect(await state()).toBe('declared')
  await prove(code)
  expect(await state()).toBe('identified')
  await expect(prove(code)).rejects.toMatchObject({ code: 'closure/code_used' })
})

it('refuses the code of another closure', async () => {
  const [mine, theirs] = [await declared(), await declared()]
  // One in a million is the same.
  if (mine.code === theirs.code) return
  await expect(mine.prove(theirs.code)).rejects.toMatchObject({ code: 'closure/code_wrong' })
  expect([await mine.state(), await theirs.state()]).toEqual(['declared', 'declared'])
})

it('refuses a code after its ten minutes, and takes a new one', async () => {
  const { which, prove, state, code } = await declared()
  leb.clock.advance({ seconds: 601 })
  await expect(prove(code)).rejects.toMatchObject({ code: 'closure/code_expired' })
  await sendIdentifyCode(leb, which)
  await prove(await leb.codeOf('leb', which.closureId))
  expect(await state()).toBe('identified')
})

it('lets nobody guess on: after five wrong ones the right one is refused, too, and a new one is taken', async () => {
  const { which, prove, state, code } = await declared()
  for (let tries = 0; tries < code_attempts; tries++)
    await expect(prove(otherThan(code))).rejects.toMatchObject({ code: 'closure/code_wrong' })
  await expect(prove(code)).rejects.toMatchObject({ code: 'closure/code_too_many' })
  // Of two codes of one millisecond nobody can say which is the newer.
  leb.clock.advance({ seconds: 1 })
  await sendIdentifyCode(leb, which)
  await prove(await leb.codeOf('leb', which.closureId))
  expect(await state()).toBe('identified')
})
