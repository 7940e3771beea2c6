import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openPool } from './db.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'

// The server alone gets a limit as an operator's `ulimit -v` or a container's would be: 128 MB fit, 512 MB don't.
vi.mock('node:child_process', async (original) => {
  const real = await original<typeof import('node:child_process')>()
  const spawn = (file: string, args: string[], options: object) =>
    real.spawn('sh', ['-c', 'ulimit -v 500000; exec "$0" "$@"', file, ...args], options)
  return { ...real, spawn }
})
vi.mock('node:os', async (original) => {
  const real = await original<typeof import('node:os')>()
  return { ...real, totalmem: () => 2 * 2 ** 30 }
})

let dir: string
beforeAll(async () => {
  vi.spyOn(process, 'constrainedMemory').mockReturnValue(0)
  dir = await mkdtemp(join(tmpdir(), 'leb-memory-'))
  await chmod(dir, 0o755)
})
afterAll(async () => {
  vi.restoreAllMocks()
  await rm(dir, { recursive: true, force: true })
})

it.runIf(process.platform === 'linux')(
  'starts with the least where the system refuses more, and says so',
  async () => {
    const told: string[] = []
    const server = await startEmbeddedPostgres({
      dir,
      settings: { fsync: 'off' },
      tell: (words) => told.push(words),
    })
    try {
      const pool = openPool(server.url, 1, 'test', null)
      const { rows } = await pool.query<{ has: string; by: string }>(
        `select current_setting('shared_buffers') as has,
              case when inet_server_addr() is null then 'socket' else 'loopback' end as by`,
      )
      await pool.end()
      expect(rows).toEqual([{ has: '128MB', by: 'socket' }])
      expect(told).toEqual([
        expect.stringMatching(/^the system refuses PostgreSQL 512 MB .* starts with 128 MB/),
      ])
    } finally {
      await server.stop()
    }
  },
)

// On the folder of the test before, whose log still speaks of memory.
it('takes no other fault for a lack of memory', async () => {
  const told: string[] = []
  const settings = { shared_buffers: '128MB', wal_level: 'nonsense' }
  const starting = startEmbeddedPostgres({ dir, settings, tell: (words) => told.push(words) })
  await expect(starting).rejects.toThrow(/PostgreSQL did not start; its own words are in/)
  expect(told).toEqual([])
})
