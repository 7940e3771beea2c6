import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { Crash, withFuse } from '../../test/crash/crash-at.ts'
import { openShop, type Shop } from '../../test/orders.ts'
import { setMoney } from '../../test/payouts.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { checkBooks } from '../ledger/check.ts'
import { lookAtOrder } from '../order/look-at-order.ts'
import { moneyThatWaits, nameOrderAccount } from '../order/name-account.ts'
import type { Placed } from '../order/place-order.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { openMoneyStage } from '../payment/money-stage.fixture.ts'
import { inIssuer } from '../platform/db.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import { hasOrderAccount } from './bank-details.ts'
import { payoutFileCommand } from './payout-commands.ts'
import { makePayoutFile } from './payout-file.ts'
import { endToEndId, transferReturned, transferSettled } from './transfers.ts'

const issuerId = 'leb'
const { leb, sim, mark, moved, given, close } = await openMoneyStage({ hooks: false })
let shop: Shop
let dir: string
beforeAll(async () => {
  await setMoney(leb, issuerId, {})
  dir = await mkdtemp(join(tmpdir(), 'leb-orders-in-file-'))
})
afterAll(async () => {
  await close()
  await rm(dir, { recursive: true })
})
beforeEach(async () => {
  shop = await openShop(leb)
  await mark()
})

/** An order that a card paid, whose refund the provider refused, and whose buyer has named an account. */
async function refused(more: { byHandBefore?: number } = {}): Promise<Placed & { ref: string }> {
  const placed = await shop.place()
  await shop.pay(placed)
  await putCatalogue(leb, issuerId, { items: [], withdraw: ['LEB3'] })
  await shop.hear(placed)
  const ref = sim.checkout.all().at(-1)!.payment_intent!
  if (more.byHandBefore) {
    sim.refundByHand(ref, more.byHandBefore)
    await lookAtPayment(leb, { issuerId, id: `refunds:${ref}` })
  }
  sim.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  await shop.look(placed)
  sim.failures.set(undefined)
  await name(placed)
  return { ...placed, ref }
}
async function name(placed: Placed): Promise<void> {
  const waiting = moneyThatWaits(await shop.view(placed))
  const account = { iban: 'DE89370400440532013000', name: 'Li Lei' }
  await nameOrderAccount(leb, { issuerId, orderId: placed.orderId, waiting, ...account })
}
const makeFile = async () => {
  const issuer = (await findIssuer(leb.db, issuerId))!
  return makePayoutFile(leb, issuer, issuer.providers.payouts!)
}
async function command(out: string): Promise<{ transfers: number }> {
  const lines: string[] = []
  const print = vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
  const run = payoutFileCommand(leb, { issuer: issuerId, out: join(dir, out), json: true })
  await run.finally(() => print.mockRestore())
  return JSON.parse(lines.join('')) as { transfers: number }
}
const booked = (partId: string, amount: bigint) => ({
  issuerId,
  endToEndId: endToEndId(partId),
  amount,
  currency: 'CNY',
  bookedOn: '2026-11-28',
})
const settle = async (partId: string, amount: bigint) =>
  inIssuer(leb.db, issuerId, (tx) => transferSettled(leb, tx, booked(partId, amount)))

/** Its transfer was sent and told as paid; the bank sends it back after `meanwhile`. */
async function bounced(meanwhile: (ref: string) => Promise<void>): Promise<Placed & { ref: string }> {
  const order = await refused()
  await makeFile()
  const { partId } = (await shop.view(order)).transfer!
  await settle(partId, 12_800n)
  await shop.look(order)
  expect((await shop.view(order)).state).toBe('refunded')
  await meanwhile(order.ref)
  await inIssuer(leb.db, issuerId, (tx) => transferReturned(leb, tx, booked(partId, 12_800n)))
  await shop.look(order)
  return order
}
const dispute = async (ref: string, amount: number) => {
  const { id } = sim.disputes.open(ref, { amount })!
  await lookAtPayment(leb, { issuerId, id })
  return id
}

it('asks the provider before the file, and sends nothing that staff gave back there meanwhile', async () => {
  const { ref, ...placed } = await refused()
  sim.refundByHand(ref, 12_800)
  expect(await command('none.xml')).toMatchObject({ transfers: 0 })
  await shop.look(placed)
  expect(await shop.view(placed)).toMatchObject({ state: 'refunded', refundReason: 'item_withdrawn' })
  expect(given(ref)).toEqual([12_800])
  expect(await moved()).toEqual({})
  const kept = await inIssuer(leb.db, issuerId, (tx) =>
    tx.selectFrom('vault_item').select('item_id').where('kind', '=', 'bank').execute(),
  )
  expect(kept).toEqual([])
})

it('leaves out what the payer’s bank took before a worker has reckoned anew, and sends the rest', async () => {
  const { ref, ...placed } = await refused()
  const dispute = sim.disputes.open(ref, { amount: 2_800 })!
  await lookAtPayment(leb, { issuerId, id: dispute.id })
  expect(await makeFile()).toBeNull()
  await shop.look(placed)
  expect(await command('rest.xml')).toMatchObject({ transfers: 1 })
  expect(await readFile(join(dir, 'rest.xml'), 'utf8')).toContain('<InstdAmt Ccy="CNY">100.00</InstdAmt>')
})

it('ends only when both are there: a transfer with the bank, and what staff’s refund failed to bring', async () => {
  const { ref, ...placed } = await refused({ byHandBefore: 800 })
  const first = (await shop.view(placed)).transfer!.partId
  expect(await makeFile()).toMatchObject({ transfers: 1 })
  const byHand = sim.refunds(ref).find(({ amount }) => amount === 800)!
  byHand.status = 'failed'
  await lookAtPayment(leb, { issuerId, id: `refunds:${ref}` })
  const second = (await shop.view(placed)).transfer!
  expect(second).toMatchObject({ state: 'waiting', account: 'given' })
  expect(await makeFile()).toMatchObject({ transfers: 1 })
  await settle(second.partId, 800n)
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunding')
  await settle(first, 12_000n)
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunded')
  expect(await moved()).toEqual({ cash_at_provider: -12_800n, cash_at_bank: 12_800n })
})

/** A transfer that came back while a share of the same order waited, for a refund by hand had failed: 120 and 8 CNY. */
async function bothWait() {
  const { ref, ...placed } = await refused({ byHandBefore: 800 })
  const first = (await shop.view(placed)).transfer!.partId
  await makeFile()
  sim.refunds(ref).find(({ amount }) => amount === 800)!.status = 'failed'
  await lookAtPayment(leb, { issuerId, id: `refunds:${ref}` })
  const asking = moneyThatWaits(await shop.view(placed))
  await inIssuer(leb.db, issuerId, (tx) => transferReturned(leb, tx, booked(first, 12_000n)))
  await shop.look(placed)
  expect((await shop.view(placed)).owedBack).toEqual({ amount: 12_800n, currency: 'CNY' })
  expect(moneyThatWaits(await shop.view(placed))).not.toEqual(asking)
  return { ref, ...placed }
}

it('sends what came back together with a share that waited, in one transfer', async () => {
  const order = await bothWait()
  await name(order)
  expect(await makeFile()).toMatchObject({ transfers: 1 })
  await settle((await shop.view(order)).transfer!.partId, 12_800n)
  await shop.look(order)
  expect((await shop.view(order)).state).toBe('refunded')
  expect(await moved()).toEqual({ cash_at_provider: -12_800n, cash_at_bank: 12_800n })
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it.each([
  { taken: 12_800, left: 0n },
  { taken: 12_500, left: 300n },
  { taken: 500, left: 12_300n },
])('reckons all of it anew when the payer’s bank takes $taken meanwhile', async ({ taken, left }) => {
  const order = await bothWait()
  await name(order)
  await dispute(order.ref, taken)
  expect(await makeFile()).toBeNull()
  await shop.look(order)
  if (left > 0n) {
    expect(await makeFile()).toMatchObject({ transfers: 1 })
    await settle((await shop.view(order)).transfer!.partId, left)
    await shop.look(order)
  }
  expect((await shop.view(order)).state).toBe('refunded')
  expect((await moved())['refunds_payable']).toBeUndefined()
  expect(await makeFile()).toBeNull()
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('takes from a transfer that came back only what the payer’s bank has not been given by the share before', async () => {
  const { ref, ...placed } = await refused({ byHandBefore: 800 })
  const first = (await shop.view(placed)).transfer!.partId
  await makeFile()
  sim.refunds(ref).find(({ amount }) => amount === 800)!.status = 'failed'
  await lookAtPayment(leb, { issuerId, id: `refunds:${ref}` })
  await dispute(ref, 12_500)
  await shop.look(placed)
  expect((await shop.view(placed)).transfer).toMatchObject({ state: 'paid' })
  await inIssuer(leb.db, issuerId, (tx) => transferReturned(leb, tx, booked(first, 12_000n)))
  await shop.look(placed)
  expect((await shop.view(placed)).owedBack).toEqual({ amount: 300n, currency: 'CNY' })
  await name(placed)
  await makeFile()
  await settle((await shop.view(placed)).transfer!.partId, 300n)
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunded')
  expect((await moved())['refunds_payable']).toBeUndefined()
  expect((await moved())['chargebacks']).toBeUndefined()
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('owes a share again whose refund by hand fails while a transfer that came back untold waits', async () => {
  const { ref, ...placed } = await refused({ byHandBefore: 800 })
  const first = (await shop.view(placed)).transfer!.partId
  await makeFile()
  await settle(first, 12_000n)
  const dying = withFuse(leb, { reached: 0, blows: 2, blown: false })
  await expect(lookAtOrder(dying, leb.leases, { issuerId, id: placed.orderId })).rejects.toBeInstanceOf(Crash)
  await inIssuer(leb.db, issuerId, (tx) => transferReturned(leb, tx, booked(first, 12_000n)))
  await shop.look(placed)
  sim.refunds(ref).find(({ amount }) => amount === 800)!.status = 'failed'
  await lookAtPayment(leb, { issuerId, id: `refunds:${ref}` })
  expect((await shop.view(placed)).owedBack).toEqual({ amount: 12_800n, currency: 'CNY' })
  await name(placed)
  await makeFile()
  await settle((await shop.view(placed)).transfer!.partId, 12_800n)
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunded')
  expect(await moved()).toEqual({ cash_at_provider: -12_800n, cash_at_bank: 12_800n })
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('sends nothing of a transfer that came back when the payer’s bank has taken the payment since', async () => {
  let id = ''
  const order = await bounced(async (ref) => void (id = await dispute(ref, 12_800)))
  expect((await shop.view(order)).state).toBe('refunded')
  expect(await makeFile()).toBeNull()
  expect(await moved()).toEqual({})
  sim.disputes.close(id, 'won')
  await lookAtPayment(leb, { issuerId, id })
  expect(await moved()).toEqual({ cash_at_provider: -12_800n, unmatched_receipts: 12_800n })
})

it('sends of a transfer that came back what the payer’s bank has left, also when it takes it after', async () => {
  const order = await bounced(async (ref) => void (await dispute(ref, 2_800)))
  await name(order)
  await dispute(order.ref, 1_000)
  expect(await makeFile()).toBeNull()
  await shop.look(order)
  expect((await shop.view(order)).owedBack).toEqual({ amount: 9_000n, currency: 'CNY' })
  expect(await makeFile()).toMatchObject({ transfers: 1 })
  await settle((await shop.view(order)).transfer!.partId, 9_000n)
  expect((await shop.view(order)).state).toBe('refunded')
})

it('ends when staff give back at the provider what a transfer did not bring', async () => {
  const order = await bounced(() => Promise.resolve())
  await name(order)
  sim.refundByHand(order.ref, 12_800)
  await lookAtPayment(leb, { issuerId, id: `refunds:${order.ref}` })
  await shop.look(order)
  expect((await shop.view(order)).state).toBe('refunded')
  expect(await makeFile()).toBeNull()
  expect(await moved()).toEqual({})
  const { orderId } = order
  expect(await inIssuer(leb.db, issuerId, (tx) => hasOrderAccount(tx, { issuerId, orderId }))).toBe(false)
})
