import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkBooks } from '../../src/ledger/check.ts'
import { giveBack } from '../../src/payment/give-back.ts'
import { lookAtPayment } from '../../src/payment/look-at-payment.ts'
import { NotSaid } from '../../src/payment/not-said.ts'
import { awaitingOrder, books, pay } from '../../src/payment/orders.fixture.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { type Outside, openOutside } from '../outside.ts'
import { seedCard, type Seeded } from '../seed.ts'
import { Crash, type Fuse, withFuse } from './crash-at.ts'

const issuerId = 'leb'
let leb: Outside
let card: Seeded
let sim: Outside['world']['sims']['payment']
beforeAll(async () => {
  leb = await openOutside({ keepMails: 0 })
  sim = leb.world.sims.payment
  card = await seedCard(leb)
})
afterAll(() => leb.stop())

const asLeb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(leb.db, issuerId, work)
const receipt = (receiptId: string) =>
  asLeb((tx) =>
    tx
      .selectFrom('unmatched_receipt')
      .select(['state', 'refusal', 'payment_id'])
      .where('receipt_id', '=', receiptId)
      .executeTakeFirstOrThrow(),
  )

/** Money that came for an order that had lapsed: it goes back by itself. */
async function unmatched(): Promise<{ receiptId: string; ref: string }> {
  const order = await awaitingOrder(leb, card, { gross: 2_000n })
  await pay(order)
  await asLeb((tx) =>
    tx.updateTable('purchase_order').set({ state: 'lapsed' }).where('order_id', '=', order.orderId).execute(),
  )
  await lookAtPayment(leb, { issuerId, id: order.ref })
  const { receipt_id: receiptId } = await asLeb((tx) =>
    tx
      .selectFrom('unmatched_receipt')
      .select('receipt_id')
      .where('order_id', '=', order.orderId)
      .executeTakeFirstOrThrow(),
  )
  return { receiptId, ref: sim.checkout.find(order.ref)!.payment_intent! }
}

/** One process's life with it, dead at event `blows`. */
async function live(receiptId: string, blows: number | undefined): Promise<Fuse> {
  const fuse: Fuse = { reached: 0, blows, blown: false }
  try {
    await giveBack(withFuse(leb, fuse), { issuerId, receiptId })
  } catch (error) {
    if (!(error instanceof Crash) && !(error instanceof NotSaid)) throw error
  }
  return fuse
}

const ends = {
  'in peace': () => undefined,
  'with a provider that answers rubbish once': () =>
    sim.failures.set({ mode: 'rubbish', match: 'POST /v1/refunds', times: 1 }),
  'with a refund that takes its time': () =>
    sim.failures.set({ mode: 'stall', match: 'POST /v1/refunds', times: 1 }),
} as const

for (const [how, begin] of Object.entries(ends))
  it(`gives unmatched money back once when its process dies after any commit or answer, ${how}`, async () => {
    const before = await books(leb)
    const refs: string[] = []
    let deaths = 0
    for (let k = 1; ; k++) {
      const { receiptId, ref } = await unmatched()
      refs.push(ref)
      begin()
      const fuse = await live(receiptId, k)
      sim.failures.set(undefined)
      // Stripe forgets its keys after a day: what was done is found by our own.
      if (k % 2 === 0) sim.forgetKeys()
      for (const refund of sim.refunds(ref)) if (refund.status === 'pending') refund.status = 'succeeded'
      for (let lives = 0; (await receipt(receiptId)).state !== 'refunded'; lives++) {
        expect(lives).toBeLessThan(10)
        await live(receiptId, undefined)
      }
      if (!fuse.blown) break
      deaths++
    }
    expect(deaths).toBeGreaterThanOrEqual(2)
    expect(refs.map((ref) => sim.refunds(ref).map(({ amount }) => amount))).toEqual(refs.map(() => [2_000]))
    expect(await books(leb)).toEqual(before)
    expect(await checkBooks(leb)).toMatchObject({ ok: true })
  })
