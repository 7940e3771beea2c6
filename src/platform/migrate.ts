import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import pg from 'pg'
import { unreachable } from './db.ts'
import { SetupError } from './errors.ts'
import { projectFile } from './project.ts'
import { grantRights } from './rights.ts'

// Any number that no other program on the same server is likely to lock.
const migrationLock = 5_282_018
const last_of_all = '9999'

/**
 * Brings the database forward by the numbered files in migrations/, each in a transaction of its own, and gives the
 * application its rights in it (rights.ts). Safe to run from several processes at once. Answers the names applied now.
 * Throws SetupError when a file that was applied before has since been changed, or the database is ahead of this LEB.
 * @param until the last file's number, for tests of what the next one does to rows; all unless told
 */
export async function migrate(url: string, until = last_of_all): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'leb-migrate' })
  await client.connect().catch((error: unknown) => {
    throw unreachable(url, error)
  })
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock])
    await client.query(`do $$ begin
      -- Asked first: a login that may not create tables may still find that there is nothing to do.
      if to_regclass('public.migration') is null then
        create table migration (name text primary key, sha256 text not null, applied_at timestamptz not null default now());
      end if;
    end $$`)
    const known = new Map(
      (await client.query<{ name: string; sha256: string }>('select name, sha256 from migration')).rows.map(
        (r) => [r.name, r.sha256],
      ),
    )
    const files = await migrationFiles()
    const ahead = [...known.keys()].find((name) => !files.some((file) => file.name === name))
    if (ahead)
      throw new SetupError(
        `the database has been migrated further (${ahead}) than this LEB knows: use the newer LEB`,
      )
    const applied: string[] = []
    for (const file of files) {
      const before = known.get(file.name)
      if (before && before !== file.sha256)
        throw new SetupError(
          `migrations/${file.name} was changed after it had been applied: restore it and add a new one`,
        )
      if (before || file.name.slice(0, 4) > until) continue
      await apply(client, file)
      applied.push(file.name)
    }
    if (until === last_of_all) await grantRights(client)
    return applied
  } finally {
    await client.end()
  }
}

type MigrationFile = { name: string; text: string; sha256: string }

async function migrationFiles(): Promise<MigrationFile[]> {
  const dir = projectFile('migrations')
  const names = (await readdir(dir)).filter((name) => /^\d{4}_.*\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(dir, name), 'utf8')
      return { name, text, sha256: createHash('sha256').update(text).digest('hex') }
    }),
  )
}

async function apply(client: pg.Client, file: MigrationFile): Promise<void> {
  await client.query('begin')
  try {
    await client.query(file.text)
    await client.query('insert into migration (name, sha256) values ($1, $2)', [file.name, file.sha256])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw new SetupError(`migration ${file.name} failed and was rolled back: ${(error as Error).message}`)
  }
}
