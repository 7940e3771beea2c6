import { startEmbeddedPostgres } from './embedded-postgres.ts'
import type { Config } from './env.ts'
import { migrate } from './migrate.ts'
import { hearStop } from './until-told-to-stop.ts'

/** `leb migrate`: brings the database forward and says what was applied. */
export async function migrateCommand(config: Config, options: { json?: boolean }): Promise<void> {
  const stopping = hearStop({ early: !config.databaseUrl, endless: false })
  const server = config.databaseUrl ? undefined : await startEmbeddedPostgres({ dir: config.dataDir })
  try {
    // Told to stop later, it first finishes: its session would keep the server running.
    stopping.check()
    const applied = await migrate(config.databaseUrl ?? server!.url)
    if (options.json) process.stdout.write(`${JSON.stringify({ applied })}\n`)
    else process.stdout.write(applied.length > 0 ? `applied ${applied.join(', ')}\n` : 'up to date\n')
  } finally {
    await server?.stop()
  }
}
