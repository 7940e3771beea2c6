import { type RawBuilder, sql } from 'kysely'
import type { DifferenceKind, Reconciliation } from './reconcile.ts'

export type Compared = {
  kind: DifferenceKind
  of: string
  ref: string
  line: number | null
  theirs: bigint | null
  ours: bigint | null
  currency: string
  detail: string | null
}

/** What a posting made by --book-fees or --book-payouts is called (book-report.ts). */
export const feeKey = (txn: string) => `provider_fee:stripe:${txn}`
export const payoutKey = (txn: string) => `provider_payout:stripe:${txn}`

const fee_categories = sql`('fee', 'network_cost')`
const payout_categories = sql`('payout', 'payout_reversal')`

/** Every comparison, as a query that answers what differs. Each line of the report counts once. */
export function comparisons(input: Reconciliation): RawBuilder<Compared>[] {
  return [
    ofReport(input),
    ofCharges(input),
    missingCharges(input),
    ofRefunds(input),
    missingRefunds(input),
    ofRefundsByHand(input),
    tooMuchRefunded(),
    ofDisputes(input),
    missingDisputes(input),
    ofFees(input),
    ofPayouts(input),
  ]
}

// Spelled out, for a cursor takes no parameters.
const edge = (at: Date | undefined, none: string) => sql`${sql.lit(at?.toISOString() ?? none)}::timestamptz`

/** Lines inside the window that are the issuer's, or nobody's by name; a line that is there twice counts once. */
const theirs = ({ issuerId, from, to }: Reconciliation) => sql`
  (select distinct on (txn) * from reconcile_line
    where (owner = '' or owner = ${sql.lit(issuerId)}) and at >= ${edge(from, '-infinity')} and at < ${edge(to, 'infinity')}
    order by txn, line)`

/** From when to when our own entries are looked for in the report: as told, else as far as its lines reach. */
const window = ({ from, to }: Reconciliation) => sql`
  (select coalesce(nullif(${edge(from, '-infinity')}, '-infinity'), min(at)) as since,
          coalesce(nullif(${edge(to, 'infinity')}, 'infinity'), max(at) + interval '1 second') as until from reconcile_line)`

const ofReport = ({ from, to }: Reconciliation) => sql<Compared>`
  select 'net_wrong' as kind, category as of, txn as ref, line, net as theirs, gross - fee as ours, currency,
         null as detail
    from reconcile_line where net <> gross - fee
  union all
  select 'outside_window', category, txn, line, gross, null, currency, at::text
    from reconcile_line where at < ${edge(from, '-infinity')} or at >= ${edge(to, 'infinity')}
  union all
  select 'line_differs', b.category, b.txn, b.line, b.gross, a.gross, b.currency, 'line ' || a.line
    from reconcile_line a join reconcile_line b on b.txn = a.txn and b.line > a.line
   where (a.gross, a.fee, a.net, a.currency, a.category, a.source, a.at)
         is distinct from (b.gross, b.fee, b.net, b.currency, b.category, b.source, b.at)
  union all
  select 'line_repeats', category, txn, line, gross, null, currency, 'line ' || line || ' repeats line ' || first
    from (select *, min(line) over (partition by txn, gross, fee, net, currency, category, source, at order by line) as first
            from reconcile_line) r where line > first
  union all
  select 'not_compared', category, txn, line, gross, null, currency, source
    from reconcile_line
   where category not in ('charge', 'refund', 'refund_failure', 'dispute', 'dispute_reversal')
     and category not in ${fee_categories} and category not in ${payout_categories}`

/** One payment may have paid for several imported cards: they count together. Cards keep the day of their sale. */
const ofCharges = (input: Reconciliation) => sql<Compared>`
  select * from (
    select case when o.amount is null then 'missing_here'
                when o.currency <> l.currency and o.currency = l.facing_currency and o.amount = l.facing_minor
                  then 'settled_in_other_currency'
                when o.currency <> l.currency then 'currency_differs'
                when o.amount <> l.gross then 'amount_differs'
                when o.bought and abs(extract(epoch from o.at - l.at)) > 86400 then 'date_differs' end as kind,
           'charge' as of, l.ref, l.line, l.gross as theirs, o.amount as ours, l.currency,
           case when o.currency <> l.currency then 'paid in ' || o.currency
                when abs(extract(epoch from o.at - l.at)) > 86400 then 'here ' || o.at end as detail
      from ${theirs(input)} l
      left join lateral (
        select sum(amount_minor)::bigint as amount, min(currency) as currency, min(received_at) as at,
               bool_and(order_id is not null or card_id is null) as bought
          from payment where issuer_id = ${sql.lit(input.issuerId)} and provider = 'stripe'
            and provider_ref in (l.ref, l.charge)) o on true
     where l.category = 'charge') c where kind is not null`

const missingCharges = (input: Reconciliation) => sql<Compared>`
  select 'missing_there' as kind, 'charge' as of, p.provider_ref as ref, null::int as line, null::bigint as theirs,
         p.amount_minor as ours, p.currency, p.received_at::text as detail
    from payment p, ${window(input)} w
   where p.issuer_id = ${sql.lit(input.issuerId)} and p.provider = 'stripe' and p.received_at >= w.since
     and p.received_at < w.until
     and not exists (select 1 from reconcile_line l where l.category = 'charge' and l.ref = p.provider_ref)
     and not exists (select 1 from reconcile_line l where l.category = 'charge' and l.charge = p.provider_ref)`

/** What we hold for given back: parts of closures and orders, and unmatched money. */
const givenBack = ({ issuerId }: Reconciliation) => sql`
  (select refund, provider_ref, sum(amount)::bigint as amount, currency, max(at) as at from (
   select q.reference as refund, p.provider_ref, q.amount_minor as amount, q.currency, q.paid_at as at
     from payout_part q join payment p using (issuer_id, payment_id)
    where q.issuer_id = ${sql.lit(issuerId)} and p.provider = 'stripe' and q.route = 'original_payment' and q.state = 'paid'
      and q.reference <> 'chargeback'
   union all
   select r.reference, p.provider_ref, r.amount_minor, r.currency, r.settled_at
     from unmatched_receipt r join payment p using (issuer_id, payment_id)
    where r.issuer_id = ${sql.lit(issuerId)} and p.provider = 'stripe' and r.state in ('refunded', 'returned')
   ) each_part group by refund, provider_ref, currency)`

/** Booked, but what it was for is open: the books are equal, and a person must look all the same. */
const ofRefundsByHand = (input: Reconciliation) => sql<Compared>`
  select 'refunded_by_hand' as kind, 'refund' as of, l.source as ref, l.line, l.gross as theirs, -h.left_minor as ours,
         l.currency, l.ref as detail
    from ${theirs(input)} l
    join refund_by_hand h on h.issuer_id = ${sql.lit(input.issuerId)} and h.provider = 'stripe' and h.refund_ref = l.source
   where l.category = 'refund' and h.state = 'waiting' and h.left_minor > 0`

const ofRefunds = (input: Reconciliation) => sql<Compared>`
  with ours as materialized (select * from ${givenBack(input)} g)
  select * from (
    select case when o.refund is null and f.source is not null then null
                when o.refund is null and exists (
                       select 1 from ours t
                        where t.provider_ref = l.ref and t.amount = -l.gross and t.refund <> l.source)
                  then 'refunded_twice'
                when o.refund is null then 'missing_here'
                when f.source is not null then 'refund_failed'
                when o.currency <> l.currency then 'currency_differs'
                when o.amount <> -l.gross then 'amount_differs' end as kind,
           'refund' as of, l.source as ref, l.line, l.gross as theirs, -o.amount as ours, l.currency, l.ref as detail
      from ${theirs(input)} l
      left join ours o on o.refund = l.source
      left join lateral (select source from reconcile_line x
                          where x.category = 'refund_failure' and x.source = l.source limit 1) f on true
     where l.category = 'refund') c where kind is not null
  union all
  -- The refund itself stood in an earlier report.
  select 'refund_failed', 'refund', x.source, x.line, x.gross, -o.amount, x.currency, x.ref
    from ${theirs(input)} x join ours o on o.refund = x.source
   where x.category = 'refund_failure'
     and not exists (select 1 from reconcile_line l where l.category = 'refund' and l.source = x.source)`

/** The provider may have begun a refund before the report that we booked within it. */
const missingRefunds = (input: Reconciliation) => sql<Compared>`
  select case when o.at < w.since + interval '2 days' then 'date_window' else 'missing_there' end as kind,
         'refund' as of, o.refund as ref, null::int as line, null::bigint as theirs, -o.amount as ours, o.currency,
         o.provider_ref as detail
    from ${givenBack(input)} o, ${window(input)} w
   where o.at >= w.since and o.at < w.until and o.refund is not null
     and not exists (select 1 from reconcile_line l where l.category = 'refund' and l.source = o.refund)`

const tooMuchRefunded = () => sql<Compared>`
  with each as (select distinct on (txn) * from reconcile_line order by txn, line)
  select 'refunded_more_than_paid' as kind, 'refund' as of, c.ref, c.line, r.gross as theirs, c.gross as ours,
         c.currency, null as detail
    from (select ref, min(line) as line, sum(gross)::bigint as gross, min(currency) as currency
            from each where category = 'charge' group by ref) c
    join (select ref, sum(gross)::bigint as gross from each
           where category in ('refund', 'refund_failure') group by ref) r using (ref)
   where c.gross + r.gross < 0`

/** A dispute that was taken and won before we heard of either is in nobody's way. */
const ofDisputes = (input: Reconciliation) => sql<Compared>`
  select * from (
    select case when o.amount is null and back.source is not null then null
                when o.amount is null then 'missing_here'
                when o.currency <> l.currency then 'currency_differs'
                when l.category = 'dispute_reversal' and o.state <> 'won' then 'missing_here'
                when o.amount <> abs(l.gross) then 'amount_differs' end as kind,
           l.category as of, l.source as ref, l.line, l.gross as theirs,
           case when l.category = 'dispute' then -o.amount else o.amount end as ours, l.currency, l.ref as detail
      from ${theirs(input)} l
      left join lateral (
        select sum(amount_minor)::bigint as amount, min(currency) as currency, min(state) as state
          from chargeback where issuer_id = ${sql.lit(input.issuerId)} and provider = 'stripe' and dispute_ref = l.source) o
        on true
      left join lateral (
        select source from reconcile_line x
         where x.source = l.source and x.category in ('dispute', 'dispute_reversal') and x.category <> l.category
         limit 1) back on true
     where l.category in ('dispute', 'dispute_reversal')) c where kind is not null`

const missingDisputes = (input: Reconciliation) => sql<Compared>`
  select case when b.opened_at < w.since + interval '2 days' then 'date_window' else 'missing_there' end as kind,
         'dispute' as of, b.dispute_ref as ref, null::int as line, null::bigint as theirs, -b.amount_minor as ours,
         b.currency, null as detail
    from chargeback b, ${window(input)} w
   where b.issuer_id = ${sql.lit(input.issuerId)} and b.provider = 'stripe' and b.opened_at >= w.since and b.opened_at < w.until
     and not exists (select 1 from reconcile_line l where l.category = 'dispute' and l.source = b.dispute_ref)`

/** What a posting of ours moved on an account of this kind. */
const booked = ({ issuerId }: Reconciliation, key: RawBuilder<unknown>, kind: string) => sql`
  (select sum(e.amount)::bigint as amount, min(a.currency) as currency
     from ledger_posting p
     join ledger_entry e using (issuer_id, posting_id)
     join ledger_account a using (issuer_id, account_id)
    where p.issuer_id = ${sql.lit(issuerId)} and p.key = ${key} and a.kind = ${sql.lit(kind)})`

const ofFees = (input: Reconciliation) => sql<Compared>`
  select * from (
    select case when b.amount is null then 'fee_not_booked' when -b.amount <> l.kept or b.currency <> l.currency then 'fee_differs' end as kind,
           'fee' as of, l.txn as ref, l.line, l.kept as theirs, -b.amount as ours, l.currency, l.category as detail
      from (select *, fee - case when category in ${fee_categories} then gross else 0 end as kept
              from ${theirs(input)} x) l
      left join lateral ${booked(input, sql`'provider_fee:stripe:' || l.txn`, 'provider_fees')} b on true
     where l.kept <> 0) c where kind is not null`

const ofPayouts = (input: Reconciliation) => sql<Compared>`
  select * from (
    select case when b.amount is null then 'payout_not_booked'
                when b.amount <> l.gross or b.currency <> l.currency then 'payout_differs' end as kind,
           l.category as of, l.txn as ref, l.line, l.gross as theirs, b.amount as ours, l.currency, l.source as detail
      from ${theirs(input)} l
      left join lateral ${booked(input, sql`'provider_payout:stripe:' || l.txn`, 'cash_at_bank')} b on true
     where l.category in ${payout_categories} and l.gross <> 0) c where kind is not null`
