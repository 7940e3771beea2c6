import { openApp } from './app.ts'
import { startWork } from './work.ts'
import { makeDoors } from './doors.ts'
import type { Config } from './platform/env.ts'
import { letHeapGrow } from './platform/heap.ts'
import { readyPress } from './slip/typeset-aside.ts'
import { hearStop } from './platform/until-told-to-stop.ts'
import { startProviderDoor } from './provider-door/door.ts'
import { registerHubs } from './provider-door/register-hubs.ts'
import { sayRunning } from './running-lines.ts'
import { serve } from './web/serve.ts'

/** `leb serve`: the portal, the API and the providers' door, until told to stop. */
export async function serveCommand(
  config: Config,
  options: { work?: boolean; json?: boolean },
): Promise<void> {
  letHeapGrow()
  readyPress()
  const stopping = hearStop({ early: !config.databaseUrl, endless: true })
  const app = await openApp(config, options.work ? 'work' : 'serve', () => stopping.check())
  let stopped = () => {}
  const closing: (() => Promise<void>)[] = [() => app.stop()]
  try {
    const door = await startProviderDoor(app.ctx)
    closing.unshift(() => door.stop())
    const hubs = registerHubs(app.ctx, config.providerDoor.publicUrl ?? door.url)
    closing.unshift(async () => hubs.stop())
    const served = await serve(makeDoors(app.ctx), { host: config.host, port: config.port })
    closing.unshift(() => served.stop())
    if (options.work) {
      const worker = await startWork(app.ctx, app.databaseUrl)
      closing.splice(1, 0, () => worker.stop())
    }
    // Heard from here on: whoever reads that it serves may stop it in the same moment.
    const told = stopping.told()
    app.ctx.log.info('serving', { url: served.url, port: door.port })
    if (options.json) {
      const works = Boolean(options.work)
      const { publicUrl } = config
      stopped = await sayRunning(app, 'serving', {
        publicUrl,
        url: served.url,
        providersUrl: door.url,
        works,
      })
    } else process.stdout.write(`LEB serves on ${config.publicUrl}\n`)
    await told
  } finally {
    for (const close of closing) await close()
    stopped()
  }
}
