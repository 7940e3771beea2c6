import { type RawBuilder, sql } from 'kysely'

/** What the books can be wrong about; `total` says how many places, the rest names the first. */
export type Fault =
  | 'posting_does_not_sum_to_zero'
  | 'posting_without_entries'
  | 'entry_without_posting'
  | 'entry_without_account'
  | 'balance_is_not_its_entries'
  | 'currency_does_not_add_up'
  | 'holder_went_below_zero'
  | 'closed_with_money'
  | 'card_closed_account_open'
  | 'held_is_not_its_holds'
  | 'use_is_not_its_entries'

export const faultWords: Record<Fault, string> = {
  posting_does_not_sum_to_zero: 'postings whose entries do not sum to zero',
  posting_without_entries: 'postings without entries',
  entry_without_posting: 'entries without a posting',
  entry_without_account: 'entries for an account that is not there',
  balance_is_not_its_entries: 'balances that are not the sum of their entries',
  currency_does_not_add_up: 'currencies whose accounts do not add up to 0',
  holder_went_below_zero: "entries that brought a holder's balance below zero",
  closed_with_money: 'closed accounts that hold money',
  card_closed_account_open: 'closed cards whose balance account is open',
  held_is_not_its_holds: 'accounts whose held money is not the sum of their holds',
  use_is_not_its_entries: 'balances whose use, noted beside them, is not what was posted for it',
}

export type Found = { total: bigint; what: string; id: string; says: string }

/** Where the entries are to be looked for that are at fault, for `findEntries`; `off` is by how much it does not add up. */
export type Trace = {
  posting: string | null
  account: string | null
  currency: string | null
  off: string | null
}

/**
 * One statement a fault, over one issuer's whole journal, answering no row or the first place by the order in which
 * entries were written. The server sorts and sums; nothing but that one row comes here, however long the journal is.
 */
export function faultQueries(issuerId: string): [Fault, RawBuilder<Found & Trace>][] {
  const rows = rowsOf(issuerId)
  return [...journalFaults(rows), ...accountFaults(rows)]
}

type Rows = ReturnType<typeof rowsOf>
function rowsOf(issuerId: string) {
  return {
    entries: sql`(select * from ledger_entry where issuer_id = ${issuerId})`,
    postings: sql`(select * from ledger_posting where issuer_id = ${issuerId})`,
    accounts: sql`(select * from ledger_account where issuer_id = ${issuerId})`,
    cards: sql`(select * from card where issuer_id = ${issuerId})`,
    holds: sql`(select * from ledger_hold where issuer_id = ${issuerId} and state = 'held')`,
  }
}

const first = (found: RawBuilder<unknown>) => sql<Found & Trace>`
  select count(*) over () as total, what, id::text as id, says, posting, account, currency, off::text as off
    from (${found}) f order by f.ord nulls last, id limit 1`

const trace = (of: { posting?: string; account?: string; currency?: string; off?: string }) => sql`
  ${of.posting ? sql.raw(of.posting) : sql`null::uuid`} as posting,
  ${of.account ? sql.raw(of.account) : sql`null::uuid`} as account,
  ${of.currency ? sql.raw(of.currency) : sql`null::text`} as currency,
  ${of.off ? sql.raw(of.off) : sql`null::numeric`} as off`

function journalFaults({ entries, postings, accounts }: Rows): [Fault, RawBuilder<Found & Trace>][] {
  return [
    [
      'posting_does_not_sum_to_zero',
      first(sql`select 'posting' as what, e.posting_id as id, min(e.seq) as ord,
          'off by ' || sum(e.amount) || ' ' || coalesce(a.currency, '?') as says,
          ${trace({ posting: 'e.posting_id', currency: 'a.currency', off: 'sum(e.amount)' })}
        from ${entries} e left join ${accounts} a using (account_id)
       group by e.posting_id, a.currency having sum(e.amount) <> 0`),
    ],
    [
      'posting_without_entries',
      first(sql`select 'posting' as what, p.posting_id as id, p.posted_at as ord,
          p.reason || ' of ' || p.posted_at as says, ${trace({ posting: 'p.posting_id' })}
        from ${postings} p where not exists (select 1 from ${entries} e where e.posting_id = p.posting_id)`),
    ],
    [
      'entry_without_posting',
      first(sql`select 'entry' as what, e.posting_id || '/' || e.line as id, e.seq as ord,
          e.amount || ' on account ' || e.account_id as says, ${trace({ posting: 'e.posting_id', account: 'e.account_id' })}
        from ${entries} e where not exists (select 1 from ${postings} p where p.posting_id = e.posting_id)`),
    ],
    [
      'entry_without_account',
      first(sql`select 'entry' as what, e.posting_id || '/' || e.line as id, e.seq as ord,
          e.amount || ' on account ' || e.account_id as says, ${trace({ posting: 'e.posting_id', account: 'e.account_id' })}
        from ${entries} e where not exists (select 1 from ${accounts} a where a.account_id = e.account_id)`),
    ],
  ]
}

function accountFaults({
  entries,
  postings,
  accounts,
  cards,
  holds,
}: Rows): [Fault, RawBuilder<Found & Trace>][] {
  return [
    [
      'balance_is_not_its_entries',
      first(sql`select 'account' as what, a.account_id as id, s.seq as ord,
          a.kind || ' has ' || a.balance || ' ' || a.currency || ', its entries sum to ' || coalesce(s.sum, 0) as says,
          ${trace({ account: 'a.account_id', currency: 'a.currency', off: 'coalesce(s.sum, 0) - a.balance' })}
        from ${accounts} a left join (select account_id, sum(amount) as sum, min(seq) as seq from ${entries} e group by 1) s
             using (account_id) where a.balance <> coalesce(s.sum, 0)`),
    ],
    [
      'currency_does_not_add_up',
      first(sql`select 'currency' as what, a.currency as id, a.currency as ord,
          'balances ' || sum(a.balance) || ', entries ' || coalesce(sum(s.sum), 0) as says,
          ${trace({ currency: 'a.currency', off: 'coalesce(sum(s.sum), 0)' })}
        from ${accounts} a left join (select account_id, sum(amount) as sum from ${entries} e group by 1) s
             using (account_id) group by a.currency having sum(a.balance) <> 0 or coalesce(sum(s.sum), 0) <> 0`),
    ],
    [
      'holder_went_below_zero',
      first(sql`select 'entry' as what, posting_id || '/' || line as id, seq as ord,
          'account ' || account_id || ' then stood at ' || stood as says,
          ${trace({ posting: 'posting_id', account: 'account_id' })}
        from (select e.*, sum(e.amount) over (partition by e.account_id order by e.seq) as stood
                from ${entries} e join ${accounts} a using (account_id) where a.kind = 'holder_balance') r
       where stood < 0`),
    ],
    [
      'closed_with_money',
      first(sql`select 'account' as what, account_id as id, closed_at as ord, balance || ' ' || currency || ', closed ' || closed_at as says,
          ${trace({ account: 'account_id', currency: 'currency', off: 'balance' })}
        from ${accounts} a where closed_at is not null and (balance <> 0 or held <> 0)`),
    ],
    [
      'card_closed_account_open',
      first(sql`select 'card' as what, c.card_id as id, c.closed_at as ord, 'account ' || a.account_id as says, ${trace({ account: 'a.account_id', currency: 'a.currency' })}
        from ${cards} c join ${accounts} a using (card_id)
       where c.state = 'closed' and a.closed_at is null`),
    ],
    [
      'held_is_not_its_holds',
      first(sql`select 'account' as what, a.account_id as id, a.account_id as ord,
          'holds ' || a.held || ' ' || a.currency || ', its holds sum to ' || coalesce(h.sum, 0) ||
          coalesce(', hold ' || h.hold || ' first', '') as says,
          ${trace({ account: 'a.account_id', currency: 'a.currency', off: 'a.held - coalesce(h.sum, 0)' })}
        from ${accounts} a left join (select account_id, sum(amount) as sum,
               (array_agg(hold_id order by held_at, hold_id))[1] as hold from ${holds} h group by 1) h
             using (account_id) where a.held <> coalesce(h.sum, 0)`),
    ],
    [
      'use_is_not_its_entries',
      // The next record's rounding and tax are reckoned from it (docs/adr/0023).
      first(sql`select 'account' as what, a.account_id as id, s.seq as ord,
          'used ' || a.used_gross || ' ' || a.currency || ', posted ' || coalesce(s.sum, 0) as says,
          ${trace({ account: 'a.account_id', currency: 'a.currency', off: 'a.used_gross - coalesce(s.sum, 0)' })}
        from ${accounts} a left join (select e.account_id, -sum(e.amount) as sum, min(e.seq) as seq from ${entries} e
              join ${postings} p using (posting_id) where p.reason = 'usage' group by 1) s using (account_id)
       where a.kind = 'holder_balance' and a.used_gross <> coalesce(s.sum, 0)`),
    ],
  ]
}
