import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it } from 'vitest'
import type { Outside } from '../../test/outside.ts'
import { closeCard, partsOf, stateOf } from '../../test/payouts.ts'
import { seedCard, seedCards } from '../../test/seed.ts'
import type { Declaration } from '../closure/declare.ts'
import { recordBankTransfer } from '../closure/unblock.ts'
import { undoClosure } from '../closure/undo.ts'
import { checkBooks } from '../ledger/check.ts'
import { byHandCommand, decideByHandCommand } from '../payment/by-hand-command.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { openMoneyStage } from '../payment/money-stage.fixture.ts'
import { workOffPayments } from '../payment/orders.fixture.ts'
import { reconcileCommand } from '../payment/reconcile-command.ts'

const issuerId = 'leb'
const { leb, sim, mark, moved, heard, given, close } = await openMoneyStage()
afterAll(close)
beforeEach(mark)

const say = async <I extends object>(
  command: (ctx: Outside, input: I) => Promise<number>,
  input: Omit<NoInfer<I>, 'out'>,
) => {
  let said = ''
  await command(leb, { ...input, out: (text: string) => void (said += text) } as unknown as I)
  return said
}
/** What reconcile says of one refund. */
const namedBy = async (csv: string, refund: string) => {
  const dir = await mkdtemp(join(tmpdir(), 'leb-by-hand-'))
  const file = join(dir, 'balance.csv')
  await writeFile(file, csv)
  const said = await say(reconcileCommand, { provider: 'stripe', file, issuer: issuerId, json: true })
  await rm(dir, { recursive: true })
  const { differences } = JSON.parse(said) as { differences: { kind: string; ref: string }[] }
  return differences.filter(({ ref }) => ref === refund).map(({ kind }) => kind)
}
/** Declared, its payout still to come: ¥86.40 of a payment of ¥200.00. */
const planned = async (paid = 20_000, change: Partial<Declaration> = {}) => {
  const card = await seedCard(leb, { balance: 8_640n, paid: BigInt(paid) })
  sim.seed([{ id: card.paymentRef, amount: paid, currency: 'cny' }])
  await mark()
  const closureId = await closeCard(leb, card, { start: 'after_undo_window', ...change })
  leb.clock.advance({ seconds: 1 })
  return { card, closureId, ref: card.paymentRef }
}
const told = async (closureId: string) => {
  leb.clock.advance({ hours: 1 })
  for (let round = 0; round < 5; round++) {
    await leb.look(issuerId, closureId)
    await workOffPayments(leb)
    leb.clock.advance({ seconds: 1 })
  }
  return stateOf(leb, issuerId, closureId)
}

it('lets a refund that staff made on the provider’s page take the place of the planned one', async () => {
  const { closureId, ref } = await planned()
  sim.refundByHand(ref, 8_640)
  await heard()
  expect(await told(closureId)).toBe('closed')
  expect(given(ref)).toEqual([8_640])
  expect(await moved()).toEqual({ cash_at_provider: 8_640n, holder_balance: -8_640n })
  await expect(undoClosure(leb, { issuerId, closureId })).rejects.toMatchObject({
    code: 'closure/past_return',
  })
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('lets nobody undo a closing and keep what was given back by hand for it', async () => {
  const { closureId, ref } = await planned()
  sim.refundByHand(ref, 8_640)
  await heard()
  await expect(undoClosure(leb, { issuerId, closureId })).rejects.toMatchObject({
    code: 'closure/past_return',
  })
  expect(await told(closureId)).toBe('closed')
})

it('finds it also when no webhook told of it, before it asks for money once more', async () => {
  const { closureId, ref } = await planned()
  sim.webhooks.hold()
  sim.refundByHand(ref, 8_640)
  sim.webhooks.lose()
  expect(await told(closureId)).toBe('closed')
  expect(given(ref)).toEqual([8_640])
  expect(await moved()).toEqual({ cash_at_provider: 8_640n, holder_balance: -8_640n })
})

it('takes one with an empty key for one by hand', async () => {
  const { closureId, ref } = await planned()
  sim.refundByHand(ref, 8_640).metadata['leb_key'] = ''
  await heard()
  expect(await told(closureId)).toBe('closed')
  expect(given(ref)).toEqual([8_640])
  expect(await moved()).toEqual({ cash_at_provider: 8_640n, holder_balance: -8_640n })
})

it('sends only what is over when a part was given back by hand', async () => {
  const { closureId, ref } = await planned()
  sim.refundByHand(ref, 2_000)
  await heard()
  expect(await told(closureId)).toBe('closed')
  expect(given(ref).toSorted((a, b) => a - b)).toEqual([2_000, 6_640])
  expect(await moved()).toEqual({ cash_at_provider: 8_640n, holder_balance: -8_640n })
})

it('counts one refund for each of the imported cards that its payment paid for', async () => {
  const ref = 'pi_20260000000000020_cny_2'
  const cards = await seedCards(leb, [{ paymentRef: ref }, { paymentRef: ref }])
  sim.seed([{ id: ref, amount: 40_000, currency: 'cny' }])
  await mark()
  const closures: string[] = []
  for (const card of cards) closures.push(await closeCard(leb, card, { start: 'after_undo_window' }))
  leb.clock.advance({ seconds: 1 })
  sim.refundByHand(ref, 12_000)
  await heard()
  for (const closureId of closures) expect(await told(closureId)).toBe('closed')
  expect(given(ref).toSorted((a, b) => a - b)).toEqual([5_280, 12_000])
  expect(await moved()).toEqual({ cash_at_provider: 17_280n, holder_balance: -17_280n })
  expect(await say(byHandCommand, {})).toContain('No refund')
})

it('gives no voucher for what was given back by hand', async () => {
  const { closureId, ref } = await planned(20_000, { voucher: true })
  sim.refundByHand(ref, 8_000)
  await heard()
  expect(await told(closureId)).toBe('closed')
  expect(given(ref)).toEqual([8_000])
  expect(await moved()).toEqual({ cash_at_provider: 8_000n, holder_balance: -8_640n, vouchers: 640n })
})

it('asks no holder for an account when the whole payment was given back by hand', async () => {
  const { closureId, ref } = await planned(8_640)
  sim.refundByHand(ref, 8_640)
  await heard()
  expect(await told(closureId)).toBe('closed')
  expect(given(ref)).toEqual([8_640])
  expect((await partsOf(leb, issuerId, closureId)).at(-1)).toBe('original_payment paid 8640')
})

it('asks staff about a refund from before the declaration, and takes it for the payout when they say so', async () => {
  const card = await seedCard(leb, { balance: 8_640n, paid: 20_000n })
  const ref = card.paymentRef
  sim.seed([{ id: ref, amount: 20_000, currency: 'cny' }])
  await mark()
  leb.clock.advance({ days: 2 })
  const { id: refund } = sim.refundByHand(ref, 8_640)
  await heard()
  expect(await moved()).toEqual({ cash_at_provider: 8_640n, refunds_by_hand: -8_640n })
  leb.clock.advance({ days: 1 })
  const closureId = await closeCard(leb, card)
  expect(await told(closureId)).toBe('refunded_by_hand')
  expect(given(ref)).toEqual([8_640])
  expect(await say(byHandCommand, {})).toContain(`${refund}  leb`)
  expect(await say(decideByHandCommand, { refund, decision: 'counts' })).toContain('counts toward')
  await workOffPayments(leb)
  expect(await told(closureId)).toBe('closed')
  expect(given(ref)).toEqual([8_640])
  expect(await moved()).toEqual({ cash_at_provider: 8_640n, holder_balance: -8_640n })
})

it('pays all the same when staff say that the refund was given besides', async () => {
  const card = await seedCard(leb, { balance: 8_640n, paid: 20_000n })
  const ref = card.paymentRef
  sim.seed([{ id: ref, amount: 20_000, currency: 'cny' }])
  leb.clock.advance({ days: 1 })
  const { id: refund } = sim.refundByHand(ref, 1_000)
  await heard()
  leb.clock.advance({ days: 1 })
  const closureId = await closeCard(leb, card)
  expect(await told(closureId)).toBe('refunded_by_hand')
  await say(decideByHandCommand, { refund, decision: 'besides' })
  await expect(say(decideByHandCommand, { refund, decision: 'besides' })).rejects.toThrow(/no refund by hand/)
  await workOffPayments(leb)
  expect(await told(closureId)).toBe('closed')
  expect(given(ref).toSorted((a, b) => a - b)).toEqual([1_000, 8_640])
})

it('knows a refund from before the card was brought here, and pays what the card says', async () => {
  const { closureId, ref } = await planned()
  leb.clock.advance({ days: -9 })
  sim.refundByHand(ref, 1_000)
  leb.clock.advance({ days: 9 })
  await heard()
  expect(await told(closureId)).toBe('closed')
  expect(given(ref).toSorted((a, b) => a - b)).toEqual([1_000, 8_640])
  expect(await moved()).toEqual({ cash_at_provider: 8_640n, holder_balance: -8_640n })
})

it('closes when more was given back than was planned, and leaves the rest to staff and to reconcile', async () => {
  const { closureId, ref } = await planned()
  const { id: refund } = sim.refundByHand(ref, 10_000)
  await heard()
  expect(await told(closureId)).toBe('closed')
  expect(given(ref)).toEqual([10_000])
  expect(await moved()).toEqual({
    cash_at_provider: 10_000n,
    holder_balance: -8_640n,
    refunds_by_hand: -1_360n,
  })
  expect(await say(byHandCommand, { json: true })).toContain('"left_minor":"1360"')
  expect(await namedBy(sim.balance.csv(), refund)).toEqual(['refunded_by_hand'])
  await say(decideByHandCommand, { refund, decision: 'besides' })
  expect(await namedBy(sim.balance.csv(), refund)).toEqual([])
})

it('asks for the answer of a refund that was on its way before it counts what staff did meanwhile', async () => {
  const { closureId, ref } = await planned()
  sim.failures.set({ mode: 'timeout_after', match: 'POST /v1/refunds', times: 1 })
  leb.clock.advance({ hours: 1 })
  await leb.look(issuerId, closureId)
  sim.failures.set(undefined)
  expect(given(ref)).toEqual([8_640])
  sim.refundByHand(ref, 8_640)
  await heard()
  expect(await told(closureId)).toBe('closed')
  // Staff gave it a second time: that is theirs to see, and LEB's own is booked once.
  expect(given(ref)).toEqual([8_640, 8_640])
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['original_payment paid 8640'])
  expect(await moved()).toEqual({
    cash_at_provider: 17_280n,
    holder_balance: -8_640n,
    refunds_by_hand: -8_640n,
  })
})

it('is here again when the refund by hand fails at the provider before it met anything', async () => {
  const card = await seedCard(leb, { balance: 8_640n, paid: 20_000n })
  sim.seed([{ id: card.paymentRef, amount: 20_000, currency: 'cny' }])
  await mark()
  leb.clock.advance({ hours: 1 })
  const refund = sim.refundByHand(card.paymentRef, 2_000)
  await heard()
  refund.status = 'failed'
  await lookAtPayment(leb, { issuerId, id: `refunds:${card.paymentRef}` })
  await lookAtPayment(leb, { issuerId, id: `refunds:${card.paymentRef}` })
  expect(await moved()).toEqual({})
})

it('is owed again, shown to staff and paid by transfer when it fails after it had taken the place of a payout', async () => {
  const { card, closureId, ref } = await planned()
  const refund = sim.refundByHand(ref, 10_000)
  await heard()
  expect(await told(closureId)).toBe('closed')
  refund.status = 'failed'
  for (let n = 0; n < 2; n++) await lookAtPayment(leb, { issuerId, id: `refunds:${ref}` })
  expect(await moved()).toEqual({ refunds_payable: 8_640n, holder_balance: -8_640n })
  const listed = await say(byHandCommand, {})
  expect(listed.slice(listed.indexOf(refund.id))).toMatch(/86\.40 CNY.*\n.*failed at the provider.*leb paid/)
  expect(await told(closureId)).toBe('bank_details_needed')
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'original_payment refused 8640 refunded_by_hand',
    'original_payment refused 8640 refund_failed',
    'bank_transfer waiting 8640',
  ])
  await recordBankTransfer(leb, { issuerId, closureId, iccid: card.iccid, reference: 'TRF 9' })
  expect(await told(closureId)).toBe('closed')
  expect(await say(byHandCommand, {})).not.toContain(refund.id)
  expect(await moved()).toEqual({ cash_at_bank: 8_640n, holder_balance: -8_640n })
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})
