import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { mailedSignInCode, openPortal, Visitor } from '../../test/portal.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { readSession } from './session.ts'

let world: TestWorld
let portal: Awaited<ReturnType<typeof openPortal>>
let mei: Seeded
const origin = 'http://127.0.0.1:8460'
const visitor = () => new Visitor(portal.app, origin)

beforeAll(async () => {
  world = await openTestWorld()
  portal = await openPortal(world)
  mei = await seedCard(world, { issuerId: 'leb', email: 'mei@example.com' })
})
afterAll(async () => {
  await portal.close()
  await world.stop()
})

const cookieOf = (v: Visitor) => v.cookies.get('leb-leb-session')

test('a holder signs in with the mailed code and comes to the page she wanted', async () => {
  const her = await visitor().go('/leb/en/account')
  expect(her.title).toContain('What is your e-mail address?')
  await her.send('/sign-in', { email: ' MEI@example.com ' })
  await her.send('/sign-in/code', { code: await mailedSignInCode(world, 'leb', her) })
  expect(her.address).toBe('/leb/en/account')
  expect(her.text).toContain('mei@example.com')
  expect((await readSession(world, 'leb', cookieOf(her)!))?.holderIds).toEqual([mei.holderId])
})

test('known and unknown addresses get the same answer and leave the same rows', async () => {
  const ask = async (email: string) => {
    const v = await visitor().go('/leb/en/sign-in')
    await v.send('/sign-in', { email })
    const tidy = v.html
      .replace(/value="[^"]*"/g, '')
      .replace(/form_token/g, '')
      .replace(/code_id=[^"&]*/g, '')
    return { status: v.status, tidy }
  }
  const counts = () =>
    inIssuer(world.db, 'leb', async (tx) => ({
      codes: (await tx.selectFrom('access_code').select('code_id').execute()).length,
      waiting: (await tx.selectFrom('notice').select('state').where('state', '=', 'waiting').execute())
        .length,
      dropped: (await tx.selectFrom('notice').select('state').where('state', '=', 'dropped').execute())
        .length,
    }))
  const before = await counts()
  const known = await ask('mei@example.com')
  const between = await counts()
  const unknown = await ask('nobody@example.com')
  const after = await counts()
  expect(unknown).toEqual(known)
  expect(between).toEqual({ ...before, codes: before.codes + 1, waiting: before.waiting + 1 })
  expect(after).toEqual({ ...between, codes: between.codes + 1, dropped: between.dropped + 1 })
})

test('the right code for an address nobody has is answered like a wrong one', async () => {
  const v = await visitor().go('/leb/en/sign-in')
  await v.send('/sign-in', { email: 'nobody2@example.com' })
  await v.send('/sign-in/code', { code: await mailedSignInCode(world, 'leb', v) })
  expect(v.status).toBe(422)
  expect(v.text).toContain('That code is not right')
  expect(v.title).toMatch(/^Error: /)
  expect(cookieOf(v)).toBeUndefined()
})

test('a code does not open another issuer', async () => {
  await seedCard(world, { issuerId: 'roamly', email: 'mei@example.com' })
  const leb = await visitor().go('/leb/en/sign-in')
  await leb.send('/sign-in', { email: 'mei@example.com' })
  const codeId = /name="code_id" value="([^"]+)"/.exec(leb.html)![1]!
  const roamly = await visitor().go('/roamly/en/sign-in')
  await roamly.send('/sign-in', { email: 'mei@example.com' })
  await roamly.send('/sign-in/code', { code_id: codeId, code: await mailedSignInCode(world, 'leb', leb) })
  expect(roamly.status).toBe(422)
})

test('a session ends after a day, at signing out, and sees nothing once the person is erased', async () => {
  await seedCard(world, { issuerId: 'sinotravel', email: 'li@example.com' })
  const li = await visitor().signIn(world, 'sinotravel', 'li@example.com', 'zh-CN')
  const token = li.cookies.get('leb-sinotravel-session')!
  await inIssuer(world.db, 'sinotravel', (tx) => tx.deleteFrom('vault_index').execute())
  expect((await readSession(world, 'sinotravel', token))?.holderIds).toEqual([])
  await li.go('/sinotravel/zh-CN/account')
  await li.send('/sign-out')
  expect(await readSession(world, 'sinotravel', token)).toBeUndefined()

  const mei2 = await visitor().signIn(world, 'leb', 'mei@example.com')
  world.clock.advance({ hours: 24 })
  expect(await readSession(world, 'leb', cookieOf(mei2)!)).toBeUndefined()
})

test('the next page after signing in is never another site', async () => {
  for (const next of [
    'https://evil.example/',
    '//evil.example',
    '/roamly/en/cards',
    '/leb/en//evil.example',
  ]) {
    const v = await visitor().go(`/leb/en/sign-in?next=${encodeURIComponent(next)}`)
    expect(v.html).toContain('name="next" value="/leb/en/cards"')
  }
})

test('a malformed address is refused at its field', async () => {
  const v = await visitor().go('/leb/zh-CN/sign-in')
  await v.send('/sign-in', { email: 'mei@' })
  expect(v.status).toBe(422)
  expect(v.html).toContain('href="#email"')
  expect(v.html).toContain('aria-invalid="true"')
})

test('the sixth code for an address within an hour is refused, and says when it works again', async () => {
  const v = visitor()
  for (let i = 0; i < 5; i++) {
    await v.go('/leb/en/sign-in')
    await v.send('/sign-in', { email: 'often@example.com' })
    expect(v.status).toBe(200)
  }
  await v.go('/leb/en/sign-in')
  await v.send('/sign-in', { email: 'often@example.com' })
  expect(v.status).toBe(429)
  expect(v.text).toMatch(/pauses for \d+ min\./)
  expect(Number(v.headers.get('retry-after'))).toBeGreaterThan(0)
})
