import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { putSampleTerms } from '../src/invoice/sample-terms.ts'
import { termsAt } from '../src/invoice/terms.ts'
import { findIssuer } from '../src/issuer/issuer.ts'
import { lookAtOrder } from '../src/order/look-at-order.ts'
import { placeOrder } from '../src/order/place-order.ts'
import { quote, type Wanted } from '../src/order/quote.ts'
import { receivePayment } from '../src/payment/receive-payment.ts'
import { putSampleCatalogue } from '../src/plan/sample-catalogue.ts'
import { inIssuer } from '../src/platform/db.ts'
import { openLeases } from '../src/platform/leases.ts'
import { workerEnv } from '../test/crash/installation.ts'
import { startWorker } from '../test/crash/processes.ts'
import { cpuMs, cpuMsOfTree } from './cpu.ts'
import { type BenchInstallation, openInstallation } from './installation.ts'
import { report } from './report.ts'
import { type Serving, startServe } from './serve-process.ts'

// From POST of the order to the delivered card: order, payment page, payment, signed webhook, SM-DP+, books, contract,
// invoice. Reference: the same orders on the same server as bare transactions, in one process, nobody outside asked.
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '400' },
    'at-once': { type: 'string', default: '16' },
    workers: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const count = Number(values.count)
const at_once = Number(values['at-once'])
const warm_up = 32
const issuerId = 'leb'
const secret = 'whsec_bench'
const wanted: Wanted = { kind: 'card', code: 'LEB3', zone: 'EU', currency: 'EUR' }

const at = await openInstallation([])
const stops: (() => Promise<unknown>)[] = [() => at.stop()]
try {
  await putSampleCatalogue(at.ctx, [issuerId])
  await putSampleTerms(at.ctx, [issuerId])
  const seen = await readSeen(at)
  const bare = await bareTransactions(at, seen)
  const reference = bare.perSecond
  const env = { LEB_SAMPLE_STRIPE_WEBHOOK_SECRET: secret, LEB_TRUST_PROXY: '1' }
  const serving = await startServe(at, env)
  stops.unshift(() => serving.stop())
  const workers = Array.from({ length: Number(values.workers) }, () =>
    startWorker(at.program, { ...workerEnv(at), ...env }),
  )
  stops.unshift(() => Promise.all(workers.map((worker) => worker.stop())))
  await tellSimulator(at, '/sim/webhooks', { url: `${serving.url}/hooks/stripe/${issuerId}`, secret })
  await buyAll(at, serving, seen, warm_up, 0)
  const cpuOf = async () => ({
    serve: await cpuMs([serving.pid]),
    workers: await cpuMs(workers.map((worker) => worker.pid)),
    postgres: await cpuMsOfTree(at.postgresPid),
    simulators: await cpuMs([at.outside.pid]),
  })
  const before = await cpuOf()
  const { seconds, ms } = await buyAll(at, serving, seen, count, warm_up)
  const after = await cpuOf()
  ms.sort((a, b) => a - b)
  const quantile = (q: number) => ms[Math.min(ms.length - 1, Math.floor(ms.length * q))]!
  report(
    {
      name: 'checkout',
      value: count / seconds,
      unit: 'orders/s from POST to the delivered card',
      reference,
      ratio: count / seconds / reference,
      detail: {
        orders: count,
        'buyers at once': at_once,
        'p50 ms': quantile(0.5),
        'p95 ms': quantile(0.95),
        'p99 ms': quantile(0.99),
        'max ms': ms.at(-1),
        'worker processes': workers.length,
        'CPU ms an order': Object.fromEntries(
          Object.entries(after).map(([who, used]) => [
            who,
            Math.round(((used - before[who as keyof typeof before]) / count) * 10) / 10,
          ]),
        ),
        'CPU ms an order, reference': bare.cpu,
      },
    },
    values.json,
  )
} finally {
  for (const stop of stops) await stop()
}

type Seen = { itemId: string; termsVersion: string; termsSha256: string }

async function readSeen({ ctx }: BenchInstallation): Promise<Seen> {
  const issuer = (await findIssuer(ctx.db, issuerId))!
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const now = ctx.clock.now()
    const terms = (await termsAt(tx, issuerId, now))!
    const price = await quote(tx, { issuer, wanted, jurisdiction: 'DE', now })
    return { itemId: price.item!.itemId, termsVersion: terms.version, termsSha256: terms.sha256 }
  })
}

/** Orders a second when nobody outside is asked: the SM-DP+ answers in this process, money is simply there. */
async function bareTransactions(
  { ctx, databaseUrl, postgresPid }: BenchInstallation,
  seen: Seen,
): Promise<{ perSecond: number; cpu: Record<string, number> }> {
  const issuer = (await findIssuer(ctx.db, issuerId))!
  let next = 0
  const done = (value: object) => ({ kind: 'done' as const, evidence: { provider: 'bench' }, value })
  const esim = {
    order: async () => done({ iccid: `8999${String(next++).padStart(15, '0')}` }),
    confirm: async (asked: { matchingId: string }) => done({ ...asked, smdpAddress: 'bench.example' }),
  }
  const bare = {
    ...ctx,
    providers: { of: () => ({ esim: async () => esim }) as never, close: () => undefined },
  }
  const leases = openLeases(databaseUrl)
  const buy = async (n: number) => {
    const { orderId } = await placeOrder(bare, {
      issuer,
      wanted,
      buyer: { kind: 'guest', email: `bare${n}@example.com`, name: '', live: 'DE' },
      payBy: 'stripe',
      locale: 'en',
      client: `bare${n}`,
      once: `bare${n}`,
      seen,
      accepted: true,
    })
    await inIssuer(ctx.db, issuerId, (tx) =>
      receivePayment(bare, tx, {
        issuerId,
        provider: 'stripe',
        ref: `pi_bare_${n}`,
        orderId,
        amount: 1690n,
        currency: 'EUR',
        at: ctx.clock.now(),
      }),
    )
    await lookAtOrder(bare, leases, { issuerId, id: orderId })
  }
  await inTurns(warm_up, buy)
  const own = process.cpuUsage()
  const database = await cpuMsOfTree(postgresPid)
  const started = performance.now()
  await inTurns(count, (n) => buy(warm_up + n))
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(own)
  const each = (used: number) => Math.round((used / count) * 10) / 10
  const cpu = {
    'this process': each((user + system) / 1000),
    postgres: each((await cpuMsOfTree(postgresPid)) - database),
  }
  await leases.close()
  // What it queued is done already; workers shall not look at it again in the time that is measured.
  await ctx.pool.query(`delete from pgboss.job where name in ('order', 'notice')`)
  return { perSecond: count / seconds, cpu }
}

/** As many at once as told, in order. */
async function inTurns(many: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0
  const turn = async () => {
    while (next < many) await work(next++)
  }
  await Promise.all(Array.from({ length: at_once }, turn))
}

async function buyAll(
  bench: BenchInstallation,
  { url }: Serving,
  seen: Seen,
  many: number,
  from: number,
): Promise<{ seconds: number; ms: number[] }> {
  const ms: number[] = []
  const watcher = watchOrders(bench)
  const started = performance.now()
  await inTurns(many, async (n) => {
    const posted = performance.now()
    const number = await orderAndPay(bench, url, seen, from + n)
    await watcher.delivered(number)
    ms.push(performance.now() - posted)
  })
  const seconds = (performance.now() - started) / 1000
  await watcher.stop()
  return { seconds, ms }
}

/** What a buyer does: order, ask for the payment page, pay there. Answers the order's number. */
async function orderAndPay(
  { at: outside }: BenchInstallation,
  url: string,
  seen: Seen,
  n: number,
): Promise<string> {
  const headers = (token?: string) => ({
    'content-type': 'application/json',
    'idempotency-key': crypto.randomUUID(),
    // Each buyer comes from an address of their own, or the rate limit would be measured.
    'x-forwarded-for': `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
    ...(token && { authorization: `Bearer ${token}` }),
  })
  const call = async <T>(path: string, body?: object, token?: string): Promise<T> => {
    const answer = await fetch(`${url}/api/v1/issuers/${issuerId}${path}`, {
      method: 'POST',
      headers: headers(token),
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as T
  }
  const { number, accessToken } = await call<{ number: string; accessToken: string }>('/orders', {
    wanted,
    itemId: seen.itemId,
    buyer: { email: `buyer${n}@example.com`, country: 'DE' },
    payBy: 'stripe',
    acceptedTerms: { version: seen.termsVersion, sha256: seen.termsSha256 },
  })
  const { payUrl } = await call<{ payUrl: string }>(`/orders/${number}/payment`, undefined, accessToken)
  if (!payUrl.startsWith(outside.payment.url)) throw new Error('the page is not the simulator’s')
  const body = new URLSearchParams({ do: 'pay' })
  await (await fetch(payUrl, { method: 'POST', body, redirect: 'manual' })).arrayBuffer()
  return number
}

type Watcher = { delivered(number: string): Promise<void>; stop(): Promise<void> }

/** Looks in the database, one question for all buyers: a page's reload would ask the provider too. */
function watchOrders({ ctx }: BenchInstallation): Watcher {
  const waiting = new Map<string, () => void>()
  let over = false
  const look = async () => {
    while (!over) {
      const numbers = [...waiting.keys()]
      const rows = await inIssuer(ctx.db, issuerId, (tx) =>
        tx
          .selectFrom('purchase_order')
          .select('number')
          .where('issuer_id', '=', issuerId)
          .where('number', 'in', ['', ...numbers])
          .where('state', '=', 'delivered')
          .execute(),
      )
      for (const { number } of rows) {
        waiting.get(number)?.()
        waiting.delete(number)
      }
      await sleep(50)
    }
  }
  const looking = look()
  return {
    delivered: (number) => new Promise((done) => void waiting.set(number, done)),
    async stop() {
      over = true
      await looking
    },
  }
}

async function tellSimulator({ at: outside }: BenchInstallation, path: string, body: object): Promise<void> {
  const answer = await fetch(`${outside.payment.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`the simulator answered ${answer.status}`)
}
