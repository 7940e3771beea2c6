import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeDoors } from '../../src/doors.ts'
import { checkBooks } from '../../src/ledger/check.ts'
import type { Placed } from '../../src/order/place-order.ts'
import { reconcileCommand } from '../../src/payment/reconcile-command.ts'
import { openJobs } from '../../src/platform/jobs.ts'
import { startWork, type Worker } from '../../src/work.ts'
import { openShop, type Shop } from '../orders.ts'
import { openOutside, type Outside } from '../outside.ts'

let leb: Outside
let shop: Shop
let worker: Worker
let dir: string
let closeDoors: () => Promise<void>
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
  dir = await mkdtemp(join(tmpdir(), 'leb-money-'))
  // The doors of `leb serve` and the worker of `leb work`, as an installation has them.
  const doors = makeDoors(leb)
  const server = serve({ fetch: (request) => doors.fetch(request), hostname: '127.0.0.1', port: 0 })
  if (!server.listening) await new Promise((listening) => server.once('listening', listening))
  const { port } = server.address() as { port: number }
  closeDoors = () => new Promise((closed) => void server.close(() => closed()))
  const url = `http://127.0.0.1:${port}/hooks/stripe/leb`
  leb.world.sims.payment.webhooks.register({ url, secret: 'whsec_sample' })
  const jobs = openJobs(leb.databaseUrl, leb.log, true)
  await jobs.start()
  worker = await startWork({ ...leb, jobs }, leb.databaseUrl)
})
afterAll(async () => {
  await worker.stop()
  await closeDoors()
  await leb.stop()
  await rm(dir, { recursive: true })
})

/** Asks until it is so, for as long as the test's own time. */
const until = async <T>(read: () => Promise<T>, so: (value: T) => boolean): Promise<T> => {
  for (;;) {
    const value = await read()
    if (so(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
const delivered = (placed: Placed) =>
  until(
    () => shop.view(placed),
    ({ state }) => state === 'delivered',
  )

it('from the provider’s page to the card by its webhook, and back when the bank takes it back', async () => {
  const placed = await shop.place()
  await shop.pay(placed)
  await delivered(placed)
  const sim = leb.world.sims.payment
  const dispute = sim.disputes.open(sim.checkout.all()[0]!.payment_intent!)!
  const books = await until(
    () => shop.books(),
    ({ chargebacks }) => chargebacks !== undefined,
  )
  expect(books).toMatchObject({ chargebacks: -12_800n })
  expect(books.cash_at_provider).toBeUndefined()
  sim.disputes.close(dispute.id, 'won')
  await until(
    () => shop.books(),
    ({ chargebacks }) => chargebacks === undefined,
  )
  const file = join(dir, 'balance.csv')
  await writeFile(file, sim.balance.csv())
  let said = ''
  const out = (text: string) => void (said += text)
  const command = { provider: 'stripe', file, issuer: 'leb', json: true, out }
  expect(await reconcileCommand(leb, { ...command, bookFees: true })).toBe(0)
  expect(JSON.parse(said)).toMatchObject({ equal: true, fees: 2 })
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
}, 60_000)
