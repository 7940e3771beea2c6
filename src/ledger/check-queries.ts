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

/**
 * One statement a fault, over one issuer's whole journal, answering no row or the first place by the order in which
 * entries were written. The server sorts and sums; nothing but that one row comes here, however long the journal is.
 */
export function faultQueries(issuerId: string): [Fault, RawBuilder<Found>][] {
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

const first = (found: RawBuilder<unknown>) => sql<Found>`
  select count(*) over () as total, what, id::text as id, says from (${found}) f order by f.ord limit 1`

function journalFaults({ entries, postings, accounts }: Rows): [Fault, RawBuilder<Found>][] {
  return [
    [
      'posting_does_not_sum_to_zero',
      first(sql`select 'posting' as what, e.posting_id as id, min(e.seq) as ord,
          'off by ' || sum(e.amount) || ' ' || coalesce(a.currency, '?') as says
        from ${entries} e left join ${accounts} a using (account_id)
       group by e.posting_id, a.currency having sum(e.amount) <> 0`),
    ],
    [
      'posting_without_entries',
      first(sql`select 'posting' as what, p.posting_id as id, p.posted_at as ord, p.reason as says
        from ${postings} p where not exists (select 1 from ${entries} e where e.posting_id = p.posting_id)`),
    ],
    [
      'entry_without_posting',
      first(sql`select 'entry' as what, e.posting_id || '/' || e.line as id, e.seq as ord,
          e.amount || ' on account ' || e.account_id as says
        from ${entries} e where not exists (select 1 from ${postings} p where p.posting_id = e.posting_id)`),
    ],
    [
      'entry_without_account',
      first(sql`select 'entry' as what, e.posting_id || '/' || e.line as id, e.seq as ord,
          e.amount || ' on account ' || e.account_id as says
        from ${entries} e where not exists (select 1 from ${accounts} a where a.account_id = e.account_id)`),
    ],
  ]
}

function accountFaults({ entries, postings, accounts, cards, holds }: Rows): [Fault, RawBuilder<Found>][] {
  return [
    [
      'balance_is_not_its_entries',
      first(sql`select 'account' as what, a.account_id as id, a.account_id as ord,
          a.kind || ' has ' || a.balance || ' ' || a.currency || ', its entries sum to ' || coalesce(s.sum, 0) as says
        from ${accounts} a left join (select account_id, sum(amount) as sum from ${entries} e group by 1) s
             using (account_id) where a.balance <> coalesce(s.sum, 0)`),
    ],
    [
      'currency_does_not_add_up',
      first(sql`select 'currency' as what, a.currency as id, a.currency as ord,
          'balances ' || sum(a.balance) || ', entries ' || coalesce(sum(s.sum), 0) as says
        from ${accounts} a left join (select account_id, sum(amount) as sum from ${entries} e group by 1) s
             using (account_id) group by a.currency having sum(a.balance) <> 0 or coalesce(sum(s.sum), 0) <> 0`),
    ],
    [
      'holder_went_below_zero',
      first(sql`select 'entry' as what, posting_id || '/' || line as id, seq as ord,
          'account ' || account_id || ' then stood at ' || stood as says
        from (select e.*, sum(e.amount) over (partition by e.account_id order by e.seq) as stood
                from ${entries} e join ${accounts} a using (account_id) where a.kind = 'holder_balance') r
       where stood < 0`),
    ],
    [
      'closed_with_money',
      first(sql`select 'account' as what, account_id as id, closed_at as ord, balance || ' ' || currency as says
        from ${accounts} a where closed_at is not null and (balance <> 0 or held <> 0)`),
    ],
    [
      'card_closed_account_open',
      first(sql`select 'card' as what, c.card_id as id, c.closed_at as ord, 'account ' || a.account_id as says
        from ${cards} c join ${accounts} a using (card_id)
       where c.state = 'closed' and a.closed_at is null`),
    ],
    [
      'held_is_not_its_holds',
      first(sql`select 'account' as what, a.account_id as id, a.account_id as ord,
          'holds ' || a.held || ', its holds sum to ' || coalesce(h.sum, 0) as says
        from ${accounts} a left join (select account_id, sum(amount) as sum from ${holds} h group by 1) h
             using (account_id) where a.held <> coalesce(h.sum, 0)`),
    ],
    [
      'use_is_not_its_entries',
      // The next record's rounding and tax are reckoned from it (docs/adr/0023).
      first(sql`select 'account' as what, a.account_id as id, a.account_id as ord,
          'used ' || a.used_gross || ' ' || a.currency || ', posted ' || coalesce(s.sum, 0) as says
        from ${accounts} a left join (select e.account_id, -sum(e.amount) as sum from ${entries} e
              join ${postings} p using (posting_id) where p.reason = 'usage' group by 1) s using (account_id)
       where a.kind = 'holder_balance' and a.used_gross <> coalesce(s.sum, 0)`),
    ],
  ]
}
