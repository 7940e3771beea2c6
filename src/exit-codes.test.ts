import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openTestWorld, type TestWorld } from '../test/harness.ts'
import { leafCommands } from './command-examples.ts'
import { main, makeProgram } from './main.ts'

/** One rule for all: what a command is about is not there, so the answer is no. */

let world: TestWorld
beforeAll(async () => {
  world = await openTestWorld()
  vi.stubEnv('DATABASE_URL', world.databaseUrl)
  vi.stubEnv('LEB_DATA', world.config.dataDir)
  vi.stubEnv('LEB_KEYS', world.config.dataDir)
  vi.stubEnv('LEB_LOG', 'silent')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await world.stop()
})

async function leb(...args: string[]): Promise<{ code: unknown; out: string; err: string }> {
  let [out, err] = ['', '']
  const onOut = vi.spyOn(process.stdout, 'write').mockImplementation((text) => (out += String(text)) !== '')
  const onErr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => (err += String(text)) !== '')
  try {
    await main(['node', 'leb', ...args])
    return { code: process.exitCode, out, err }
  } finally {
    process.exitCode = 0
    process.stdout.removeAllListeners('error')
    onOut.mockRestore()
    onErr.mockRestore()
  }
}

const number = 'LEB-2K7M-9QXCT'
const receipt = '0190f2a4-0000-7000-8000-000000000000'
const iccid = ['--iccid', '8999901000000000018']
const reference = ['--reference', 'SEPA 17']
/** Each command that is about something by its number, id or name, asked about one that nobody has. */
const unknown: Record<string, string[]> = {
  status: [number],
  retry: [number],
  paid: [number, ...iccid, ...reference],
  'issuer show': ['nobody'],
  'catalogue show': ['NONE', '--issuer', 'leb'],
  'terms show': ['none', '--issuer', 'leb'],
  'order status': ['X-1'],
  'order paid': ['X-1', ...reference],
  'invoices link': [number],
  'payments match': [receipt, '--order', 'X-1'],
  'payments refund': [receipt],
  'payments returned': ['no-receipt', ...reference],
  'payments counts': ['re_none'],
  'payments besides': ['re_none'],
  'payout charged-back': [number, ...iccid],
  'usage key add': ['nobody'],
  'usage key list': ['nobody'],
  'usage key revoke': ['leb', 'nokey'],
  'keys list': ['nobody'],
  'keys rotate': ['nobody'],
  'keys revoke': ['leb', 'nokey', '--from', '2026-11-22T18:00:00Z'],
}

it('knows of every command that is about something', () => {
  const commands = leafCommands(makeProgram(() => async () => undefined)).filter(({ command }) =>
    command.registeredArguments.some((one) => one.name() !== 'file'),
  )
  expect(Object.keys(unknown).toSorted()).toEqual(commands.map(({ name }) => name).toSorted())
})

it.each(Object.entries(unknown))('answers no to leb %s: 1, with --json in an object', async (name, args) => {
  const plain = await leb(...name.split(' '), ...args)
  expect(plain).toMatchObject({ code: 1 })
  expect(`${plain.out}${plain.err}`.trim().split('\n')).toHaveLength(1)
  const told = await leb(...name.split(' '), ...args, '--json')
  expect(told).toMatchObject({ code: 1, err: '' })
  const answer = JSON.parse(told.out) as Record<string, unknown>
  expect(Object.values(answer)).toContain(args[0])
  expect(answer['answer'] === 'no' || answer['revoked'] === false).toBe(true)
})

it('has no answer where an option is wrong: 2, and nothing on stdout', async () => {
  for (const args of [
    ['close', ...iccid, '--issuer', 'nobody'],
    ['payout', 'list', '--issuer', 'nobody'],
    ['payments', 'unmatched', '--issuer', 'nobody'],
    ['catalogue', 'list', '--issuer', 'nobody'],
    ['ledger', 'statement', '--issuer', 'nobody', '--account', 'revenue'],
    ['expiry', 'run', '--issuer', 'nobody'],
  ])
    expect(await leb(...args, '--json'), args.join(' ')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('nobody'),
    })
})

it('says for each card of a list that it is not there', async () => {
  const { code, out } = await leb('close', ...iccid, '--json')
  expect([code, JSON.parse(out)]).toEqual([1, { iccid: iccid[1], result: 'unknown_card', number: null }])
})
