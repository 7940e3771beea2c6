import { openApp } from './app.ts'
import { startWork } from './work.ts'
import type { Config } from './platform/env.ts'
import { letHeapGrow } from './platform/heap.ts'
import { readyPress } from './slip/typeset-aside.ts'
import { sayRunning } from './running-lines.ts'
import { hearStop } from './platform/until-told-to-stop.ts'

/** `leb work`: closes cards until told to stop. */
export async function workCommand(config: Config, options: { json?: boolean } = {}): Promise<void> {
  letHeapGrow()
  readyPress()
  const stopping = hearStop({ early: !config.databaseUrl, endless: true })
  const app = await openApp(config, 'work', () => stopping.check())
  let stopped = () => {}
  try {
    const worker = await startWork(app.ctx, app.databaseUrl)
    // Heard from here on: whoever reads that it works may stop it in the same moment.
    const told = stopping.told()
    app.ctx.log.info('working', { worker: app.ctx.worker })
    if (options.json) stopped = await sayRunning(app, 'working')
    await told
    await worker.stop()
  } finally {
    await app.stop()
    stopped()
  }
}
