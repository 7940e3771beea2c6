import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { projectFile } from '../../src/platform/project.ts'
import { openTestWorld, type TestWorld } from '../harness.ts'

/** `--json` on the two commands that go on until they are told to stop: one line each when they run and when they have. */

let leb: TestWorld
beforeAll(async () => void (leb = await openTestWorld()))
afterAll(() => leb.stop())

function start(args: string[], env: Record<string, string> = {}) {
  const settings = {
    DATABASE_URL: leb.databaseUrl,
    LEB_DATA: leb.config.dataDir,
    LEB_KEYS: leb.config.keysDir,
    LEB_PORT: '0',
    LEB_PROVIDER_PORT: '0',
    LEB_PUBLIC_URL: 'https://close.leb.example',
    LEB_LOG: 'info',
    LEB_SAMPLE_STRIPE_KEY: 'sk_test_sample',
  }
  const child = spawn(process.execPath, [projectFile('bin', 'start.mjs'), ...args, '--json'], {
    env: { ...process.env, ...settings, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let logged = ''
  child.stderr.on('data', (chunk: Buffer) => void (logged += chunk))
  const lines: string[] = []
  const read = createInterface({ input: child.stdout })
  read.on('line', (line) => lines.push(line))
  const ended = once(child, 'close')
  return {
    child,
    /** The first line, or a failure with what was logged instead. */
    async first(): Promise<Record<string, unknown>> {
      await Promise.race([once(read, 'line'), ended])
      if (lines.length === 0) throw new Error(`it said nothing: ${logged}`)
      return JSON.parse(lines[0]!) as Record<string, unknown>
    },
    async end(signal?: NodeJS.Signals) {
      if (signal) child.kill(signal)
      const [code] = (await ended) as [number | null]
      return { code, lines, logged }
    },
  }
}

const stopped = (pid: number | undefined) => ({
  event: 'stopped',
  pid,
  ranMs: expect.any(Number) as number,
  at: expect.stringMatching(/Z$/) as string,
})

it('leb serve --json says where it is reached, and that it has stopped', async () => {
  const run = start(['serve', '--work'])
  const line = await run.first()
  expect(line).toMatchObject({
    event: 'serving',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    pid: run.child.pid,
    publicUrl: 'https://close.leb.example',
    works: true,
    worker: expect.any(String),
    issuers: 3,
    database: 'given',
    migrated: [],
  })
  // Where it says that it is, it is.
  expect((await fetch(`${String(line.providersUrl)}/healthz`)).status).toBe(200)
  const portal = await fetch(`${String(line.url)}/.well-known/jwks.json`)
  expect(portal.status).toBe(200)
  const { code, lines, logged } = await run.end('SIGTERM')
  expect([code, lines.length]).toEqual([0, 2])
  expect(JSON.parse(lines[1]!)).toEqual(stopped(run.child.pid))
  expect(logged).toContain('"msg":"serving"')
  expect(lines.join()).not.toContain(new URL(leb.databaseUrl).password)
})

it('leb work --json says that it works, and that it has stopped', async () => {
  const run = start(['work'])
  const line = await run.first()
  expect(line).toMatchObject({ event: 'working', pid: run.child.pid, issuers: 3, worker: expect.any(String) })
  expect(line).not.toHaveProperty('url')
  const { code, lines } = await run.end('SIGINT')
  expect([code, lines.length]).toEqual([0, 2])
  expect(JSON.parse(lines[1]!)).toEqual(stopped(run.child.pid))
})

it.each([['serve'], ['work']])(
  'leb %s --json that can not start says why on standard error alone',
  async (name) => {
    const env = { DATABASE_URL: 'postgresql://leb:x@127.0.0.1:1/leb' }
    const { code, lines, logged } = await start([name], env).end()
    expect([code, lines]).toEqual([2, []])
    expect(logged).toMatch(/^leb: .*DATABASE_URL.*\n$/)
  },
)
