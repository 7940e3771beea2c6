import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { DOWNLOAD_PROGRESS_PATH } from '../adapters/esim/download-progress.ts'
import { findIssuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { cannotListen } from '../platform/cannot-listen.ts'
import { SetupError } from '../platform/errors.ts'
import { errorFields } from '../platform/log.ts'
import { metricsRoutes } from './metrics.ts'
import { hearOrderEvent } from './nudge-from-order.ts'
import { healthRoutes } from './readiness.ts'
import { takeDownloadProgress } from './take-download-progress.ts'

export type ProviderDoor = {
  port: number
  /** Where providers reach it when nothing stands between, e.g. `http://127.0.0.1:8461`. */
  url: string
  stop(): Promise<void>
}

export const TMF641_LISTENER = '/tmf641/listener'
const body_limit_bytes = 256 * 1024
const grace_ms = 3_000

/**
 * Where providers report: away from the portal, on a port of its own, with client certificates if the config says
 * so. The issuer is the first part of the address, so that no message has to be believed about whose it is.
 */
export function makeProviderDoor(ctx: Context): Hono {
  const app = new Hono()
  app.onError((error, c) => {
    ctx.log.error("a provider's message broke", { ...errorFields(error), method: c.req.method })
    return c.json({ error: 'ours, not yours' }, 500)
  })
  app.use(bodyLimit({ maxSize: body_limit_bytes, onError: (c) => c.json({ error: 'too large' }, 413) }))
  app.route('/', healthRoutes(ctx))
  app.route('/', metricsRoutes(ctx))
  const known = async (issuerId: string) =>
    /^[a-z][a-z0-9]{1,19}$/.test(issuerId) && (await findIssuer(ctx.db, issuerId)) !== undefined
  app.post(`/:issuer${DOWNLOAD_PROGRESS_PATH}`, async (c) => {
    const issuerId = c.req.param('issuer')
    return (await known(issuerId)) ? takeDownloadProgress(ctx, issuerId, c) : c.notFound()
  })
  app.post(`/:issuer${TMF641_LISTENER}`, async (c) => {
    const issuerId = c.req.param('issuer')
    return (await known(issuerId)) ? hearOrderEvent(ctx, issuerId, c) : c.notFound()
  })
  app.notFound((c) => c.json({ error: 'nothing here' }, 404))
  return app
}

/**
 * Listens as `config.host` and `config.providerDoor` say. Throws SetupError in one sentence when the port is taken
 * or a certificate file can't be used.
 */
export async function startProviderDoor(ctx: Context): Promise<ProviderDoor> {
  const { host, providerDoor } = ctx.config
  const tls = await readTls(ctx)
  const listener = getRequestListener(makeProviderDoor(ctx).fetch)
  let server
  try {
    server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener)
  } catch (error) {
    throw new SetupError(
      `the certificate or key of the providers' door can't be used (${(error as { code?: string }).code ?? 'unreadable'}): check LEB_PROVIDER_TLS_KEY and LEB_PROVIDER_TLS_CERT`,
    )
  }
  const running = server
  await new Promise<void>((listening, fail) => {
    running.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        cannotListen(error, {
          host,
          port: providerDoor.port,
          portSetting: 'LEB_PROVIDER_PORT',
        }),
      ),
    )
    running.listen(providerDoor.port, host, listening)
  })
  const { port } = running.address() as AddressInfo
  return {
    port,
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    stop: () =>
      new Promise((stopped) => {
        const late = setTimeout(() => running.closeAllConnections(), grace_ms)
        running.close(() => {
          clearTimeout(late)
          stopped()
        })
        running.closeIdleConnections()
      }),
  }
}

async function readTls(ctx: Context): Promise<ServerOptions | undefined> {
  const { keyFile, certFile, caFile } = ctx.config.providerDoor
  if (!keyFile && !certFile && !caFile) return undefined
  if (!keyFile || !certFile)
    throw new SetupError(
      "the providers' door needs both LEB_PROVIDER_TLS_KEY and LEB_PROVIDER_TLS_CERT to speak TLS",
    )
  const read = (path: string) =>
    readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw new SetupError(`the file ${path} of the providers' door can't be read (${error.code})`)
    })
  const own = { key: await read(keyFile), cert: await read(certFile), minVersion: 'TLSv1.2' as const }
  if (!caFile) return own
  return { ...own, ca: await read(caFile), requestCert: true, rejectUnauthorized: true }
}
