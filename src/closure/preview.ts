import { findIssuer, type Issuer } from '../issuer/issuer.ts'
import type { Money } from '../ledger/money.ts'
import { isZone } from '../platform/clock.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal, type Wording } from '../platform/errors.ts'
import {
  accountWantedUntil,
  arrivesBy,
  type Deadline,
  deadlines,
  type RetentionUntil,
  retentions,
} from '../policy/clocks.ts'
import { countedIn } from '../policy/counted-in.ts'
import { policyFor } from '../policy/policy.ts'
import type { Policy } from '../policy/policy-schema.ts'
import type { Act, PayoutRoute } from './closure-view.ts'
import { voucher_days } from './money-told.ts'
import { nameWays } from './name-payments.ts'
import { readSettlementFacts } from '../payout/read-settlement-facts.ts'
import { type Settlement, settlementOf } from '../payout/settlement.ts'
import { type MoneyRules, moneyRules } from '../policy/money-rules.ts'
import { isInTime, moneyOfWithdrawal, withdrawableUntil, withdrawalRule } from '../policy/withdrawal.ts'
import { formatDay } from '../web/dates.ts'
import { type PlanLeft, planLeftOf } from './plan-left.ts'
import { isUnproved, readWaitingWithdrawal, type WaitingWithdrawal } from './waiting-withdrawal.ts'

export type CardPreview = {
  cardId: string
  iccid: string
  plan: string
  zone: string
  expiresAt: Date
  balance: Money
  /** What of the plan can still be used, and ends with the card; null where there is nothing. */
  planLeft: PlanLeft | null
  /** What closing pays, line by line and part by part. */
  settlement: Settlement
  /** Where it goes, or its first part. */
  route: PayoutRoute
  /** End of the day by which the money should be there. */
  arrivesBy: Date
  /** Until when the contract for it can be withdrawn from; null where the law gives no such right. */
  withdrawableUntil: Date | null
  /** Number of a closure of this card that is under way. */
  existing: string | null
  /** Told to the holder alone: to declare anew sets it aside. */
  waitingWithdrawal: WaitingWithdrawal | null
}

/** What one country's law and one issuer's rules say of an act that is declared now. */
export type Terms = {
  jurisdiction: string
  policyVersion: string
  deadlines: Deadline[]
  /** When LEB must be done: the earliest of the deadlines. */
  dueAt: Date
  retention: RetentionUntil[]
  /** Where a bank account is needed: until when it can be named; then the money is kept for its holder. */
  accountWantedUntil: Date
  undoWindowMinutes: number
  /** Below this nothing is sent by itself: minor units by currency. */
  minimumPayout: Record<string, string>
  /** How long a voucher would be good. */
  voucherDays: number
  appeal: Wording
  appealEmail: string
}

/** What closing now would mean: shown before the declaration, printed on the slip after it. */
export type ClosurePreview = Terms & { accountId: string; accountRef: string; cards: CardPreview[] }

export type PreviewInput = {
  issuerId: string
  accountId: string
  /** The cards to close; `account` takes all that are still open, and the account with them. */
  cardIds: string[] | 'account'
  act: Act
  /** Who declares; somebody signed in unless told. */
  identity?: 'signed_in' | 'not_signed_in' | 'issuer_decision'
  /** The holder asks for a voucher instead of money. */
  voucher?: boolean
  /** IANA zone in which it would be told: where the law is of no land, days are counted in it. The law's unless told. */
  zone?: string | undefined
}

/**
 * Throws Refusal closure/no_such_card, closure/no_withdrawal, closure/withdrawal_over, closure/withdrawal_waits,
 * closure/unknown_zone, issuer/unknown.
 */
export async function previewClosure(ctx: Context, input: PreviewInput): Promise<ClosurePreview> {
  const issuer = await findIssuer(ctx.db, input.issuerId)
  if (!issuer) throw new Refusal('issuer/unknown')
  if (input.zone !== undefined && !isZone(input.zone)) throw new Refusal('closure/unknown_zone')
  return inIssuer(ctx.db, input.issuerId, (tx) => previewWith(ctx, tx, issuer, input))
}

/** The same inside a transaction, so that the declaration is made on what was read. */
export async function previewWith(
  ctx: Context,
  tx: Tx,
  issuer: Issuer,
  input: PreviewInput,
): Promise<ClosurePreview & { policy: Policy; rules: MoneyRules }> {
  const now = ctx.clock.now()
  const account = await tx
    .selectFrom('account')
    .select(['account_ref', 'holder_id', 'jurisdiction'])
    .where('issuer_id', '=', issuer.issuerId)
    .where('account_id', '=', input.accountId)
    .executeTakeFirst()
  if (!account) throw new Refusal('closure/no_such_card')
  // The holder's residence is nobody's business before proof: until then the issuer's own law is told (adr/0010).
  const unproved = input.identity === 'not_signed_in'
  const law = { jurisdiction: unproved ? issuer.jurisdiction : account.jurisdiction, zone: input.zone }
  const terms = termsFor(issuer, law, input.act, now)
  const read = await readCards(tx, issuer, input, now)
  const rows = read.map(({ soldAt, ...card }) => ({
    ...card,
    withdrawableUntil: withdrawableUntil(terms.policy, terms.jurisdiction, soldAt),
  }))
  const ordinary = moneyRules(terms.policy.money, issuer.rules.money)
  const rules = rulesOf(input, terms, rows, ordinary, now)
  const { issuerId } = issuer
  const cards = await withSettlements(tx, rows, { issuerId, rules, at: now, voucher: input.voucher })
  const whose = { issuerId, holderId: account.holder_id }
  if (!unproved) await nameWays(ctx, tx, whose, partsOf(cards))
  return {
    ...terms,
    minimumPayout: rules.minimum_payout,
    rules,
    accountId: input.accountId,
    accountRef: account.account_ref,
    cards: cards.map((card) => ({ ...card, arrivesBy: arrivesBy(terms.counted, now) })),
  }
}

type ForRules = Pick<CardPreview, 'existing' | 'withdrawableUntil' | 'waitingWithdrawal'>

/**
 * The rules of money of an act. The issuer's own decision takes the right to withdraw from nobody: while a holder could
 * still do so, it pays what that would (docs/adr/0025).
 */
function rulesOf(
  { act, identity }: PreviewInput,
  terms: Terms & { policy: Policy },
  cards: ForRules[],
  ordinary: MoneyRules,
  now: Date,
): MoneyRules {
  // Without proof nothing is said of the card, not even when it was bought: holders-law.ts looks.
  if (identity === 'not_signed_in') return ordinary
  if (act === 'withdraw') return withdrawing(terms, cards, ordinary, now)
  const inTime = cards.some(({ withdrawableUntil: until }) => isInTime(now, until))
  return identity === 'issuer_decision' && inTime ? moneyOfWithdrawal(ordinary) : ordinary
}

/** The rules of money of a withdrawal, for which each card has to be in time; one that is being closed is told of that. */
function withdrawing(
  { policy, jurisdiction }: Terms & { policy: Policy },
  cards: ForRules[],
  ordinary: MoneyRules,
  now: Date,
): MoneyRules {
  if (cards.length > 0 && cards.every(({ existing }) => existing)) return ordinary
  if (!withdrawalRule(policy, jurisdiction) || cards.length === 0) throw new Refusal('closure/no_withdrawal')
  for (const { existing, withdrawableUntil: until, waitingWithdrawal: waiting } of cards) {
    if (existing || isInTime(now, until)) continue
    if (waiting) throw new Refusal('closure/withdrawal_waits', { number: waiting.number })
    const day = (lang: 'zh-CN' | 'en') => formatDay(until!, lang, policy.time_zone)
    throw new Refusal('closure/withdrawal_over', {}, { day: { 'zh-CN': day('zh-CN'), en: day('en') } })
  }
  return moneyOfWithdrawal(ordinary)
}

/**
 * `counted`: the policy by which days are counted (counted-in.ts).
 * @param law.jurisdiction ISO 3166-1 alpha-2
 * @param law.zone IANA zone in which the act is told
 */
export function termsFor(
  issuer: Issuer,
  { jurisdiction, zone }: { jurisdiction: string; zone?: string | undefined },
  act: Act,
  now: Date,
): Terms & { policy: Policy; counted: Policy } {
  const policy = policyFor(jurisdiction, now)
  const counted = zone === undefined ? policy : countedIn(policy, zone)
  const clocks = deadlines(counted, act, now)
  const money = moneyRules(policy.money, issuer.rules.money)
  const undoWindow = Math.max(issuer.rules.undo_window_minutes, policy.undo_window_minutes)
  return {
    policy,
    counted,
    jurisdiction,
    policyVersion: policy.version,
    deadlines: clocks,
    dueAt: clocks[0]!.dueAt,
    retention: retentions(policy, now),
    accountWantedUntil: accountWantedUntil(policy, {
      declaredAt: now,
      lastReminderAt: now,
      zone: zone ?? policy.time_zone,
    }),
    undoWindowMinutes: undoWindow,
    minimumPayout: money.minimum_payout,
    voucherDays: money.voucher_days ?? voucher_days,
    appeal: policy.appeal,
    appealEmail: issuer.brand.appealEmail,
  }
}

const partsOf = (cards: Pick<CardPreview, 'settlement'>[]) => cards.flatMap((card) => card.settlement.parts)

type CardFacts = Omit<CardPreview, 'arrivesBy' | 'settlement' | 'route'>
type CardRow = Omit<CardFacts, 'withdrawableUntil'> & { soldAt: Date }

/** The same facts and the same function as the posting (steps/settle.ts). */
async function withSettlements(
  tx: Tx,
  cards: CardFacts[],
  by: { issuerId: string; rules: MoneyRules; at: Date; voucher: boolean | undefined },
): Promise<Omit<CardPreview, 'arrivesBy'>[]> {
  const { issuerId, rules, at, voucher = false } = by
  const cardIds = cards.map((card) => card.cardId)
  const facts = await readSettlementFacts(tx, { issuerId, cardIds, rules, at, voucher })
  return cards.map((card) => {
    const settlement = settlementOf(facts.get(card.cardId)!)
    return { ...card, settlement, route: settlement.parts[0]!.route }
  })
}

async function readCards(tx: Tx, issuer: Issuer, input: PreviewInput, at: Date): Promise<CardRow[]> {
  const { issuerId } = issuer
  const rows = await tx
    .selectFrom('card as c')
    .innerJoin('ledger_account as a', (join) =>
      join.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.card_id', '=', 'c.card_id'),
    )
    .leftJoin('closure_card as k', (join) =>
      join
        .onRef('k.issuer_id', '=', 'c.issuer_id')
        .onRef('k.card_id', '=', 'c.card_id')
        .on('k.live', '=', true),
    )
    .leftJoin('closure as o', (join) =>
      join.onRef('o.issuer_id', '=', 'k.issuer_id').onRef('o.closure_id', '=', 'k.closure_id'),
    )
    .select([
      'c.card_id',
      'c.iccid',
      'c.plan',
      'c.zone',
      'c.sold_at',
      'c.expires_at',
      'c.data_left_mb',
      'c.voice_left_s',
      'c.sms_left',
      'c.currency',
      'c.state',
      'a.balance',
      'o.number',
      'o.identity',
      'o.state as closure_state',
      'o.declared_at',
      'o.money_rules',
    ])
    .where('c.issuer_id', '=', issuerId)
    .where('c.account_id', '=', input.accountId)
    .$if(input.cardIds !== 'account', (q) => q.where('c.card_id', 'in', input.cardIds as string[]))
    .$if(input.cardIds === 'account', (q) => q.where('c.state', '<>', 'closed'))
    .orderBy('c.iccid')
    .execute()
  if (input.cardIds !== 'account' && rows.length !== new Set(input.cardIds).size) {
    throw new Refusal('closure/no_such_card')
  }
  const unproved = input.identity === 'not_signed_in'
  const cards: CardRow[] = []
  for (const row of rows) {
    const cardId = row.card_id
    const card = { issuerId, cardId, unprovedDays: issuer.rules.unproved_days }
    cards.push({
      cardId,
      iccid: row.iccid,
      plan: row.plan,
      zone: row.zone,
      soldAt: row.sold_at,
      expiresAt: row.expires_at,
      balance: { amount: row.balance, currency: row.currency },
      planLeft: planLeftOf(row, at),
      existing: isUnproved(row) && !unproved ? null : row.number,
      waitingWithdrawal: unproved ? null : await readWaitingWithdrawal(tx, card, row),
    })
  }
  return cards
}
