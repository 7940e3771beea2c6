import http from 'node:http'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openJsonConnection } from './json-call.ts'
import { keepAliveAgent, rawCall, type RawReply } from './raw-call.ts'

describe('one HTTP exchange', () => {
  const stops: (() => unknown)[] = []
  afterEach(() => {
    for (const stop of stops.splice(0)) stop()
  })

  async function listen(server: net.Server): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stops.push(() => {
      server.close()
      if (server instanceof http.Server) server.closeAllConnections()
    })
    return (server.address() as net.AddressInfo).port
  }
  const serve = (listener: http.RequestListener) => listen(http.createServer(listener))

  function caller(port: number): (method?: string, timeoutMs?: number) => Promise<RawReply> {
    const agent = keepAliveAgent({ secure: false })
    stops.push(() => agent.destroy())
    return (method = 'POST', timeoutMs = 5_000) =>
      rawCall({
        agent,
        secure: false,
        host: '127.0.0.1',
        port,
        method,
        path: '/',
        headers: {},
        body: method === 'GET' ? undefined : '{}',
        timeoutMs,
        maxBytes: 1_000,
      })
  }

  it('gives up on an answer that drips for ever, however busy the connection is', async () => {
    const port = await serve((_, response) => {
      const drip = setInterval(() => response.write('x'), 10)
      response.on('close', () => clearInterval(drip))
    })
    expect(await caller(port)('POST', 150)).toEqual({ kind: 'failed', reason: 'timeout' })
  })

  it('stops reading an answer that is too long', async () => {
    const port = await serve((_, response) => response.end('x'.repeat(1_001)))
    expect(await caller(port)()).toEqual({ kind: 'failed', reason: 'answer_too_large' })
  })

  it('does not take a part of an answer for the whole', async () => {
    const port = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 50 })
      response.write('{"state":"completed"}', () => response.destroy())
    })
    expect(await caller(port)()).toEqual({ kind: 'failed', reason: 'answer_cut_off' })
  })

  it('says that a connection failed, whether refused or broken, or no HTTP at all', async () => {
    const broken = await listen(net.createServer((socket) => socket.destroy()))
    const rude = await listen(net.createServer((socket) => socket.end('220 smtp.example ESMTP\r\n')))
    const failed = { kind: 'failed', reason: 'connection_failed' }
    expect(await caller(broken)()).toEqual(failed)
    expect(await caller(rude)()).toEqual(failed)
    expect(await caller(1)()).toEqual(failed)
  })

  /** Answers the first request of a connection and breaks it at the second, as servers do that close idle ones. */
  async function forgetfulServer() {
    const requests: string[] = []
    const port = await serve((request, response) => {
      requests.push(request.method ?? '')
      const socket = request.socket as net.Socket & { used?: boolean }
      if (socket.used) return void socket.destroy()
      socket.used = true
      response.end('{}')
    })
    return { call: caller(port), requests }
  }

  it('reads again when a kept connection turns out to be closed', async () => {
    const { call, requests } = await forgetfulServer()
    await call('GET')
    expect(await call('GET')).toMatchObject({ kind: 'replied', status: 200 })
    expect(requests).toEqual(['GET', 'GET', 'GET'])
  })

  it('never says anything twice that is not a read', async () => {
    const { call, requests } = await forgetfulServer()
    await call('POST')
    expect(await call('POST')).toEqual({ kind: 'failed', reason: 'connection_failed' })
    expect(requests).toEqual(['POST', 'POST'])
  })

  it('keeps a path in the url as prefix, and shows its token', async () => {
    const seen: unknown[] = []
    const port = await serve((request, response) => {
      seen.push([request.url, request.headers.authorization])
      response.end('not json')
    })
    const connection = openJsonConnection({ url: `http://127.0.0.1:${port}/gateway/`, bearerToken: 't0k3n' })
    stops.push(() => connection.close())
    expect(await connection.call('GET', '/a?b=c')).toMatchObject({ status: 200, json: undefined })
    expect(seen).toEqual([['/gateway/a?b=c', 'Bearer t0k3n']])
  })
})
