import { createAdaptorServer, type ServerType } from '@hono/node-server'
import type { AddressInfo } from 'node:net'
import { SetupError } from '../platform/errors.ts'

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
    server.once('error', (error: NodeJS.ErrnoException) => fail(cannotListen(error, at)))
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

function cannotListen(error: NodeJS.ErrnoException, at: { host: string; port: number }): SetupError {
  const where = `${at.host}:${at.port}`
  if (error.code === 'EADDRINUSE')
    return new SetupError(
      `${where} is taken by another program: stop it, or choose another port with LEB_PORT`,
    )
  if (error.code === 'EACCES')
    return new SetupError(`this user may not listen on ${where}: choose a port above 1023 with LEB_PORT`)
  return new SetupError(
    `LEB can't listen on ${where} (${error.code ?? 'no reason given'}): check LEB_HOST and LEB_PORT`,
  )
}
