import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
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

it.each([
  ['serve', 'SIGINT'],
  ['work', 'SIGTERM'],
] as const)('leb %s, told by %s while its database comes up, stops it', async (command, signal) => {
  const data = join(dir, command)
  const env = { ...process.env, LEB_DATA: data, LEB_LOG: 'info', LEB_PORT: '0', LEB_PROVIDER_PORT: '0' }
  const child = spawn(process.execPath, [projectFile('bin', 'start.mjs'), command], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk))
  const ended = once(child, 'exit')
  const server = await serverOn(data)
  child.kill(signal)
  const end = await ended
  const stillRuns = runs(server)
  if (stillRuns) process.kill(server, 'SIGQUIT')
  expect({ end, said, stillRuns }).toEqual({ end: [0, null], said: '', stillRuns: false })
})

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
