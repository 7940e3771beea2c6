import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { paymentsComeIn as incoming } from './conformance-incoming.ts'
import type { PaymentPort } from './port.ts'

/** What the suite needs from the world behind the port. Amounts are in ISO 4217 minor units. */
export type PaymentWorld = {
  fail(
    order: { mode: string; times?: number; onlyRefunding?: boolean; onlyOpening?: boolean } | undefined,
  ): void
  /** A payment of 20.00 EUR, by a card ending 4242. */
  paid(): string
  /** Sum and number of the refunds really made. */
  refunded(paymentRef: string): { times: number; amount: bigint }
  /** What a payer does on the page behind `payUrl`, over HTTP. */
  payer(payUrl: string, does: 'pay' | 'fail' | 'later' | 'dispute'): Promise<void>
  /** The payer's bank takes a payment back, wholly unless told, or decides about it. */
  dispute(paymentRef: string, how?: { amount?: bigint; inquiry?: boolean }): string
  closeDispute(disputeRef: string, how: 'won' | 'lost'): void
  /** The page's time is over. */
  expires(ref: string): void
  /** Pages that were ever opened. */
  opened(): number
  /** Lets stalled refunds succeed, and banks that were thinking pay. */
  settle(): Promise<void>
  /** Makes the provider forget everything that its own idempotency rests on. */
  aDayPasses(): void
  stop(): Promise<void>
}

/** Every vendor of the payment port passes this against its simulator. */
export function paymentConformance(
  name: string,
  make: (options: { answersAfterMs: number }) => Promise<{ port: PaymentPort; world: PaymentWorld }>,
): void {
  describe(`payment port: ${name}`, () => {
    let port: PaymentPort
    let world: PaymentWorld
    beforeEach(async () => void ({ port, world } = await make({ answersAfterMs: 0 })))
    afterEach(async () => {
      port.close()
      await world.stop()
    })
    const request = (paymentRef: string) => ({
      key: '0192-c:payout:1',
      paymentRef,
      amount: 750n,
      currency: 'EUR',
    })
    const once = { times: 1, amount: 750n }

    it('refunds once, however often it is asked, and says how it stands', async () => {
      const ref = world.paid()
      const first = await port.refund(request(ref))
      expect(first).toMatchObject({ kind: 'done', value: { refundRef: expect.any(String) } })
      expect(await port.refund(request(ref))).toEqual(first)
      world.aDayPasses()
      expect(await port.refund(request(ref))).toEqual(first)
      expect(await port.ask({ key: request(ref).key, paymentRef: ref })).toEqual(first)
      expect(world.refunded(ref)).toEqual(once)
    })

    it('says what was paid with, when it is read and when it is given back, and in no evidence', async () => {
      const ref = world.paid()
      const paidWith = expect.objectContaining({ method: 'card', last4: '4242' })
      const answers = [await port.readPayment(ref), await port.refund(request(ref))]
      for (const answer of answers) {
        expect(answer).toMatchObject({ kind: 'done', value: { paidWith } })
        expect(JSON.stringify((answer as { evidence: unknown }).evidence)).not.toContain('4242')
      }
    })

    it('says that it knows nothing of a key never used', async () => {
      const answer = await port.ask({ key: 'never', paymentRef: world.paid() })
      expect(answer).toEqual({ kind: 'unknown', reason: 'no_refund_with_this_key' })
    })

    it.each([
      ['currency_differs', { currency: 'CNY' }],
      ['more_than_paid', { amount: 2_001n }],
      ['amount_not_positive', { amount: 0n }],
      ['amount_not_positive', { amount: -5n }],
      ['amount_not_representable', { amount: 10n ** 20n }],
      ['payment_unknown', { paymentRef: 'pi_nobody' }],
    ])('refuses with %s', async (code, change) => {
      const ref = world.paid()
      expect(await port.refund({ ...request(ref), ...change })).toMatchObject({ kind: 'refused', code })
      expect(world.refunded(ref).times).toBe(0)
    })

    it('counts what was given back before', async () => {
      const ref = world.paid()
      await port.refund({ ...request(ref), amount: 1_999n })
      const second = { ...request(ref), key: '0192-c:payout:2' }
      expect(await port.refund({ ...second, amount: 2n })).toMatchObject({ code: 'more_than_paid' })
      expect(await port.refund({ ...second, amount: 1n })).toMatchObject({ kind: 'done' })
      expect(world.refunded(ref)).toEqual({ times: 2, amount: 2_000n })
    })

    it('the same key with another amount is refused, not paid', async () => {
      const ref = world.paid()
      await port.refund(request(ref))
      const other = await port.refund({ ...request(ref), amount: 751n })
      expect(other).toMatchObject({ kind: 'refused', code: 'key_used_for_another_refund' })
      expect(world.refunded(ref)).toEqual(once)
    })

    it('two at the same moment with one key: paid once', async () => {
      // With every answer held back, both look before either pays.
      const slow = await make({ answersAfterMs: 30 })
      const ref = slow.world.paid()
      await Promise.all([slow.port.refund(request(ref)), slow.port.refund(request(ref))])
      expect(slow.world.refunded(ref)).toEqual(once)
      slow.port.close()
      await slow.world.stop()
    })

    it('refuse: is a refusal with a stable code, and nothing is paid', async () => {
      const ref = world.paid()
      world.fail({ mode: 'refuse' })
      expect(await port.refund(request(ref))).toMatchObject({ kind: 'refused', code: 'charged_back' })
      expect(world.refunded(ref).times).toBe(0)
    })

    it('a refund under way is pending and then done; one that fails is refused', async () => {
      const [slow, bad] = [world.paid(), world.paid()]
      world.fail({ mode: 'stall', times: 1, onlyRefunding: true })
      expect((await port.refund(request(slow))).kind).toBe('pending')
      expect((await port.refund(request(slow))).kind).toBe('pending')
      await world.settle()
      expect((await port.ask({ key: request(slow).key, paymentRef: slow })).kind).toBe('done')
      world.fail({ mode: 'fail_later', times: 1, onlyRefunding: true })
      const failed = await port.refund({ ...request(bad), key: '0192-c:payout:3' })
      expect(failed).toMatchObject({ kind: 'refused', code: 'refund_failed' })
    })

    for (const mode of ['timeout_before', 'timeout_after', 'rubbish', 'down', 'twice'] as const) {
      for (const later of ['at once', 'a day later'] as const) {
        it(`${mode} while refunding, asked again ${later} with the same key: paid exactly once`, async () => {
          const ref = world.paid()
          world.fail({ mode, times: 1, onlyRefunding: true })
          expect((await port.refund(request(ref))).kind).toBe(mode === 'twice' ? 'done' : 'unknown')
          if (later === 'a day later') world.aDayPasses()
          expect(await port.refund(request(ref))).toMatchObject({ kind: 'done' })
          expect(world.refunded(ref)).toEqual(once)
        })
      }
    }

    incoming(() => ({ port, world }))

    for (const mode of ['timeout_before', 'rubbish', 'down'] as const) {
      it(`${mode} at every call: unknown, and nothing is paid blindly`, async () => {
        const ref = world.paid()
        world.fail({ mode })
        expect((await port.refund(request(ref))).kind).toBe('unknown')
        expect((await port.ask({ key: request(ref).key, paymentRef: ref })).kind).toBe('unknown')
        expect(world.refunded(ref).times).toBe(0)
      })
    }
  })
}
