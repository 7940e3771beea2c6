import http from 'node:http'
import https from 'node:https'

/** PEM texts for mutual TLS; `ca` replaces the system's list of authorities. */
export type Tls = { key?: string | undefined; cert?: string | undefined; ca?: string | undefined }

export type RawReply =
  | { kind: 'replied'; status: number; headers: http.IncomingHttpHeaders; body: string }
  | { kind: 'failed'; reason: CallFailure }

/** Stable words for a call nobody can vouch for; they name no address and nothing personal. */
export type CallFailure = 'timeout' | 'connection_failed' | 'answer_too_large' | 'answer_cut_off'

export type RawCall = {
  agent: http.Agent
  secure: boolean
  host: string
  port: number | string
  method: string
  path: string
  headers: http.OutgoingHttpHeaders
  body?: string | undefined
  /** From the first byte sent to the last byte read, not only while the socket is silent. */
  timeoutMs: number
  maxBytes: number
}

/**
 * An agent that keeps connections open between calls. Node drops an idle connection on which the server
 * speaks unasked, so a second answer is never read as the answer to the next request (conformance: `twice`).
 */
export function keepAliveAgent({ secure, tls }: { secure: boolean; tls?: Tls | undefined }): http.Agent {
  const options = { keepAlive: true, maxSockets: 64, maxFreeSockets: 32, scheduling: 'lifo' as const }
  return secure
    ? new https.Agent({ ...options, minVersion: 'TLSv1.2', ...definedOnly(tls ?? {}) })
    : new http.Agent(options)
}

/** One HTTP exchange with a hard deadline and a size limit. Never throws: what went wrong is in the reply. */
export async function rawCall(call: RawCall): Promise<RawReply> {
  const first = await exchange(call)
  // A kept-alive connection may have been closed by the server just as we wrote. Only a read may be said twice.
  if (first.stale && call.method === 'GET') return (await exchange(call)).reply
  return first.reply
}

type Exchange = { reply: RawReply; stale: boolean }

function exchange(call: RawCall): Promise<Exchange> {
  return new Promise((resolve) => {
    let over = false
    const finish = (reply: RawReply, stale = false) => {
      if (over) return
      over = true
      clearTimeout(deadline)
      resolve({ reply, stale })
    }
    const fail = (reason: CallFailure) => {
      finish({ kind: 'failed', reason })
      request.destroy()
    }
    const deadline = setTimeout(() => fail('timeout'), call.timeoutMs)
    const headers =
      call.body === undefined
        ? call.headers
        : { ...call.headers, 'content-length': Buffer.byteLength(call.body) }
    const request = (call.secure ? https : http).request({
      agent: call.agent,
      host: call.host,
      port: call.port,
      method: call.method,
      path: call.path,
      headers,
    })
    request.on('error', () => finish({ kind: 'failed', reason: 'connection_failed' }, request.reusedSocket))
    request.on('response', (response) => read(response, call.maxBytes, finish, fail))
    request.end(call.body)
  })
}

function read(
  response: http.IncomingMessage,
  maxBytes: number,
  finish: (reply: RawReply) => void,
  fail: (reason: CallFailure) => void,
): void {
  const chunks: Buffer[] = []
  let size = 0
  response.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > maxBytes) fail('answer_too_large')
    else chunks.push(chunk)
  })
  response.on('aborted', () => fail('answer_cut_off'))
  response.on('error', () => fail('answer_cut_off'))
  response.on('end', () =>
    finish({
      kind: 'replied',
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    }),
  )
}

function definedOnly(tls: Tls): { key?: string; cert?: string; ca?: string } {
  return {
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
  }
}
