import { afterEach, beforeEach, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import { inIssuer } from '../platform/db.ts'
import { orderPaidCommand } from './order-commands.ts'

let leb: Outside
let shop: Shop
beforeEach(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterEach(() => leb.stop())

const asLeb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(leb.db, 'leb', work)

it('does not give back what the payer’s bank has taken since, neither by card nor by transfer', async () => {
  const placed = await shop.place()
  await shop.pay(placed)
  await putCatalogue(leb, 'leb', { items: [], withdraw: ['LEB3'] })
  await shop.hear(placed)
  const { payment } = leb.world.sims
  payment.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  await shop.look(placed)
  payment.failures.set(undefined)
  expect((await shop.books())['refunds_payable']).toBe(12_800n)
  const { provider_ref: ref } = await asLeb((tx) =>
    tx
      .selectFrom('payment')
      .select('provider_ref')
      .where('order_id', '=', placed.orderId)
      .executeTakeFirstOrThrow(),
  )
  const disputed = payment.disputes.open(ref)!
  await lookAtPayment(leb, { issuerId: 'leb', id: disputed.id })
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunded')
  expect(await shop.books()).toEqual({})
  const paid = { number: placed.number, reference: 'TRF 18', json: false }
  await expect(orderPaidCommand(leb, paid)).rejects.toThrow(/waits for no transfer/)
  // Won: the buyer has gone without it, and it waits for staff.
  payment.disputes.close(disputed.id, 'won')
  await lookAtPayment(leb, { issuerId: 'leb', id: disputed.id })
  expect(await shop.books()).toEqual({ cash_at_provider: -12_800n, unmatched_receipts: 12_800n })
})

it('gives back only what is left where the bank took a part', async () => {
  const placed = await shop.place()
  await shop.pay(placed)
  await putCatalogue(leb, 'leb', { items: [], withdraw: ['LEB3'] })
  await shop.hear(placed)
  leb.world.sims.payment.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  await shop.look(placed)
  leb.world.sims.payment.failures.set(undefined)
  await asLeb((tx) => tx.updateTable('payment').set({ charged_back_minor: 800n }).execute())
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunding')
  expect(await shop.books()).toMatchObject({ refunds_payable: 12_000n, chargebacks: 800n })
  await orderPaidCommand(leb, {
    number: placed.number,
    reference: 'TRF 19',
    json: true,
    out: () => undefined,
  })
  await shop.look(placed)
  expect(await shop.books()).toMatchObject({ cash_at_bank: 12_000n })
})
