import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts'
import { migrate } from '../src/platform/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
    /** The superuser's, for tests that break what nobody else can. */
    postgresAdminUrl: string
    templateDatabase: string
  }
}

/** One real server for the whole run, and one migrated database that each test file clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'leb-test-'))
  await chmod(dir, 0o755)
  // Nothing here outlives the run, so the disk need not be waited for; the crash tests kill processes, not the server.
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    max_connections: '300',
    shared_buffers: '256MB',
  }
  const server = await startEmbeddedPostgres({ dir, settings, database: 'template_leb' })
  await migrate(server.url)
  await preparePgBoss(server.url)
  project.provide('postgresUrl', server.url)
  project.provide('postgresAdminUrl', server.adminUrl)
  project.provide('templateDatabase', 'template_leb')
  return async () => {
    await dropClones(server.adminUrl)
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

/** Queues are made in the template, so that a clone starts with them. */
async function preparePgBoss(url: string): Promise<void> {
  const { openJobs } = await import('../src/platform/jobs.ts')
  const { makeLog } = await import('../src/platform/log.ts')
  const jobs = openJobs(url, makeLog('error'), false)
  await jobs.start()
  await jobs.stop()
}

/** Connections a failed test left open must not keep the server up. */
async function dropClones(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
  )
  await client.end()
}
