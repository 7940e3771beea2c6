import { z } from '@hono/zod-openapi'
import type { PaidWith } from '../adapters/payment/port.ts'
import { closureNumber, instant, locale, money, moneyOrNull } from '../api/shapes.ts'
import { type ClosureView, stepNames } from './closure-view.ts'

/** A closure as JSON: times RFC 3339 in UTC, money in minor units as strings. Nothing personal. */

export const act = z.enum(['terminate', 'withdraw', 'refund', 'erase']).openapi({ example: 'terminate' })

export const payoutRoute = z
  .enum(['original_payment', 'bank_transfer', 'voucher', 'kept', 'nothing'])
  .openapi({
    description:
      '`kept`: too little to be sent by itself (below the minimum, or a last digit that the provider does not carry), or, with `claimUntil`, no bank account was named in time; it stays the holder’s and is paid when they ask; `voucher`: only if asked for',
  })
export const paidWithShape = z
  .object({
    method: z.enum(['card', 'bank_account', 'alipay', 'wechat_pay', 'paypal', 'link']),
    last4: z.string().nullable().openapi({ example: '4242' }),
    brand: z.string().nullable().openapi({ example: 'visa' }),
    wallet: z.string().nullable().openapi({ description: 'the card was in it', example: 'apple_pay' }),
  })
  .nullable()
  .openapi('PaidWith', {
    description:
      'what the payment was made with that it goes back to; null where it is not known, and once the person is erased',
  })
const payoutShape = z.object({
  route: payoutRoute,
  amount: money,
  reference: z.string().nullable(),
  settledAt: instant.nullable(),
})
export const lineShape = z
  .object({
    kind: z.enum(['balance', 'unused', 'charged_back', 'closing_fee']),
    amount: money.openapi({
      description: 'below 0: a fee, and what a payer’s bank has taken back of what the card was paid with',
    }),
    tax: moneyOrNull.openapi({ description: 'tax in it that is taken back' }),
    code: z.string().nullable().openapi({ description: 'the plan or add-on it is the unused share of' }),
  })
  .openapi('SettlementLine')
const partShape = z
  .object({
    partId: z.uuid(),
    route: payoutRoute,
    amount: money,
    state: z.enum(['waiting', 'sent', 'paid', 'refused']),
    reference: z.string().nullable(),
    settledAt: instant.nullable(),
    arrivesBy: instant
      .nullable()
      .openapi({ description: 'of what was sent: by when it should be in the holder’s account' }),
    byHand: z
      .boolean()
      .openapi({ description: 'a transfer that staff made, to an account that was agreed with them' }),
    claimUntil: z.iso.date().nullable().openapi({
      description:
        'of what is kept because no bank account was named: the last day to which it is promised, at least, that it is paid when asked for',
    }),
    paidWith: paidWithShape,
  })
  .openapi('PayoutPart')
const unproved = 'null when declared without signing in, for a closure access token, until the code is in'
const cardShape = z
  .object({
    cardId: z.uuid(),
    iccid: z.string(),
    plan: z.string().nullable().openapi({ description: unproved }),
    zone: z.string().nullable(),
    expiresAt: instant.nullable(),
    balance: moneyOrNull.openapi({ description: 'at the declaration, or what settlement took off it' }),
    payout: payoutShape.nullable().openapi({ description: 'in one line; `parts` has each way' }),
    lines: z.array(lineShape).openapi({ description: 'what closing pays; empty until it is settled' }),
    parts: z.array(partShape).openapi({ description: 'each way the money goes; a refused one was replaced' }),
    takenBack: z.array(z.object({ amount: money, at: instant, state: z.enum(['open', 'lost']) })).openapi({
      description:
        "what the payer's bank took back of payments of the card; `open`: it has not decided yet. After the end it changes nothing of the closure",
    }),
  })
  .openapi('CardInClosure')
const reason = z.enum([
  'line_refused',
  'payout_refused',
  'payout_currency_differs',
  'payout_more_than_paid',
  'payout_charged_back',
  'refunded_by_hand',
  'bank_details_needed',
  'transfer_to_send',
  'transfer_under_way',
  'esim_refused',
  'provider_silent',
  'fault_of_ours',
])
const stepShape = z
  .object({
    step: z.enum(stepNames),
    state: z.enum(['waiting', 'current', 'done', 'blocked']),
    at: instant.nullable().openapi({ description: 'when it was done' }),
    cardsDone: z.int().openapi({ description: 'cards of the closure this step is through with' }),
    block: z
      .object({ reason, owner: z.enum(['holder', 'staff', 'provider']), since: instant })
      .nullable()
      .openapi({ description: 'why it does not go on, and whose turn it is' }),
  })
  .openapi('ClosureStep')

export const closureShape = z
  .object({
    number: closureNumber.openapi({ example: 'LEB-2K7M-9QXCT' }),
    accountRef: z.string().nullable().openapi({ description: unproved }),
    covers: z.enum(['card', 'account']),
    act,
    state: z.enum(['declared', 'identified', 'closing', 'closed', 'undone']),
    locale,
    zone: z.string().openapi({ example: 'Asia/Shanghai' }),
    policyVersion: z.string(),
    declaredAt: instant,
    dueAt: instant.openapi({ description: 'when the issuer must be done' }),
    late: z.boolean(),
    undoUntil: instant.nullable(),
    canUndo: z
      .boolean()
      .openapi({ description: 'until money is sent, the line is cut or the person is erased' }),
    wantsVoucher: z.boolean().openapi({ description: 'the holder asked for a voucher instead of money' }),
    paysAsWithdrawal: z.boolean().openapi({
      description:
        'settled as the law has it for withdrawing, all that was paid but what was provided and no fee: a withdrawal in time, and a closing that the issuer decided while the holder could have withdrawn. False until the code is in where it was declared without signing in',
    }),
    bankAccountGiven: z.boolean().openapi({ description: 'an account for transfers was given' }),
    accountWantedUntil: instant.nullable().openapi({
      description:
        'while a bank account is asked for: until when it can be named; then the money is kept for its holder and the closure ends',
    }),
    noReturnAt: instant.nullable(),
    undoneAt: instant.nullable(),
    undoneBy: z.enum(['person', 'holder_declared', 'never_proved']).nullable().openapi({
      description: 'holder_declared: the holder declared the same card; never_proved: it lapsed',
    }),
    lineAfterUndo: z.enum(['never_off', 'switching_on', 'on', 'refused']).nullable().openapi({
      description:
        'of an undone closure, whether its lines work again; `refused`: the network has not switched one on, staff deals with it',
    }),
    identity: z
      .enum(['signed_in', 'not_signed_in', 'issuer_decision'])
      .openapi({ description: 'how it was declared; `issuer_decision`: nobody did, the issuer decided it' }),
    cardEnded: z
      .boolean()
      .openapi({ description: 'the issuer closes the card by itself because it had ended' }),
    identifiedAt: instant.nullable().openapi({ description: 'when the code was in' }),
    closedAt: instant.nullable(),
    toldAt: instant.nullable().openapi({ description: 'when the holder was sent the certificate' }),
    cards: z.array(cardShape),
    steps: z.array(stepShape),
    documents: z.array(
      z.object({
        kind: z.enum(['slip', 'certificate']),
        issuedAt: instant,
        sha256: z.string(),
        url: z.url(),
      }),
    ),
  })
  .openapi('Closure')
export type ClosureJson = z.infer<typeof closureShape>

const time = (at: Date) => at.toISOString()
const maybe = (at: Date | null) => at && at.toISOString()

export function closureUrl(publicUrl: string, issuerId: string, number: string): string {
  return `${publicUrl}/api/v1/issuers/${issuerId}/closures/${number}`
}

export function closureJson(publicUrl: string, view: ClosureView): ClosureJson {
  const {
    issuerId,
    closureId: _,
    provedBy: __,
    isHolderErased: ___,
    cards,
    steps,
    documents,
    ...plain
  } = view
  const url = closureUrl(publicUrl, issuerId, view.number)
  return {
    ...plain,
    declaredAt: time(view.declaredAt),
    dueAt: time(view.dueAt),
    undoUntil: maybe(view.undoUntil),
    accountWantedUntil: maybe(view.accountWantedUntil),
    noReturnAt: maybe(view.noReturnAt),
    undoneAt: maybe(view.undoneAt),
    identifiedAt: maybe(view.identifiedAt),
    closedAt: maybe(view.closedAt),
    toldAt: maybe(view.toldAt),
    cards: cards.map(({ payout, parts, takenBack, expiresAt, isOwedInDoubt: _inDoubt, ...card }) => ({
      ...card,
      parts: parts.map(({ refusal: _refusal, ...part }) => ({
        ...part,
        settledAt: maybe(part.settledAt),
        paidWith: paidWithJson(part.paidWith),
        arrivesBy: maybe(part.arrivesBy),
      })),
      takenBack: takenBack.map((one) => ({ ...one, at: time(one.at) })),
      expiresAt: maybe(expiresAt),
      payout: payout && { ...payout, settledAt: maybe(payout.settledAt) },
    })),
    steps: steps.map(({ at, block, ...step }) => ({
      ...step,
      at: maybe(at),
      block: block && { ...block, since: time(block.since) },
    })),
    documents: documents.map(({ issuedAt, ...one }) => ({
      ...one,
      issuedAt: time(issuedAt),
      url: `${url}/${one.kind}`,
    })),
  }
}

export function paidWithJson(paid: PaidWith | null | undefined): z.infer<typeof paidWithShape> {
  return paid ? { last4: null, brand: null, wallet: null, ...paid } : null
}

/** True when nothing more will happen to it. */
export function isOver(closure: Pick<ClosureView, 'state' | 'toldAt'>): boolean {
  return closure.state === 'undone' || (closure.state === 'closed' && closure.toldAt !== null)
}
