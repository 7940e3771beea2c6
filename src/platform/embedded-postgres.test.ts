import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkDatabase, openPool } from './db.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leb-embedded-'))
  await chmod(dir, 0o755)
})
afterAll(() => rm(dir, { recursive: true, force: true }))

/** How a server started in such a folder is reached: through its socket or through the loopback. */
async function reachedBy(...names: string[]): Promise<string> {
  const folder = join(dir, ...names)
  await mkdir(folder, { recursive: true })
  const server = await startEmbeddedPostgres({ dir: folder, settings: { fsync: 'off' } })
  try {
    await checkDatabase(server.url)
    const pool = openPool(server.url, 1, 'test', null)
    const { rows } = await pool.query<{ by: string }>(
      `select case when inet_server_addr() is null then 'socket' else 'loopback' end as by`,
    )
    await pool.end()
    return rows[0]!.by
  } finally {
    await server.stop()
  }
}

it('is reached through a socket in its folder, whatever the folder is called', async () => {
  expect(await reachedBy("数据 100% of o'clock")).toBe('socket')
})

it('is reached through the loopback where no socket can have that path', async () => {
  expect(await reachedBy('one, two', 'a'.repeat(60))).toBe('loopback')
})

it('stops though a session of its own ends a moment later, and leaves a server alone that another uses', async () => {
  const folder = join(dir, 'shared')
  await mkdir(folder)
  const start = () => startEmbeddedPostgres({ dir: folder, settings: { fsync: 'off' } })
  const isUp = () => existsSync(join(folder, 'pg', 'postmaster.pid'))
  const owner = await start()
  const ofOwner = new pg.Client({ connectionString: owner.adminUrl })
  await ofOwner.connect()
  const guest = await start()
  expect([owner.started, guest.started]).toEqual([true, false])
  await guest.stop()
  expect(isUp()).toBe(true)
  const ends = new Promise((ended) => setTimeout(() => ended(ofOwner.end()), 400))
  await owner.stop()
  await ends
  expect(isUp()).toBe(false)
})
