import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import { inIssuer } from '../platform/db.ts'
import { orderPaidCommand } from './order-commands.ts'
import type { Placed } from './place-order.ts'

// Staff note a transfer in the moment in which a worker lessens it, for the payer's bank has taken a part.
let leb: Outside
let shop: Shop
let placed: Placed
beforeEach(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
  placed = await shop.place()
  await shop.pay(placed)
  await putCatalogue(leb, 'leb', { items: [], withdraw: ['LEB3'] })
  await shop.hear(placed)
  leb.world.sims.payment.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  await shop.look(placed)
  leb.world.sims.payment.failures.set(undefined)
  await asLeb((tx) => tx.updateTable('payment').set({ charged_back_minor: 800n }).execute())
})
afterEach(() => leb.stop())

const asLeb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(leb.db, 'leb', work)
const staff = () =>
  orderPaidCommand(leb, { number: placed.number, reference: 'TRF 1', json: false, out: () => undefined })
const worker = () => shop.look(placed)

/** So many sessions of this database wait for a row. */
async function waiting(count: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { rows } = await sql<{ waiting: number }>`
      select count(distinct l.pid)::int as waiting from pg_locks l join pg_stat_activity a using (pid)
       where not l.granted and a.datname = current_database()`.execute(leb.db)
    if (rows[0]!.waiting === count) return
    await new Promise((done) => setTimeout(done, 25))
  }
  throw new Error(`not ${count} sessions came to wait`)
}

/** Both come to the part while somebody else has it, in this order, and take it one after the other. */
async function meet(first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<void> {
  const both = await asLeb(async (tx) => {
    await tx.selectFrom('payout_part').select('part_id').where('state', '=', 'waiting').forUpdate().execute()
    const one = first()
    await waiting(1)
    const other = second()
    await waiting(2)
    return { one, other }
  })
  await Promise.all([both.one, both.other])
}

it('books the whole transfer when staff are first, and the worker takes nothing off it any more', async () => {
  await meet(staff, worker)
  await worker()
  expect((await shop.view(placed)).state).toBe('refunded')
  expect(await shop.books()).toEqual({ cash_at_provider: -12_800n, cash_at_bank: 12_800n })
})

it('books what the worker has left of it when that was first', async () => {
  await meet(worker, staff)
  await worker()
  expect((await shop.view(placed)).state).toBe('refunded')
  expect(await shop.books()).toEqual({ cash_at_provider: -12_800n, cash_at_bank: 12_000n, chargebacks: 800n })
})

it('is noted once by two at the same moment', async () => {
  const results = await asLeb(async (tx) => {
    await tx.selectFrom('payout_part').select('part_id').where('state', '=', 'waiting').forUpdate().execute()
    const both = Promise.allSettled([staff(), staff()])
    await waiting(2)
    return { both }
  })
  const ends = (await results.both).map(({ status }) => status).toSorted((a, b) => a.localeCompare(b))
  expect(ends).toEqual(['fulfilled', 'rejected'])
  expect((await shop.books())['cash_at_bank']).toBe(12_800n)
})
