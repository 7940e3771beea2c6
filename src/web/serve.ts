import { createAdaptorServer, type ServerType } from '@hono/node-server'
import type { AddressInfo } from 'node:net'
import { cannotListen } from '../platform/cannot-listen.ts'

export type Served = {
  /** Where it listens, e.g. `http://127.0.0.1:8460`. */
  url: string
  /** Takes no more requests, lets the present ones end for a while, then closes what is left (event streams). */
  stop(): Promise<void>
}

const grace_ms = 2_000

/** Listens. Throws SetupError in one sentence when the port is taken or may not be used. */
export async function serve(
  app: { fetch: (request: Request, ...rest: never[]) => Response | Promise<Response> },
  at: { host: string; port: number },
): Promise<Served> {
  const server: ServerType = createAdaptorServer({ fetch: app.fetch as never })
  await new Promise<void>((listening, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      fail(cannotListen(error, { ...at, portSetting: 'LEB_PORT' })),
    )
    server.listen(at.port, at.host, listening)
  })
  const { port } = server.address() as AddressInfo
  const host = at.host.includes(':') ? `[${at.host}]` : at.host
  return {
    url: `http://${host}:${port}`,
    stop: () =>
      new Promise((stopped) => {
        const late = setTimeout(
          () => 'closeAllConnections' in server && server.closeAllConnections(),
          grace_ms,
        )
        server.close(() => {
          clearTimeout(late)
          stopped()
        })
        if ('closeIdleConnections' in server) server.closeIdleConnections()
      }),
  }
}
