import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { bundle } from '../../bin/bundle.mjs'
import type { WorldAddresses } from '../../sim/world.ts'
import { projectFile } from '../../src/platform/project.ts'

/** A worker's program and the simulated world, bundled for one run, so that nothing changes under running processes. */
export type Program = { work: string; sim: string; remove(): Promise<void> }

export async function buildProgram(): Promise<Program> {
  // Under node_modules, so that packages and the project's own files are found from there.
  const cache = projectFile('node_modules', '.cache')
  await mkdir(cache, { recursive: true })
  const dir = await mkdtemp(join(cache, 'leb-run-'))
  await bundle({ work: 'test/crash/leb-work.ts', sim: 'sim/main.ts' }, dir)
  return {
    work: join(dir, 'work.js'),
    sim: join(dir, 'sim.js'),
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}

/** The outside world as a process of its own: it stays when workers die. */
export type OutsideProcess = {
  pid: number
  at: WorldAddresses
  rss(): Promise<number>
  stop(): Promise<void>
}

export async function startOutside(program: Program, options: string[]): Promise<OutsideProcess> {
  const child = spawn(process.execPath, [program.sim, '--with-parent', ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [text] = (await once(createInterface(child.stdout), 'line')) as [string]
  return {
    pid: child.pid!,
    at: JSON.parse(text) as WorldAddresses,
    rss: () => rssMb(child.pid!),
    async stop() {
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

/** One `leb work` process. */
export type WorkerProcess = {
  pid: number
  /** What it logged; with LEB_LOG=error only what went wrong. */
  said: string[]
  /** SIGKILL: no handler runs, no connection is closed in order. */
  kill(): Promise<void>
  stop(): Promise<void>
  /** Why it ended by itself, if it did. */
  ended(): string | undefined
}

export function startWorker(
  program: Program,
  env: Record<string, string>,
  nodeOptions: string[] = [],
): WorkerProcess {
  const child = spawn(process.execPath, [...nodeOptions, program.work], {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, LEB_LOG: 'error', LEB_WITH_PARENT: '1', ...env },
  })
  const said: string[] = []
  createInterface(child.stderr).on('line', (line) => said.push(line))
  let told = false
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    told = true
    await ended(child, signal)
  }
  return {
    pid: child.pid!,
    said,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    ended: () =>
      !told && (child.exitCode !== null || child.signalCode !== null)
        ? `exit ${child.exitCode ?? child.signalCode}`
        : undefined,
  }
}

async function ended(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

/** Resident memory of a process in MB (1e6 bytes); 0 where the system does not tell. */
export async function rssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1000
}
