import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sampleIssuers } from '../../src/issuer/sample-issuers.ts'
import { projectFile } from '../../src/platform/project.ts'

/** Whoever starts LEB and thinks better of it finds nothing of it running. */

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leb-told-'))
  await chmod(dir, 0o755)
})
afterAll(() => rm(dir, { recursive: true, force: true }))

/** The process of the PostgreSQL on this folder, as soon as there is one. */
async function serverOn(data: string): Promise<number> {
  for (;;) {
    const file = await readFile(join(data, 'pg', 'postmaster.pid'), 'utf8').catch(() => '')
    if (file.includes('\n')) return Number(file.split('\n')[0])
    await new Promise((later) => setTimeout(later, 5))
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A LEB of its own on a data folder: what it says, and how it ends with a signal. */
function start(data: string, args: string[], log = 'info') {
  const settings = { LEB_DATA: data, LEB_LOG: log, LEB_PORT: '0', LEB_PROVIDER_PORT: '0' }
  const child = spawn(process.execPath, [projectFile('bin', 'start.mjs'), ...args], {
    env: { ...process.env, LEB_SAMPLE_STRIPE_KEY: 'sk_test_sample', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk))
  const ended = once(child, 'exit')
  return {
    ended,
    async tell(signal: NodeJS.Signals) {
      const server = await serverOn(data)
      child.kill(signal)
      const end = await ended
      // A server takes its pid file away, which is what LEB waits for, a moment before its process is gone.
      for (let tries = 0; tries < 100 && runs(server); tries++)
        await new Promise((later) => setTimeout(later, 50))
      const stillRuns = runs(server)
      if (stillRuns) process.kill(server, 'SIGQUIT')
      return { end, said, stillRuns }
    },
  }
}

it.each([
  [['serve'], 'SIGINT', 0],
  [['work'], 'SIGTERM', 0],
  [['migrate'], 'SIGTERM', 143],
  [['issuer', 'list'], 'SIGINT', 130],
  [['close', '--iccid', '8999902000000000004'], 'SIGTERM', 143],
] as const)('leb %s, told by %s while its database comes up, stops it', async (args, signal, code) => {
  const told = await start(join(dir, args[0]), [...args]).tell(signal)
  expect(told).toEqual({ end: [code, null], said: '', stillRuns: false })
})

it('leb close, told in the middle of its work, stops the database that it has started', async () => {
  const data = join(dir, 'middle')
  const ends = async (args: string[]) => expect(await start(data, args).ended).toEqual([0, null])
  const issuer = join(dir, 'leb.json')
  await writeFile(issuer, JSON.stringify(sampleIssuers()[0]))
  const fleet = join(dir, 'fleet.csv')
  const [header, first] = (await readFile(projectFile('demo', 'fleet.csv'), 'utf8')).split('\n')
  await writeFile(fleet, `${header}\n${first}\n`)
  await ends(['issuer', 'add', issuer])
  await ends(['import', fleet, '--rejects', join(dir, 'rejects.csv')])
  // Nobody answers for the sample's providers: it would wait a minute.
  const closing = start(data, ['close', '--iccid', '8999902000000000004'], 'silent')
  await declaredIn(data)
  expect(await closing.tell('SIGINT')).toEqual({ end: [130, null], said: '', stillRuns: false })
})

/** Waits until the database in this folder holds a closure. */
async function declaredIn(data: string): Promise<void> {
  const pid = join(data, 'pg', 'postmaster.pid')
  for (;;) {
    await new Promise((later) => setTimeout(later, 100))
    const port = Number((await readFile(pid, 'utf8').catch(() => '')).split('\n')[3])
    if (!port) continue
    const password = (await readFile(join(data, 'postgres.password'), 'utf8')).trim()
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'leb' })
    try {
      await client.connect()
      if ((await client.query('select 1 from closure')).rowCount) return
    } catch {
      // Not up yet.
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}

it('a start that fails ends, though the parent that it listens to is there', async () => {
  const taken = createServer()
  await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening))
  const { port } = taken.address() as { port: number }
  const env = { LEB_DATA: join(dir, 'fails'), LEB_PORT: '0', LEB_PROVIDER_PORT: String(port) }
  const child = spawn(process.execPath, [projectFile('bin', 'start.mjs'), 'serve'], {
    env: { ...process.env, ...env, LEB_LOG: 'warn', LEB_WITH_PARENT: '1' },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000)
  expect(await once(child, 'exit')).toEqual([2, null])
  clearTimeout(late)
  taken.close()
})
