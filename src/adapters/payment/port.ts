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
  /**
   * Refunds of this payment without a key of ours that are accounted for. If there are others, it is refused with
   * refunded_by_hand: somebody may have given back already what is to be given back.
   */
  knownByHand?: string[]
}

/**
 * What a payment was made with, as far as its payer knows it again; undefined of ways that nobody would know by it. Leads
 * to a person: it is kept in the vault alone (docs/adr/0038), and stands in no evidence and no log.
 */
export type PaidWith =
  | {
      method: 'card'
      last4: string
      /** In the vendor's letters: `visa`, `unionpay`. */
      brand?: string
      /** The card was in it: `apple_pay`, `google_pay`. */
      wallet?: string
    }
  | { method: 'bank_account'; last4: string }
  | { method: 'alipay' | 'wechat_pay' | 'paypal' | 'link' }

export type Refunded = {
  refundRef: string
  /** Of the payment that it goes back to, where the vendor has said it by the way. */
  paidWith?: PaidWith
  /** Working days until banks usually show it to the payer. */
  arrivesByDays?: number
}

/** Codes with which every vendor refuses a refund; a vendor may add its own. */
export type RefundRefusal =
  | 'amount_not_positive'
  | 'amount_not_representable'
  | 'currency_differs'
  | 'more_than_paid'
  | 'payment_unknown'
  | 'already_refunded'
  | 'refunded_by_hand'
  | 'charged_back'
  | 'refund_failed'
  | 'refund_canceled'
  | 'key_used_for_another_refund'
  | 'provider_refused'

export type PaymentToOpen = {
  /** Names this one payment for ever, e.g. `order:<id>`; holds nothing personal. Asked again, the same page answers. */
  key: string
  /** Minor units by ISO 4217, more than 0. */
  amount: bigint
  currency: string
  /** Goes with the payment as metadata: by it a payment is matched whose reference we never learned. */
  orderNumber: string
  /** What is bought, as the payer reads it on the provider's page. */
  description: string
  /** Where the payer is sent after paying; https (or http on loopback). That he comes back proves nothing. */
  returnUrl: string
  cancelUrl: string
  locale: 'zh-CN' | 'en'
  /**
   * Paying is impossible from then on; 24 hours from now unless told. Stripe takes 30 minutes to 24 hours from now,
   * else it refuses with until_out_of_range. Asking again with the same key needs the same moment.
   */
  until?: Date
}

export type OpenedPayment = {
  /** The provider's name of the page, e.g. a Stripe checkout session: ask by it how the payment stands. */
  ref: string
  payUrl: string
  /** RFC 3339. */
  until: string
}

export type PaymentState = {
  /**
   * `open`: may still be paid; `processing`: the payer has done his part and the bank has not (don't let the order
   * lapse); `paid`: the money is there; `over`: expired, cancelled or failed, will never be paid.
   */
  state: 'open' | 'processing' | 'paid' | 'over'
  /** What money is matched and refunded by, e.g. a Stripe payment intent; there when paid, often before. */
  paymentRef?: string
  /** Received when paid, else asked for; minor units by ISO 4217. */
  amount: bigint
  currency: string
  /** Only of a payment that is paid. */
  paidWith?: PaidWith
  /** Order number, if the payment was opened by LEB; undefined for what others did on the same account. */
  orderNumber?: string
  /** RFC 3339: when the payment was made (as the provider says). */
  at: string
}

/** A refund of a payment, whoever made it. */
export type RefundState = {
  refundRef: string
  /** LEB's own key; undefined for what others made on the same account. */
  key?: string
  amount: bigint
  currency: string
  /** It failed or was cancelled: the money is back. */
  isOver: boolean
  /** RFC 3339. */
  at: string
}

/** A payer's bank takes a payment back, or asks about it. */
export type DisputeState = {
  disputeRef: string
  paymentRef: string
  /** What was taken; may be less or (by exchange rates) more than was paid. */
  amount: bigint
  currency: string
  /** `inquiry`: asked about, nothing taken; `open`: taken, undecided; `won`: given back to us; `lost`: gone. */
  state: 'inquiry' | 'open' | 'won' | 'lost'
  at: string
}

/**
 * What every amount that a provider takes or gives back in a currency (ISO 4217, upper case) is a multiple of, in minor
 * units; 1 where it takes them all. Others are refused with amount_not_representable: never rounded, for that would lose
 * somebody's money without anybody having decided it.
 */
export type SmallestStep = (currency: string) => bigint

/** Money coming in, and going back the way it came. Any call may be repeated with the same key. */
export type PaymentPort = {
  /**
   * Opens a page where the payer pays exactly this. Refuses with amount_not_positive, amount_not_representable,
   * until_out_of_range, key_used_for_another_payment, page_over (paid or expired: read it) or provider_refused.
   */
  openPayment(request: PaymentToOpen): Promise<Answer<OpenedPayment>>
  /** How a payment stands, by the reference of its page or of itself. Refuses with payment_unknown. */
  readPayment(ref: string): Promise<Answer<PaymentState>>
  /**
   * Closes the page, so that it can't be paid any more; done too when it was closed before. Refuses with
   * already_paid when the payer was faster, or is just being processed: read it then.
   */
  expirePayment(ref: string): Promise<Answer>
  /** Refuses with dispute_unknown. */
  readDispute(ref: string): Promise<Answer<DisputeState>>
  /** References of all disputes of a payment. */
  listDisputes(paymentRef: string): Promise<Answer<string[]>>
  refund(request: RefundRequest): Promise<Answer<Refunded>>
  /** All refunds of a payment, newest first. */
  readRefunds(paymentRef: string): Promise<Answer<RefundState[]>>
  /**
   * How the refund of this key stands. `unknown` with reason `no_refund_with_this_key` means that none exists by now;
   * a request that nobody answered may still make one (payout/believe-refusal.ts). `refund` may be called again with the
   * same key.
   */
  ask(question: { key: string; paymentRef: string }): Promise<Answer<Refunded>>
  close(): void
}
