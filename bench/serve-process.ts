import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bundle } from '../bin/bundle.mjs'
import { workerEnv } from '../test/crash/installation.ts'
import type { BenchInstallation } from './installation.ts'

export type Serving = { url: string; pid: number; stop(): Promise<void> }

/** `leb serve` as it is, in a process of its own. */
export async function startServe(
  at: BenchInstallation,
  env: Record<string, string>,
  nodeOptions: string[] = [],
): Promise<Serving> {
  const dir = join(at.program.work, '..')
  await bundle({ main: 'src/main.ts' }, dir)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const start = `import(${JSON.stringify(join(dir, 'main.js'))}).then(({ main }) => main(['node', 'leb', 'serve']))`
  const child = spawn(process.execPath, [...nodeOptions, '-e', start], {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      LEB_LOG: 'error',
      LEB_WITH_PARENT: '1',
      LEB_PORT: String(port),
      LEB_PROVIDER_PORT: String(await freePort()),
      ...workerEnv(at),
      ...env,
    },
  })
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`leb serve ended with ${child.exitCode}`)
    const answer = await fetch(`${url}/api/openapi.json`).catch(() => undefined)
    if (answer?.ok)
      return {
        url,
        pid: child.pid!,
        async stop() {
          if (child.exitCode !== null) return
          child.kill('SIGTERM')
          await once(child, 'exit')
        },
      }
    await sleep(100)
  }
  child.kill('SIGKILL')
  throw new Error('leb serve did not come up in 30 s')
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => done(port))
    })
  })
}
