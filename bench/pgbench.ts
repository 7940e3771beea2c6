import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { appRole } from '../src/platform/rights.ts'
import { sqlCard } from './ledger-fleet.ts'

const run = promisify(execFile)

/** Postings a second of PostgreSQL's own pgbench, or why there is no figure. */
export type Pgbench = { perSecond: number; clients: number } | { missing: string }

/**
 * The posting function that the micro-batches call, with one record a transaction, as many clients as serve it best.
 * Named statements, the same role, row security and server: what differs is the batch, and that no HTTP is in between.
 */
export async function measurePgbench(
  url: string,
  cards: number,
  seconds: number,
  dir: string,
): Promise<Pgbench> {
  const script = join(dir, 'post-usage.pgbench')
  await writeFile(
    script,
    `\\set card random(1, ${cards})
select * from ledger_post_usage('leb', array['bench:' || uuidv7()], array[sha256('one')],
  array[${sqlCard(':card::int')}], array[30::bigint], array[28::bigint], array[2::bigint], array[false], uuidv7(), now());
`,
  )
  let best: { perSecond: number; clients: number } | undefined
  for (const clients of [4, 16, 32]) {
    const { username, password, hostname, port, pathname } = new URL(url)
    const args = [
      '-n',
      '-M',
      'prepared',
      '-f',
      script,
      '-c',
      String(clients),
      '-j',
      '2',
      '-T',
      String(seconds),
    ]
    const place = ['-h', decodeURIComponent(hostname), '-p', port, '-U', username, pathname.slice(1)]
    const env = {
      PATH: process.env.PATH,
      PGPASSWORD: decodeURIComponent(password),
      PGOPTIONS: `-c role=${appRole} -c leb.issuer=leb -c timezone=UTC`,
    }
    try {
      const { stdout } = await run('pgbench', [...args, ...place], { env })
      const perSecond = Number(/tps = ([\d.]+)/.exec(stdout)?.[1])
      if (!best || perSecond > best.perSecond) best = { perSecond, clients }
    } catch (error) {
      const { code, stderr } = error as { code?: string; stderr?: string }
      if (code === 'ENOENT')
        return {
          missing: 'pgbench is not on this machine (Debian: postgresql-contrib), so there is no reference',
        }
      const why = stderr?.trim().split('\n').at(-1) ?? code
      throw new Error(`pgbench ended badly: ${why}`, { cause: error })
    }
  }
  return best!
}
