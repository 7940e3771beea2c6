import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { termsListCommand, termsPutCommand, termsShowCommand } from './terms-command.ts'

const issuer = 'roamly'
let world: TestWorld
let dir: string
beforeAll(async () => {
  world = await openTestWorld()
  dir = await mkdtemp(join(tmpdir(), 'leb-terms-'))
})
afterAll(async () => {
  await world.stop()
  await rm(dir, { recursive: true })
})

async function said(work: (out: (text: string) => void) => Promise<number>): Promise<string> {
  let text = ''
  expect(await work((more) => void (text += more))).toBe(0)
  return text
}
const put = async (content: string) => {
  const file = join(dir, 'terms.json')
  await writeFile(file, content)
  return JSON.parse(await said((out) => termsPutCommand(world, { file, issuer, json: true, out })))
}
const show = (version: string) =>
  said((out) => termsShowCommand(world, { version, issuer, json: false, out }))

it('lists every version, which is in force, and shows one as a file that changes nothing', async () => {
  const old = { version: '2026-10', text: { 'zh-CN': '一、合同。', en: '1. Contract.\n\n2. “Price”.' } }
  await put(JSON.stringify(old))
  world.clock.advance({ days: 1 })
  await put(JSON.stringify({ version: '2026-11', text: { 'zh-CN': '一、新。', en: '1. New.' } }))
  const list = await said((out) => termsListCommand(world, { issuer, json: true, out }))
  expect(JSON.parse(list).terms).toMatchObject([
    { issuer, version: '2026-11', inForce: true, publishedAt: '2026-11-23T10:00:00.000Z' },
    { issuer, version: '2026-10', inForce: false, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ])
  const table = await said((out) => termsListCommand(world, { json: false, out }))
  expect(table).toMatch(/^roamly +2026-11 .* in force .*\nroamly +2026-10 .* replaced /)

  const shown = await show('2026-10')
  expect(JSON.parse(shown)).toEqual(old)
  expect(await put(shown)).toMatchObject({ version: '2026-10', added: false })
  await expect(show('2026-12')).rejects.toMatchObject({ name: 'AnsweredNo', reason: 'not_there' })
})
