import http from 'node:http'
import https from 'node:https'
import {
  failureSwitch,
  parseFailureOrder,
  seededRandom,
  type FailureMode,
  type FailureSwitch,
} from './failures.ts'

export type SimRequest = {
  method: string
  path: string
  query: URLSearchParams
  headers: http.IncomingHttpHeaders
  body: string
  /** The same as it came, where it is no text. */
  bytes: Buffer
  /** The failure being played, for handlers that play it themselves (`stall`, `fail_later`, `twice`). */
  failure: FailureMode | undefined
}
export type SimReply = {
  status: number
  json?: unknown
  /** Instead of JSON; its content-type goes into the headers. */
  text?: string
  bytes?: Uint8Array
  headers?: Record<string, string>
}

export type Latency = { minMs: number; maxMs: number; seed?: number }
export type SimOptions = {
  port?: number
  latency?: Latency
  /** Its clock, in ms; the machine's unless told. */
  now?: () => number
  /** Serves TLS and asks every client for a certificate issued by `ca`. */
  mutualTls?: { key: string; cert: string; ca: string }
}

export type SimDescription = {
  /** The real protocol. */
  handle(request: SimRequest): SimReply | Promise<SimReply>
  /** The protocol's own way of saying no, without doing anything. */
  refuse(request: SimRequest): SimReply
  /** What was really done: answers `GET /sim/counts` and `GET /sim/state`. */
  counts(): unknown
  state(): unknown
  /** Further control calls under `/sim/`. */
  control?(request: SimRequest): SimReply | Promise<SimReply> | undefined
}

export type SimServer = {
  url: string
  port: number
  failures: FailureSwitch
  /** Requests that were `late` are done now. */
  arrive(): Promise<void>
  stop(): Promise<void>
}

/** Starts a provider on loopback with its control calls under `/sim/` beside its protocol. */
export async function startSimServer(
  description: SimDescription,
  options: SimOptions = {},
): Promise<SimServer> {
  const failures = failureSwitch(options.now)
  const late: (() => unknown)[] = []
  const delayMs = latencyDraw(options.latency)
  const listener = (request: http.IncomingMessage, response: http.ServerResponse) => {
    serve(request, response, description, { failures, late, delayMs }).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error))
    })
  }
  const server = options.mutualTls
    ? https.createServer({ ...options.mutualTls, requestCert: true, rejectUnauthorized: true }, listener)
    : http.createServer(listener)
  server.keepAliveTimeout = 65_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const port = (server.address() as { port: number }).port
  return {
    url: `${options.mutualTls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    failures,
    arrive: () => arrive(late),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

type Moods = { failures: FailureSwitch; late: (() => unknown)[]; delayMs: () => number }

async function arrive(late: (() => unknown)[]): Promise<void> {
  for (const work of late.splice(0)) await work()
}

async function serve(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  description: SimDescription,
  moods: Moods,
): Promise<void> {
  const { failures, late, delayMs } = moods
  const url = new URL(request.url ?? '/', 'http://sim')
  const bytes = await readBody(request)
  const read: SimRequest = {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    bytes,
    body: bytes.toString('utf8'),
    failure: undefined,
  }
  if (read.path.startsWith('/sim/')) return send(response, await controlReply(read, description, moods))

  const failure = failures.draw(`${read.method} ${request.url} ${read.body}`)
  if (failure === 'late') late.push(() => description.handle(read))
  if (failure === 'down' || failure === 'late') return void request.socket.destroy()
  const wait = delayMs()
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  if (failure === 'timeout_before') return
  // Reading is never refused: only work is.
  if (failure === 'refuse' && read.method !== 'GET') return send(response, description.refuse(read))
  const reply = await description.handle({ ...read, failure })
  if (failure === 'timeout_after') return
  if (failure === 'rubbish') {
    return void response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<html><p>Bad gateway, sorry</html')
  }
  send(response, reply)
  if (failure === 'twice') repeatOnSocket(request, reply)
}

async function controlReply(
  request: SimRequest,
  description: SimDescription,
  { failures, late }: Moods,
): Promise<SimReply> {
  if (request.path === '/sim/fail' && request.method === 'POST') {
    failures.set(parseFailureOrder(JSON.parse(request.body || '{}')))
    return { status: 204 }
  }
  if (request.path === '/sim/arrive' && request.method === 'POST') {
    await arrive(late)
    return { status: 204 }
  }
  if (request.path === '/sim/counts') return { status: 200, json: description.counts() }
  if (request.path === '/sim/state') return { status: 200, json: description.state() }
  return description.control?.(request) ?? { status: 404, json: { error: 'no such control' } }
}

function send(response: http.ServerResponse, reply: SimReply): void {
  const body = reply.bytes ?? reply.text ?? (reply.json === undefined ? '' : JSON.stringify(reply.json))
  response.writeHead(reply.status, {
    ...(body === '' || reply.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(reply.status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }),
    ...reply.headers,
  })
  response.end(body)
}

/** A second, unasked answer on the same connection, as broken middleboxes send it. */
function repeatOnSocket(request: http.IncomingMessage, reply: SimReply): void {
  const body = JSON.stringify(reply.json ?? null)
  const head = `HTTP/1.1 ${reply.status} OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`
  request.socket.write(`${head}\r\n\r\n${body}`)
}

async function readBody(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export function latencyDraw(latency: Latency | undefined): () => number {
  if (latency === undefined) return () => 0
  const random = seededRandom(latency.seed ?? 7)
  return () => latency.minMs + random() * (latency.maxMs - latency.minMs)
}

/** Counts by name; a Map, so that a name like `__proto__` is only a name. */
export function tally(): {
  add(name: string): void
  get(name: string): number
  toJSON(): Record<string, number>
} {
  const counts = new Map<string, number>()
  return {
    add: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1),
    get: (name) => counts.get(name) ?? 0,
    toJSON: () => Object.fromEntries(counts),
  }
}
