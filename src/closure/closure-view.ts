import type { PaidWith } from '../adapters/payment/port.ts'
import type { SettlementLine } from '../payout/settlement.ts'
import type { MoneyJson } from '../ledger/money.ts'
import type { PayoutRoute } from '../payout/plan-payouts.ts'

/** The steps of a closure, in the order of the story (close.ts). */
export const stepNames = [
  'identify',
  'undo_window',
  'freeze',
  'drain_usage',
  'settle',
  'pay_out',
  'cut_line',
  'retire_esim',
  'keep_books',
  'erase_person',
  'certificate',
  'tell',
] as const
export type StepName = (typeof stepNames)[number]

export type Act = 'terminate' | 'withdraw' | 'refund' | 'erase'
export type Covers = 'card' | 'account'
export type { PayoutRoute }

export type BlockReason =
  | 'line_refused'
  | 'payout_refused'
  | 'payout_currency_differs'
  | 'payout_more_than_paid'
  | 'payout_charged_back'
  | 'refunded_by_hand'
  | 'bank_details_needed'
  | 'transfer_to_send'
  | 'transfer_under_way'
  | 'esim_refused'
  | 'provider_silent'
  | 'fault_of_ours'

/** One way that a card's money goes back. */
export type PartView = {
  partId: string
  route: PayoutRoute
  amount: MoneyJson
  /** `refused` ones were replaced by others. */
  state: 'waiting' | 'sent' | 'paid' | 'refused'
  /** Why it did not go this way: the provider's stable code, or ours. */
  refusal: string | null
  reference: string | null
  settledAt: Date | null
  /** By when it should be in the holder's account; null of what is not sent, or goes to none. */
  arrivesBy: Date | null
  /** A transfer that staff made, to an account that was agreed with them. */
  byHand: boolean
  /** See PayoutPart. */
  claimUntil: string | null
  /** What the payment that it goes back to was made with, where that is known and its person not erased. */
  paidWith?: PaidWith | null
}
/** A line of what closing pays: minor units; a fee, and what a bank took back, are below 0. */
export type LineView = {
  kind: SettlementLine['kind']
  amount: MoneyJson
  /** Tax in it, of an unused share. */
  tax: MoneyJson | null
  /** What it is the unused share of. */
  code: string | null
}
/** What the payer's bank took back of a payment of the card, and did not give back to us. */
export type TakenBack = { amount: MoneyJson; at: Date; state: 'open' | 'lost' }

export type CardInClosure = {
  cardId: string
  iccid: string
  /** Plan, zone and expiry are null for someone not signed in who has not proved to be the holder. */
  plan: string | null
  zone: string | null
  expiresAt: Date | null
  /** Balance at the declaration, or what settlement took off it. Null when declared by someone not signed in. */
  balance: MoneyJson | null
  /** All of it in one: the way of its first part, and when the last one was settled. */
  payout: { route: PayoutRoute; amount: MoneyJson; reference: string | null; settledAt: Date | null } | null
  /** What closing pays, line by line; empty until it is settled. */
  lines: LineView[]
  /** Each part of it, also those that were refused. */
  parts: PartView[]
  /** Also after the closure has ended: its documents and its sums stay what they were. */
  takenBack: TakenBack[]
  /** The payer's bank took back since what is still owed of the card: staff say whether it is (payout/charged-back-since.ts). */
  isOwedInDoubt: boolean
}

export type StepView = {
  step: StepName
  state: 'waiting' | 'current' | 'done' | 'blocked'
  /** When it was done. */
  at: Date | null
  /** Cards of the closure this step is through with. */
  cardsDone: number
  /** Why it does not go on, and whose turn it is. */
  block: { reason: BlockReason; owner: 'holder' | 'staff' | 'provider'; since: Date } | null
}

/** Everything a page, the API or the CLI shows of one closure. Nothing personal. */
export type ClosureView = {
  issuerId: string
  closureId: string
  number: string
  /** Null for someone not signed in who has not proved to be the holder. */
  accountRef: string | null
  covers: Covers
  act: Act
  state: 'declared' | 'identified' | 'closing' | 'closed' | 'undone'
  locale: 'zh-CN' | 'en'
  zone: string
  policyVersion: string
  declaredAt: Date
  dueAt: Date
  /** How it stood with identity when it was declared. */
  identity: 'signed_in' | 'not_signed_in' | 'issuer_decision'
  /** Declared by nobody: the issuer closes the card because it had ended. */
  cardEnded: boolean
  identifiedAt: Date | null
  /** Whether the code came with what the receipt gave out, or from someone signed in. */
  provedBy: 'declarer' | 'account' | 'issuer' | null
  late: boolean
  /** End of the undo window; null where the closing starts at once. */
  undoUntil: Date | null
  /** Undo is possible until money is sent or the profile is retired. */
  canUndo: boolean
  /** The holder asked for a voucher instead of money. */
  wantsVoucher: boolean
  /** Settled by the rules of withdrawing; also where the issuer decided while the holder could. False before proof. */
  paysAsWithdrawal: boolean
  /** Their data is destroyed: no account can be named any more, and nothing be claimed but by letter. */
  isHolderErased: boolean
  /** An account for transfers has been given, and not been used up. */
  bankAccountGiven: boolean
  /** Until when the account that its holder is asked for can be named; then the money is kept for them. */
  accountWantedUntil: Date | null
  noReturnAt: Date | null
  undoneAt: Date | null
  undoneBy: 'person' | 'holder_declared' | 'never_proved' | null
  /** Of an undone closure: whether its lines, which it may have switched off, work again; else null. */
  lineAfterUndo: 'never_off' | 'switching_on' | 'on' | 'refused' | null
  closedAt: Date | null
  toldAt: Date | null
  cards: CardInClosure[]
  steps: StepView[]
  documents: { kind: 'slip' | 'certificate'; issuedAt: Date; sha256: string }[]
}

/** Their data is erased, so that no account can be kept: it is support's turn. */
export const isPersonGone = (view: Pick<ClosureView, 'steps'>): boolean =>
  view.steps.some(({ block }) => block?.reason === 'bank_details_needed' && block.owner === 'staff')
