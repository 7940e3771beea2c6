import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { environmentOfChild } from '../platform/env.ts'
import { SetupError } from '../platform/errors.ts'
import { projectFile } from '../platform/project.ts'

/** A process of the demo. Its standard input is a pipe: when this process dies, however, the child sees it end. */
export type Child = { name: string; process: ChildProcess; stop(): Promise<void> }

type Start = { name: string; file: string[]; args: string[]; env?: Record<string, string> }

export function startChild({ name, file, args, env }: Start): Child {
  const child = spawn(process.execPath, [projectFile(...file), ...args], {
    // A group of its own: Ctrl-C in the terminal reaches the demo, which stops its children in order.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: environmentOfChild({ ...env, LEB_WITH_PARENT: '1' }),
  })
  child.stdin?.on('error', () => undefined)
  return {
    name,
    process: child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      const patience = setTimeout(() => child.kill('SIGKILL'), 12_000)
      await gone
      clearTimeout(patience)
    },
  }
}

/** The first line of JSON a child prints: where it listens. Throws SetupError when it ends before. */
export function firstLine<T>(child: Child): Promise<T> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.process.stdout! })
    lines.once('line', (line) => resolve(JSON.parse(line) as T))
    child.process.once('exit', () =>
      reject(new SetupError(`${child.name} ended before it was ready (its words are above)`)),
    )
  })
}
