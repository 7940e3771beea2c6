import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { seedCard } from '../../test/seed.ts'
import { lockCardBalance } from '../ledger/accounts.ts'
import { inIssuer } from '../platform/db.ts'
import { lookAtPayment } from './look-at-payment.ts'
import { openMoneyStage } from './money-stage.fixture.ts'
import { awaitingOrder, books, openPage, pay, type TestOrder, workOffPayments } from './orders.fixture.ts'
import { sweepPayments } from './sweep-payments.ts'

const { leb, sim, close } = await openMoneyStage()
afterAll(close)

type Act =
  | { kind: 'order'; gross: number; asked: number; late: boolean }
  | { kind: 'pay' | 'lapse' | 'dispute' | 'win' | 'lose_dispute' | 'look'; at: number }
  | { kind: 'hold' | 'lose' | 'wait' | 'work' }
  | { kind: 'release'; reversed: boolean; copies: number }

const at = fc.nat(5)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      gross: fc.integer({ min: 1, max: 9_999 }),
      asked: fc.constantFrom(0, 0, 0, 1),
      late: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'pay' as const,
        'pay' as const,
        'lapse' as const,
        'dispute' as const,
        'win' as const,
        'lose_dispute' as const,
        'look' as const,
      ),
      at,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('hold' as const, 'lose' as const, 'wait' as const, 'work' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('release' as const),
      reversed: fc.boolean(),
      copies: fc.integer({ min: 1, max: 3 }),
    }),
  },
)

/** What the provider has for us, by its own books; the fees it kept are not booked here. */
const theirs = () => BigInt(sim.balance.lines().reduce((sum, { gross }) => sum + gross, 0))

it('any history of payments, lapses and disputes, told in any order and any number of times, ends in the provider’s own sum', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 40 }), async (acts) => {
      const card = await seedCard(leb, { balance: 500n })
      const orders: TestOrder[] = []
      for (const one of acts) await play(one, orders, card)
      sim.webhooks.release()
      await settle(orders)
      const { cash_at_provider = 0n, opening: _, ...rest } = await books(leb)
      expect(-cash_at_provider).toBe(theirs())
      const balance = await inIssuer(leb.db, 'leb', (tx) =>
        lockCardBalance(tx, { issuerId: 'leb', cardId: card.cardId }),
      )
      expect(balance.amount).toBeGreaterThanOrEqual(0n)
      expect(rest.refunds_payable ?? 0n).toBe(await refusedRefunds())
    }),
    { numRuns: 12, seed: 20_261_122, endOnFailure: true },
  )
}, 120_000)

async function play(
  one: Act,
  orders: TestOrder[],
  card: Awaited<ReturnType<typeof seedCard>>,
): Promise<void> {
  const order = 'at' in one ? orders[one.at % Math.max(1, orders.length)] : undefined
  switch (one.kind) {
    case 'order': {
      const made = await awaitingOrder(leb, card, { gross: BigInt(one.gross), open: false })
      // Sometimes the page asks for another sum than the order, or the order never learns of its page.
      const page = await openPage(leb, { ...made, gross: BigInt(one.gross + one.asked) })
      return void orders.push({ ...made, ...page })
    }
    case 'pay':
      if (order && sim.checkout.find(order.ref)?.status === 'open') await pay(order)
      return
    case 'lapse':
      if (order) await setLapsed(order.orderId)
      return
    case 'dispute': {
      const intent = order && sim.checkout.find(order.ref)?.payment_intent
      if (
        intent &&
        !sim.disputes.all().some((d) => d.payment_intent === intent) &&
        sim.refunds(intent).length === 0
      )
        sim.disputes.open(intent)
      return
    }
    case 'win':
    case 'lose_dispute': {
      const intent = order && sim.checkout.find(order.ref)?.payment_intent
      const open = sim.disputes
        .all()
        .find((d) => d.payment_intent === intent && d.status === 'needs_response')
      if (open) sim.disputes.close(open.id, one.kind === 'win' ? 'won' : 'lost')
      return
    }
    case 'look':
      return order && lookAtPayment(leb, { issuerId: 'leb', id: order.ref })
    case 'hold':
      return sim.webhooks.hold()
    case 'lose':
      return sim.webhooks.lose()
    case 'release':
      return sim.webhooks.release(one)
    case 'wait':
      leb.clock.advance({ seconds: 11 * 60 })
      return sweepPayments(leb)
    case 'work':
      await sim.webhooks.idle()
      return workOffPayments(leb)
  }
}

/** In the end everything is heard of: what webhooks lost is told again, as Stripe's own dashboard would. */
async function settle(orders: TestOrder[]): Promise<void> {
  await sim.webhooks.idle()
  for (const order of orders) await lookAtPayment(leb, { issuerId: 'leb', id: order.ref })
  for (let round = 0; round < 2; round++) {
    for (const dispute of sim.disputes.all()) await lookAtPayment(leb, { issuerId: 'leb', id: dispute.id })
    await sim.webhooks.idle()
    await workOffPayments(leb)
  }
}

function setLapsed(orderId: string): Promise<unknown> {
  return inIssuer(leb.db, 'leb', (tx) =>
    tx
      .updateTable('purchase_order')
      .set({ state: 'lapsed' })
      .where('issuer_id', '=', 'leb')
      .where('order_id', '=', orderId)
      .where('state', '=', 'awaiting_payment')
      .execute(),
  )
}

async function refusedRefunds(): Promise<bigint> {
  const rows = await inIssuer(leb.db, 'leb', (tx) =>
    tx.selectFrom('unmatched_receipt').select('amount_minor').where('state', '=', 'refunding').execute(),
  )
  return rows.reduce((sum, { amount_minor }) => sum + amount_minor, 0n)
}
