import pg from 'pg'
import { inject } from 'vitest'
import type { TestWorld } from '../../test/harness.ts'

/** A statement past triggers, constraints and row security, as only a superuser can; and the one that undoes it. */
export async function corrupted<T>(
  world: TestWorld,
  { change, mend }: { change: string; mend: string },
  work: () => Promise<T>,
): Promise<T> {
  const admin = new URL(inject('postgresAdminUrl'))
  admin.pathname = new URL(world.databaseUrl).pathname
  const client = new pg.Client({ connectionString: admin.href })
  await client.connect()
  try {
    await client.query(`set session_replication_role = replica`)
    await client.query(change)
    return await work().finally(() => client.query(mend))
  } finally {
    await client.end()
  }
}
