import { readFile } from 'node:fs/promises'
import type { App } from './app.ts'
import { listIssuers } from './issuer/issuer.ts'
import { projectFile } from './platform/project.ts'

type Running = 'serving' | 'working'
/** Where it is reached; for a process that only works, nowhere. */
export type Reached = { publicUrl: string; url: string; providersUrl: string; works: boolean }

/**
 * What `leb serve --json` and `leb work --json` say on standard output, and nothing else: one line once they run, with
 * what runs where, and one when they have stopped. Logs go to standard error as ever. No line tells of the database's
 * address, for a password is in it.
 * @returns says that it has stopped; called last, for a reader that has gone ends the process
 */
export async function sayRunning(app: App, event: Running, reached?: Reached): Promise<() => void> {
  const { config, db, clock, worker } = app.ctx
  const { version } = JSON.parse(await readFile(projectFile('package.json'), 'utf8')) as { version: string }
  const begun = clock.now()
  say({
    event,
    version,
    pid: process.pid,
    ...reached,
    ...((event === 'working' || reached?.works) && { worker }),
    issuers: (await listIssuers(db)).length,
    database: config.databaseUrl ? 'given' : 'own',
    data: config.dataDir,
    migrated: app.migrated,
    at: begun.toISOString(),
  })
  return () => {
    const end = clock.now()
    const ran_ms = Math.max(0, end.getTime() - begun.getTime())
    say({ event: 'stopped', pid: process.pid, ranMs: ran_ms, at: end.toISOString() })
  }
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
