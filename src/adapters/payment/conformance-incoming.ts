import { expect, it } from 'vitest'
import type { PaymentWorld } from './conformance.ts'
import type { PaymentPort, PaymentToOpen } from './port.ts'

type Made = () => { port: PaymentPort; world: PaymentWorld }

const toOpen = (change: Partial<PaymentToOpen> = {}): PaymentToOpen => ({
  key: 'order:0192-a',
  amount: 2_000n,
  currency: 'EUR',
  orderNumber: '2K7M-9QXCT',
  description: 'LEB3 · Japan',
  returnUrl: 'https://leb.example/back',
  cancelUrl: 'https://leb.example/order',
  locale: 'en',
  ...change,
})

async function openAt({ port }: { port: PaymentPort }, change: Partial<PaymentToOpen> = {}) {
  const answer = await port.openPayment(toOpen(change))
  if (answer.kind !== 'done') throw new Error(`not opened: ${JSON.stringify(answer)}`)
  return answer.value
}

/** The half of the payment port's suite that is about money coming in. Part of paymentConformance. */
export function paymentsComeIn(made: Made): void {
  payersPay(made)
  pagesOpen(made)
}

function payersPay(made: Made): void {
  const open = (change: Partial<PaymentToOpen> = {}) => openAt(made(), change)
  const read = (ref: string) => made().port.readPayment(ref)

  it('opens a page once for each key, and says how the payment stands', async () => {
    const { payUrl, ref, until } = await open()
    expect(await open()).toEqual({ payUrl, ref, until })
    expect(made().world.opened()).toBe(1)
    const asked = { amount: 2_000n, currency: 'EUR', orderNumber: '2K7M-9QXCT' }
    expect(await read(ref)).toMatchObject({ kind: 'done', value: { ...asked, state: 'open' } })
    await made().world.payer(payUrl, 'fail')
    expect(await read(ref)).toMatchObject({ value: { state: 'open' } })
    await made().world.payer(payUrl, 'pay')
    const paid = await read(ref)
    expect(paid).toMatchObject({ value: { ...asked, state: 'paid', paymentRef: expect.any(String) } })
    const { paymentRef } = (paid as { value: { paymentRef: string } }).value
    expect(await read(paymentRef)).toMatchObject({ value: { ...asked, state: 'paid', paymentRef } })
  })

  it('shows a payment that a bank is still thinking about, and its end', async () => {
    const { ref, payUrl } = await open()
    await made().world.payer(payUrl, 'later')
    expect(await read(ref)).toMatchObject({ value: { state: 'processing' } })
    expect(await made().port.expirePayment(ref)).toMatchObject({ kind: 'refused', code: 'already_paid' })
    await made().world.settle()
    expect(await read(ref)).toMatchObject({ value: { state: 'paid' } })
  })

  it('closes a page, once and again, unless the payer was faster', async () => {
    const closed = await open()
    expect(await made().port.expirePayment(closed.ref)).toMatchObject({ kind: 'done' })
    expect(await made().port.expirePayment(closed.ref)).toMatchObject({ kind: 'done' })
    expect(await read(closed.ref)).toMatchObject({ value: { state: 'over' } })
    await expect(made().world.payer(closed.payUrl, 'pay')).rejects.toThrow(/410/)
    const late = await open({ key: 'order:0192-b' })
    made().world.expires(late.ref)
    expect(await read(late.ref)).toMatchObject({ value: { state: 'over' } })
    const paid = await open({ key: 'order:0192-c' })
    await made().world.payer(paid.payUrl, 'pay')
    expect(await made().port.expirePayment(paid.ref)).toMatchObject({ kind: 'refused', code: 'already_paid' })
  })

  it('refuses to read what it never heard of', async () => {
    for (const ref of ['cs_test_nobody', 'pi_nobody'])
      expect(await read(ref)).toMatchObject({ kind: 'refused', code: 'payment_unknown' })
    expect(await made().port.readDispute('du_nobody')).toMatchObject({ code: 'dispute_unknown' })
  })

  it('tells a dispute from an inquiry, and how it ended', async () => {
    const { world, port } = made()
    const paymentRef = world.paid()
    const asked = world.dispute(paymentRef, { inquiry: true })
    expect(await port.readDispute(asked)).toMatchObject({ value: { state: 'inquiry', paymentRef } })
    const part = world.dispute(paymentRef, { amount: 500n })
    const taken = { disputeRef: part, paymentRef, amount: 500n, currency: 'EUR' }
    expect(await port.readDispute(part)).toMatchObject({ value: { ...taken, state: 'open' } })
    world.closeDispute(part, 'won')
    expect(await port.readDispute(part)).toMatchObject({ value: { ...taken, state: 'won' } })
    world.closeDispute(part, 'lost')
    expect(await port.readDispute(part)).toMatchObject({ value: { ...taken, state: 'lost' } })
  })
}

function pagesOpen(made: Made): void {
  const open = (change: Partial<PaymentToOpen> = {}) => openAt(made(), change)
  const read = (ref: string) => made().port.readPayment(ref)

  it.each([
    ['amount_not_positive', { amount: 0n }],
    ['amount_not_positive', { amount: -1n }],
    ['amount_not_representable', { amount: 10n ** 20n }],
    ['amount_not_representable', { amount: 1_234n, currency: 'KWD' }],
  ])('opens nothing with %s', async (code, change) => {
    expect(await made().port.openPayment(toOpen(change))).toMatchObject({ kind: 'refused', code })
    expect(made().world.opened()).toBe(0)
  })

  it('the same key for another sum is refused', async () => {
    await open()
    const other = await made().port.openPayment(toOpen({ amount: 2_001n }))
    expect(other).toMatchObject({ kind: 'refused', code: 'key_used_for_another_payment' })
    expect(made().world.opened()).toBe(1)
  })

  it('keeps currencies without and with three digits exact', async () => {
    const [yen, dinar, krona] = [
      await open({ key: 'a', amount: 2_001n, currency: 'JPY' }),
      await open({ key: 'b', amount: 2_010n, currency: 'KWD' }),
      await open({ key: 'c', amount: 2_001n, currency: 'ISK' }),
    ]
    expect(await read(yen.ref)).toMatchObject({ value: { amount: 2_001n, currency: 'JPY' } })
    expect(await read(dinar.ref)).toMatchObject({ value: { amount: 2_010n, currency: 'KWD' } })
    expect(await read(krona.ref)).toMatchObject({ value: { amount: 2_001n, currency: 'ISK' } })
  })

  for (const mode of ['timeout_before', 'timeout_after', 'rubbish', 'down', 'twice'] as const)
    it(`${mode} while opening, asked again with the same key: one page`, async () => {
      made().world.fail({ mode, times: 1, onlyOpening: true })
      const first = await made().port.openPayment(toOpen())
      expect(first.kind).toBe(mode === 'twice' ? 'done' : 'unknown')
      const again = await open()
      expect(await read(again.ref)).toMatchObject({ value: { state: 'open' } })
      expect(made().world.opened()).toBe(1)
    })
}
