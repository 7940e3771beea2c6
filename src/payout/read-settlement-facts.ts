import { sql } from 'kysely'
import { smallestStep } from '../adapters/payment/smallest-step.ts'
import { planAt } from '../plan/catalogue.ts'
import { addOnTermsSchema, type PlanTerms, planTermsSchema } from '../plan/terms.ts'
import type { Tx } from '../platform/db.ts'
import type { MoneyRules } from '../policy/money-rules.ts'
import { daysLeft } from './days-left.ts'
import type { Refundable } from './plan-payouts.ts'
import type { SettlementFacts } from './settlement.ts'
import type { Left, Sale } from './unused-share.ts'

export type WhichSettlement = {
  issuerId: string
  cardIds: string[]
  rules: MoneyRules
  /** The moment that unused days are counted at: now, or when the closure was declared. Days of use after it are used. */
  at: Date
  /** The holder asked for a voucher instead of money. */
  voucher?: boolean
}

/** What closing these cards would pay now, by card id. For posting, the caller has locked the card's balance. */
export async function readSettlementFacts(
  tx: Tx,
  which: WhichSettlement,
): Promise<Map<string, SettlementFacts>> {
  const facts = new Map<string, SettlementFacts>()
  for (const row of await readRows(tx, which)) {
    const sales = row.orders.map((order) => orderSale(order, row, which.at))
    if (row.order_id === null && (which.rules.unused_plan !== 'nothing' || which.rules.withdrawn)) {
      const plan = await planAt(tx, which.issuerId, row.plan, row.sold_at)
      if (plan) sales.push(importedSale(plan.terms, row, which.at))
    }
    facts.set(row.card_id, {
      currency: row.currency,
      balance: row.balance,
      sales,
      payments: row.payments.map(asRefundable),
      rules: which.rules,
      voucher: which.voucher ?? false,
      chargedBack: row.charged_back,
      takenWhileSetAside: row.taken_while_set_aside,
    })
  }
  return facts
}

type PaymentRow = { id: string; ref: string; provider: string; currency: string; at: string; room: string }
type OrderRow = {
  id: string
  code: string
  kind: 'plan' | 'add_on'
  terms: unknown
  gross: string
  net: string
  earned: string
  rateBp: number
  deliveredAt: string
  use: { left: string; of: string }[]
}
type Row = {
  card_id: string
  currency: string
  plan: string
  zone: string
  order_id: string | null
  sold_at: Date
  activated_at: Date | null
  expires_at: Date
  data_left_mb: bigint
  voice_left_s: bigint
  sms_left: bigint
  paid_minor: bigint
  balance: bigint
  topped_up: bigint
  charged_back: bigint
  taken_while_set_aside: bigint
  spent_on_orders: bigint
  ended_before: boolean
  /** When it was used after the moment asked for, to the quarter of an hour, ms since 1970. */
  used_after: number[]
  payments: PaymentRow[]
  orders: OrderRow[]
}

/**
 * One statement for all cards: a settlement stands in the way of everybody else who wants the card. They stand in a list,
 * not in an array: of an array PostgreSQL takes ten for granted, finds a plan for one card cheaper each time, and plans
 * anew what takes ten times as long to plan as to read.
 */
async function readRows(tx: Tx, { issuerId, cardIds, at }: WhichSettlement): Promise<Row[]> {
  if (cardIds.length === 0) return []
  const { rows } = await sql<Row>`
    select c.card_id, c.currency, c.plan, coalesce(c.activated_zone, c.zone) as zone, c.order_id, c.sold_at,
           c.activated_at, c.expires_at, c.paid_minor, a.balance, n.ended_before,
           case when n.lapsed_at is null then c.data_left_mb else 0 end as data_left_mb,
           case when n.lapsed_at is null then c.voice_left_s else 0 end as voice_left_s,
           case when n.lapsed_at is null then c.sms_left else 0 end as sms_left,
           coalesce((select sum(p.amount_minor - coalesce((select sum(b.holder_minor) from chargeback b
                     where b.issuer_id = p.issuer_id and b.payment_id = p.payment_id and b.state <> 'won'), 0))
              from purchase_order o join payment p on p.issuer_id = o.issuer_id and p.order_id = o.order_id
             where o.issuer_id = c.issuer_id and o.card_id = c.card_id and o.kind = 'top_up'
               and o.state = 'delivered'), 0)::bigint as topped_up,
           coalesce((select sum(b.amount_minor - b.holder_minor - b.settled_minor) from chargeback b
             where b.issuer_id = c.issuer_id and b.card_id = c.card_id and b.currency = c.currency
               and b.state <> 'won'), 0)::bigint as charged_back,
           case when a.held = 0 then 0 else least(a.held, coalesce((
             select sum(b.amount_minor - b.holder_minor - b.settled_minor) from chargeback b
               join ledger_posting g on g.issuer_id = b.issuer_id
                                    and g.key = 'chargeback:' || b.dispute_ref || ':' || b.payment_id
              where b.issuer_id = c.issuer_id and b.card_id = c.card_id and b.currency = c.currency and b.state <> 'won'
                and g.posted_at >= (select min(h.held_at) from ledger_hold h where h.issuer_id = a.issuer_id
                                       and h.account_id = a.account_id and h.state = 'held')), 0)) end::bigint
             as taken_while_set_aside,
           coalesce((select sum(o.gross_minor) from purchase_order o
             where o.issuer_id = c.issuer_id and o.card_id = c.card_id and o.pay_by = 'balance'
               and o.state = 'delivered'), 0)::bigint as spent_on_orders,
           -- Days of every zone begin at a whole quarter of an hour.
           (select coalesce(json_agg(distinct extract(epoch from date_bin('15 minutes', u.used_at, 'epoch')) * 1000), '[]')
              from usage_record u
             where u.issuer_id = c.issuer_id and u.card_id = c.card_id and u.used_at > ${at}
               and u.outcome in ('charged', 'from_bucket', 'partly')) as used_after,
           (select coalesce(json_agg(json_build_object('id', p.payment_id, 'ref', p.provider_ref, 'provider', p.provider,
                     'currency', p.currency, 'at', p.received_at,
                     'room', (p.amount_minor - p.charged_back_minor - coalesce(
                       (select sum(x.amount_minor) from payout_part x
                         where x.issuer_id = p.issuer_id and x.payment_id = p.payment_id and x.state <> 'refused'),
                       0))::text)), '[]')
              from payment p where p.issuer_id = c.issuer_id and p.card_id = c.card_id) as payments,
           (select coalesce(json_agg(json_build_object('id', o.order_id, 'code', i.code, 'kind', i.kind,
                     'terms', i.terms, 'gross', o.gross_minor::text, 'net', o.net_minor::text,
                     'earned', o.earned_minor::text, 'rateBp', o.tax->'rateBp', 'deliveredAt', o.delivered_at,
                     'use', (select coalesce(json_agg(json_build_object('of', b.granted_units::text,
                               'left', case when b.lapsed_at is null then b.left_units else 0 end::text)), '[]')
                               from bucket b where b.issuer_id = o.issuer_id and b.order_id = o.order_id)
                   ) order by o.delivered_at, o.order_id), '[]')
              from purchase_order o join catalogue_item i on i.issuer_id = o.issuer_id and i.item_id = o.item_id
             where o.issuer_id = c.issuer_id and o.card_id = c.card_id and o.state = 'delivered'
               and o.kind <> 'top_up') as orders
      from card c join ledger_account a on a.issuer_id = c.issuer_id and a.card_id = c.card_id
      join card_end n on n.issuer_id = c.issuer_id and n.card_id = c.card_id
     where c.issuer_id = ${issuerId} and c.card_id in (${sql.join(cardIds)})`.execute(tx)
  return rows
}

const asRefundable = (row: PaymentRow): Refundable => ({
  paymentId: row.id,
  ref: row.ref,
  provider: row.provider,
  currency: row.currency,
  receivedAt: new Date(row.at),
  room: BigInt(row.room),
  step: smallestStep(row.provider, row.currency),
})

function orderSale(order: OrderRow, card: Row, at: Date): Sale {
  const gross = BigInt(order.gross)
  const sold = { orderId: order.id, kind: order.kind, code: order.code, rateBp: order.rateBp }
  if (order.kind === 'add_on') {
    const terms = addOnTermsSchema.parse(order.terms)
    const from = new Date(order.deliveredAt)
    const days = daysLeft({
      days: terms.valid_days,
      from,
      end: card.expires_at,
      at,
      usedAfter: usedAfter(card),
      timeZone: 'UTC',
    })
    const use = order.use.map((one) => ({ left: BigInt(one.left), of: BigInt(one.of) }))
    return { ...sold, gross, unearned: BigInt(order.net) - BigInt(order.earned), days, use }
  }
  const terms = planTermsSchema.parse(order.terms)
  const balance = balanceIn(terms, card.currency)
  const unearned = BigInt(order.net) - balance - BigInt(order.earned)
  return { ...sold, gross: gross - balance, unearned, ...planLeft(terms, card, at) }
}

/**
 * The sale that an imported card came with. What its payment was for beside the plan nobody knows any more: its
 * balance, but for what was topped up here, is taken for a part of it, and so is what add-ons were paid from it, so that
 * plan, balance and add-ons never give back more than was paid. A plan that lapsed with its card is over, also when days
 * bought later bring the card back.
 */
function importedSale(terms: PlanTerms, card: Row, at: Date): Sale {
  const price = terms.prices[card.currency]
  const listed = price === undefined ? card.paid_minor : BigInt(price) - balanceIn(terms, card.currency)
  const gross = listed < card.paid_minor ? listed : card.paid_minor
  const held = card.balance + card.spent_on_orders
  const brought = held > card.topped_up ? held - card.topped_up : 0n
  const unearned = card.ended_before ? 0n : card.paid_minor - brought
  // Its tax was the old system's: what goes back comes whole out of what the card brought (adr/0011).
  const sold = { orderId: null, kind: 'plan' as const, code: card.plan, rateBp: 0 }
  return { ...sold, gross, unearned, ...planLeft(terms, card, at) }
}

function planLeft(terms: PlanTerms, card: Row, at: Date): { days: Left; use: Left[] } {
  const zone = terms.zones.find((one) => one.code === card.zone || one.countries.includes(card.zone))
  const over = card.expires_at <= at
  const left = (of: number, rest: bigint): Left => ({ left: over ? 0n : rest, of: BigInt(of) })
  return {
    days: daysLeft({
      days: terms.days,
      from: card.activated_at,
      end: card.expires_at,
      at,
      usedAfter: usedAfter(card),
      timeZone: zone?.time_zone ?? 'UTC',
    }),
    use: [
      left(terms.data_mb, card.data_left_mb),
      left(terms.voice_s, card.voice_left_s),
      left(terms.sms, card.sms_left),
    ],
  }
}

const usedAfter = (card: Row) => card.used_after.map((ms) => new Date(ms))
const balanceIn = (terms: PlanTerms, currency: string) => BigInt(terms.balance[currency] ?? 0)
