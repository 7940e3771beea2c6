import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { lockFolder, type Owner, pause } from './postgres-folder.ts'

const run = promisify(execFile)
const own_sessions_end_within_ms = 3_000
const ask_again_ms = 50

type Server = {
  native: string
  data: string
  owner: Owner
  adminUrl: string
  /** Since when this process has had sessions, by the server's clock. */
  since: string
  dir: string
}

/** Stops the server in this folder, unless another process uses it. */
export async function leavePostgres({ native, data, owner, adminUrl, since, dir }: Server): Promise<void> {
  const unlock = await lockFolder(dir)
  try {
    if (await isShared(adminUrl, since)) return
    await run(join(native, 'bin', 'pg_ctl'), ['stop', '-D', data, '-m', 'fast', '-w', '-t', '30'], {
      ...owner,
      cwd: data,
    })
  } catch {
    // Already gone, or going: there is nothing left to stop.
  } finally {
    await unlock()
  }
}

/**
 * Whether another process has sessions. Those that this one has closed are seen until their backends have ended, which
 * takes a moment where the machine is busy, and a server was left running for nobody: what began after this process did
 * is given time to go.
 */
async function isShared(adminUrl: string, since: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'leb-stop' })
  await client.connect()
  try {
    for (let waited = 0; ; waited += ask_again_ms) {
      const { rows } = await client.query<{ before: boolean }>(
        `select backend_start < $1 as before from pg_stat_activity
          where backend_type = 'client backend' and pid <> pg_backend_pid()`,
        [since],
      )
      if (rows.length === 0) return false
      if (waited >= own_sessions_end_within_ms || rows.some(({ before }) => before)) return true
      await pause(ask_again_ms)
    }
  } finally {
    await client.end()
  }
}
