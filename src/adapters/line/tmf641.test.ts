import http from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { startLineSim, type LineSim } from '../../../sim/line.ts'
import { finished, lineConformance } from './conformance.ts'
import { tmf641Line } from './tmf641.ts'
import { parseOrderEvent } from './tmf641-messages.ts'

const STATE = { suspend: 'suspended', resume: 'active', terminate: 'terminated' }
const ORDERING = 'POST /tmf-api/serviceOrdering/v4/serviceOrder'

lineConformance('TMF641 against its simulator', async () => {
  const sim = await startLineSim({ completeAfterMs: 20 })
  return {
    port: tmf641Line({ url: sim.url, timeoutMs: 800, askAgainInMs: 10 }),
    world: {
      fail: (order) =>
        sim.failures.set(
          order && ({ ...order, ...(order.onlyOrdering ? { match: ORDERING } : {}) } as never),
        ),
      effects: (iccid, action) => sim.effects(iccid, STATE[action]),
      ordersOf: (key) => sim.orders(key).length,
      settle: async () => void (await fetch(`${sim.url}/sim/settle`, { method: 'POST' })),
      stop: () => sim.stop(),
    },
  }
})

describe('TMF641', () => {
  const stops: (() => unknown)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  const setUp = async (
    options: Parameters<typeof startLineSim>[0] = {},
  ): Promise<{ sim: LineSim; line: ReturnType<typeof tmf641Line> }> => {
    const sim = await startLineSim({ completeAfterMs: 20, ...options })
    const line = tmf641Line({ url: sim.url, timeoutMs: 2_000, askAgainInMs: 10 })
    stops.push(
      () => line.close(),
      () => sim.stop(),
    )
    return { sim, line }
  }
  const order = { key: 'k:freeze:1', iccid: '8988303000000000017' }

  it('collapses simultaneous calls of one key inside a process', async () => {
    const { sim, line } = await setUp()
    await Promise.all([line.suspend(order), line.suspend(order), line.suspend(order)])
    expect(sim.orders(order.key)).toHaveLength(1)
  })

  it('two processes that posted the same key at once: all but one are cancelled before it counts as done', async () => {
    // With every answer held back 30 ms, both look before either posts.
    const { sim, line } = await setUp({ latency: { minMs: 30, maxMs: 30 } })
    const other = tmf641Line({ url: sim.url, timeoutMs: 2_000, askAgainInMs: 10 })
    stops.push(() => other.close())
    sim.failures.set({ mode: 'stall', match: ORDERING })
    await Promise.all([line.suspend(order), other.suspend(order)])
    expect(sim.orders(order.key)).toHaveLength(2)
    expect(await line.ask({ key: order.key, action: 'suspend' })).toMatchObject({ kind: 'pending' })
    expect(await other.ask({ key: order.key, action: 'suspend' })).toMatchObject({ kind: 'pending' })
    expect(sim.orders(order.key).filter((found) => found.state === 'cancelled')).toHaveLength(1)
    await fetch(`${sim.url}/sim/settle`, { method: 'POST' })
    expect(await other.ask({ key: order.key, action: 'suspend' })).toMatchObject({ kind: 'done' })
    expect(sim.effects(order.iccid, 'suspended')).toBe(1)
  })

  it('a server that ignores the externalId filter is not taken for one without our order', async () => {
    const foreign = [{ id: '1', externalId: 'somebody-else', state: 'completed' }]
    let posts = 0
    const server = http.createServer((request, response) => {
      if (request.method === 'POST') posts += 1
      response.end(JSON.stringify(foreign))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const line = tmf641Line({ url: `http://127.0.0.1:${port}`, timeoutMs: 800 })
    stops.push(
      () => line.close(),
      () => server.close(),
    )
    expect(await line.suspend(order)).toEqual({ kind: 'unknown', reason: 'filter_ignored' })
    expect(posts).toBe(0)
  })

  it('credentials that the server does not take are no refusal of the order', async () => {
    const sim = await startLineSim({ token: 'right' })
    const answers = ['wrong', 'right'].map((bearerToken) => {
      const line = tmf641Line({ url: sim.url, bearerToken, timeoutMs: 2_000 })
      stops.push(() => line.close())
      return line.suspend({ ...order, key: bearerToken })
    })
    stops.push(() => sim.stop())
    expect(await answers[0]).toEqual({ kind: 'unknown', reason: 'status_401' })
    expect(await answers[1]).toMatchObject({ kind: 'pending' })
  })

  it('a key that names another action is not answered as if it were this one', async () => {
    const { line } = await setUp()
    await line.suspend(order)
    await finished(line, order.key, 'suspend')
    expect(await line.terminate(order)).toEqual({ kind: 'unknown', reason: 'key_names_another_action' })
  })

  it('is open while it is acknowledged and in progress, asked at each, and done when it is completed', async () => {
    const { sim, line } = await setUp()
    sim.failures.set({ mode: 'stall', match: ORDERING })
    const tell = (what: string) => fetch(`${sim.url}/sim/${what}`, { method: 'POST' })
    const open = (state: string) => ({ kind: 'pending', evidence: { detail: { state } } })
    const asked = () => line.ask({ key: order.key, action: 'suspend' })
    expect(await line.suspend(order)).toMatchObject(open('acknowledged'))
    expect(await asked()).toMatchObject(open('acknowledged'))
    await tell('begin')
    expect(await asked()).toMatchObject(open('inProgress'))
    expect(sim.effects(order.iccid, 'suspended')).toBe(0)
    // Ordered again meanwhile, nothing new is ordered, and what is in progress is not cancelled.
    expect(await line.suspend(order)).toMatchObject(open('inProgress'))
    await tell('settle')
    expect(await asked()).toMatchObject({ kind: 'done', evidence: { detail: { state: 'completed' } } })
    expect(sim.orders(order.key)).toHaveLength(1)
    expect(sim.effects(order.iccid, 'suspended')).toBe(1)
  })

  it('hears of each state, twice when the provider says it twice, and knows which need no question', async () => {
    const { sim, line } = await setUp()
    const heard: ReturnType<typeof parseOrderEvent>[] = []
    const listener = http.createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      heard.push(parseOrderEvent(JSON.parse(body)))
      response.writeHead(204).end()
    })
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    stops.push(() => listener.close())
    const { port } = listener.address() as { port: number }
    expect(await line.subscribe(`http://127.0.0.1:${port}/events`)).toMatchObject({ kind: 'done' })
    sim.failures.set({ mode: 'twice', times: 1, match: 'POST /tmf-api/serviceOrdering/v4/serviceOrder' })
    await line.suspend(order)
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(6)
    const told = { key: order.key, orderId: sim.orders(order.key)[0]?.id }
    expect(heard[0]).toEqual({ ...told, isStillOpen: true })
    // The two of one state travel side by side, so only their number is sure.
    expect(heard.filter((event) => event?.isStillOpen)).toHaveLength(4)
  })

  it.each([undefined, null, 'x', {}, { eventType: 'ServiceOrderStateChangeEvent', event: {} }])(
    'an event that is none: %j',
    (body) => expect(parseOrderEvent(body)).toBeUndefined(),
  )
})
