import type { Answer } from '../answer.ts'

export type RefundRequest = {
  /**
   * Names this one payout for ever; holds nothing personal. At most one refund per key ever exists, and at most one
   * that was not taken back among a key and the same key with `:1`, `:2` … (asked again after a refusal).
   */
  key: string
  /** The provider's name of the payment that is given back, e.g. a Stripe payment intent. */
  paymentRef: string
  /** Minor units by ISO 4217 (JPY and ISK have none, KWD has three digits); more than 0. */
  amount: bigint
  /** ISO 4217, upper case; must be the currency in which was paid. */
  currency: string
}

export type Refunded = {
  refundRef: string
  /** Working days until banks usually show it to the payer. */
  arrivesByDays?: number
}

/** Codes with which every vendor refuses; a vendor may add its own. */
export type RefundRefusal =
  | 'amount_not_positive'
  | 'amount_not_representable'
  | 'currency_differs'
  | 'more_than_paid'
  | 'payment_unknown'
  | 'already_refunded'
  | 'charged_back'
  | 'refund_failed'
  | 'refund_canceled'
  | 'key_used_for_another_refund'
  | 'provider_refused'

/** Money going back the way it came. Any call may be repeated with the same key. */
export type PaymentPort = {
  refund(request: RefundRequest): Promise<Answer<Refunded>>
  /**
   * How the refund of this key stands. `unknown` with reason `no_refund_with_this_key` means that none exists:
   * call `refund` again with the same key.
   */
  ask(question: { key: string; paymentRef: string }): Promise<Answer<Refunded>>
  close(): void
}
