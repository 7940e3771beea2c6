import { afterAll, beforeEach, expect, it } from 'vitest'
import { checkBooks } from '../ledger/check.ts'
import { lookAtPayment } from './look-at-payment.ts'
import { openMoneyStage } from './money-stage.fixture.ts'
import { newNumber, openPage, pay, workOffPayments } from './orders.fixture.ts'
import { refundCommand, unmatchedCommand } from './payments-command.ts'

const issuerId = 'leb'
const { leb, sim, mark, moved, heard, given, close } = await openMoneyStage()
afterAll(close)
beforeEach(mark)

const listed = async () => {
  let said = ''
  await unmatchedCommand(leb, { json: true, out: (text) => void (said += text) })
  return said
}

it('settles money that nobody had ordered', async () => {
  const order = { orderId: leb.ids.next(), number: newNumber(leb), gross: 3_000n }
  const page = await openPage(leb, order)
  await pay(page)
  await sim.webhooks.idle()
  leb.clock.advance({ hours: 1 })
  await lookAtPayment(leb, { issuerId, id: page.ref })
  expect(await moved()).toMatchObject({ unmatched_receipts: 3_000n })
  const ref = sim.checkout.find(page.ref)!.payment_intent!
  sim.refundByHand(ref, 3_000)
  await heard()
  expect(await moved()).toEqual({})
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('leaves staff money that nobody had ordered when its refund by hand fails', async () => {
  const page = await openPage(leb, { orderId: leb.ids.next(), number: newNumber(leb), gross: 3_000n })
  await pay(page)
  await sim.webhooks.idle()
  leb.clock.advance({ hours: 1 })
  await lookAtPayment(leb, { issuerId, id: page.ref })
  const ref = sim.checkout.find(page.ref)!.payment_intent!
  const refund = sim.refundByHand(ref, 3_000)
  await heard()
  expect(await moved()).toEqual({})
  refund.status = 'failed'
  for (let n = 0; n < 2; n++) await lookAtPayment(leb, { issuerId, id: `refunds:${ref}` })
  expect(await moved()).toEqual({ cash_at_provider: -3_000n, refunds_payable: 3_000n })
  const { unmatched } = JSON.parse(await listed()) as {
    unmatched: { receipt: string; provider_ref: string; refusal: string }[]
  }
  const receipt = unmatched.find((one) => one.provider_ref === ref)!
  expect(receipt.refusal).toBe('refund_failed')
  await refundCommand(leb, { receipt: receipt.receipt, out: () => undefined })
  await workOffPayments(leb)
  expect(given(ref)).toEqual([3_000, 3_000])
  expect(await moved()).toEqual({})
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})
