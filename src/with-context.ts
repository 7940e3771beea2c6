import { type App, openApp, type Part } from './app.ts'
import type { Context } from './platform/context.ts'
import type { Config } from './platform/env.ts'
import { hearStop, type Stopping } from './platform/until-told-to-stop.ts'

/** Runs one command with everything open, and closes it whatever happens. */
export function withContext<T>(config: Config, work: (ctx: Context) => Promise<T>): Promise<T> {
  return withApp(config, 'command', (app, { orTold }) => orTold(work(app.ctx)))
}

/**
 * The same for a command that has more to close: it does so when `orTold` throws. Told to stop in the middle, a command
 * finishes the transactions that it has open, and leaves no PostgreSQL of its own running.
 */
export async function withApp<T>(
  config: Config,
  part: Part,
  work: (app: App, stopping: Stopping) => Promise<T>,
): Promise<T> {
  const stopping = hearStop({ early: !config.databaseUrl, endless: false })
  const app = await openApp(config, part, stopping.check)
  try {
    return await work(app, stopping)
  } finally {
    await app.stop()
  }
}
