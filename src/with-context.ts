import { openApp } from './app.ts'
import type { Context } from './platform/context.ts'
import type { Config } from './platform/env.ts'

/** Runs one command with everything open, and closes it whatever happens. */
export async function withContext<T>(config: Config, work: (ctx: Context) => Promise<T>): Promise<T> {
  const app = await openApp(config, 'command')
  try {
    return await work(app.ctx)
  } finally {
    await app.stop()
  }
}
