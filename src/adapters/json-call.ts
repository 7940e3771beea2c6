import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { keepAliveAgent, rawCall, type CallFailure, type Tls } from './raw-call.ts'

export type JsonConnectionConfig = {
  /** Where the provider's API root lies, e.g. `https://dp.example:443`; a path in it is kept as prefix. */
  url: string
  tls?: Tls | undefined
  bearerToken?: string | undefined
  /** Hard limit for one exchange; 10 s unless told. */
  timeoutMs?: number | undefined
  /** An answer longer than this is not read on; 1 MiB unless told. */
  maxBytes?: number | undefined
}

export type JsonReply =
  /** `json` is undefined when the body was empty or no JSON: the caller's schema then rejects it. */
  | { kind: 'replied'; status: number; headers: IncomingHttpHeaders; json: unknown }
  | { kind: 'failed'; reason: CallFailure }

export type JsonConnection = {
  call(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: OutgoingHttpHeaders },
  ): Promise<JsonReply>
  close(): void
}

/** A kept-alive JSON-over-HTTP connection to one provider. */
export function openJsonConnection(config: JsonConnectionConfig): JsonConnection {
  const url = new URL(config.url)
  const secure = url.protocol === 'https:'
  const agent = keepAliveAgent({ secure, tls: config.tls })
  const prefix = url.pathname.replace(/\/+$/, '')
  const common: OutgoingHttpHeaders = {
    accept: 'application/json',
    ...(config.bearerToken === undefined ? {} : { authorization: `Bearer ${config.bearerToken}` }),
  }
  return {
    async call(method, path, { body, headers } = {}) {
      const reply = await rawCall({
        agent,
        secure,
        host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: url.port || (secure ? 443 : 80),
        method,
        path: prefix + path,
        headers: {
          ...common,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        timeoutMs: config.timeoutMs ?? 10_000,
        maxBytes: config.maxBytes ?? 1_048_576,
      })
      if (reply.kind === 'failed') return reply
      return { kind: 'replied', status: reply.status, headers: reply.headers, json: parsed(reply.body) }
    },
    close: () => agent.destroy(),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
