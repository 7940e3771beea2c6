import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../platform/db.ts'
import type { Fault, Found, Trace } from './check-queries.ts'

/** An entry as a fault names it. */
export type Entry = {
  /** `posting/line` */
  id: string
  account: string
  kind: string | null
  amount: bigint
  currency: string | null
  at: Date | null
  reason: string | null
}

/** What makes it this entry. */
export type Why =
  | 'itself'
  | 'off_by_as_much_as_its_account'
  | 'one_of_its_account_is_missing_beside_it'
  | 'first_in_a_posting_that_is_off'
  | 'first_since_zero'

/**
 * The first entry at fault, by journal order, and why it is that one; where the journal can't show one, for no running
 * figure stands beside its entries, the first and the last that the figure was made of.
 */
export type Entries = { entry: Entry | null; why: Why | null; first: Entry | null; last: Entry | null }

export const whyWords: Record<Why, string> = {
  itself: 'that is',
  off_by_as_much_as_its_account: 'its posting and its account are off by the same, so it is',
  one_of_its_account_is_missing_beside_it: 'an entry is missing from the posting of',
  first_in_a_posting_that_is_off: 'the first entry in a posting that is off is',
  first_since_zero: 'the first entry since it stood at 0 is',
}

/** Looks for the entries of one fault: reads the whole journal at most once, and only when there is a fault. */
export async function findEntries(
  tx: Db,
  issuerId: string,
  fault: Fault,
  found: Found & Trace,
): Promise<Entries> {
  const rows = rowsOf(issuerId)
  const { account } = found
  const one = async (why: Why, entries: RawBuilder<Row>): Promise<Entries> => {
    const [row] = (await entries.execute(tx)).rows
    if (row) return { ...none, entry: entryOf(row), why: row.why ?? why }
    return account ? span(tx, rows, account) : none
  }
  switch (fault) {
    case 'entry_without_posting':
    case 'entry_without_account':
    case 'holder_went_below_zero': {
      const [id, line] = found.id.split('/')
      return one('itself', rows.where(sql`e.posting_id = ${id} and e.line = ${Number(line)}`))
    }
    case 'posting_does_not_sum_to_zero':
    case 'currency_does_not_add_up':
      return one('itself', inUnbalanced(issuerId, rows, found))
    case 'balance_is_not_its_entries':
      return one('itself', inUnbalanced(issuerId, rows, found))
    case 'closed_with_money':
      return one('first_since_zero', sinceZero(issuerId, rows, account!))
    case 'use_is_not_its_entries':
      return span(tx, rows, account!, sql` and p.reason = 'usage'`)
    case 'card_closed_account_open':
    case 'held_is_not_its_holds':
      return span(tx, rows, account!)
    case 'posting_without_entries':
      return none
  }
}

const none: Entries = { entry: null, why: null, first: null, last: null }

type Row = { posting_id: string; line: number; account_id: string; kind: string | null; amount: bigint } & {
  currency: string | null
  posted_at: Date | null
  reason: string | null
  why?: Why
}
const entryOf = (row: Row): Entry => ({
  id: `${row.posting_id}/${row.line}`,
  account: row.account_id,
  kind: row.kind,
  amount: row.amount,
  currency: row.currency,
  at: row.posted_at,
  reason: row.reason,
})

type Rows = ReturnType<typeof rowsOf>
function rowsOf(issuerId: string) {
  const columns = sql`e.posting_id, e.line, e.account_id, a.kind, e.amount, a.currency, p.posted_at, p.reason`
  const from = sql`ledger_entry e
    left join ledger_account a on a.issuer_id = e.issuer_id and a.account_id = e.account_id
    left join ledger_posting p on p.issuer_id = e.issuer_id and p.posting_id = e.posting_id`
  return {
    columns,
    from,
    where: (which: RawBuilder<unknown>, order = sql`e.seq`) => sql<Row>`
      select ${columns} from ${from} where e.issuer_id = ${issuerId} and ${which} order by ${order} limit 1`,
  }
}

async function span(tx: Db, rows: Rows, account: string, more = sql``): Promise<Entries> {
  const which = sql`e.account_id = ${account}${more}`
  const [first] = (await rows.where(which).execute(tx)).rows
  const [last] = (await rows.where(which, sql`e.seq desc`).execute(tx)).rows
  return { ...none, first: first ? entryOf(first) : null, last: last ? entryOf(last) : null }
}

/**
 * Of postings that do not sum to zero in a currency (of one posting, or those that an account's difference may come from)
 * the entry at fault. One that was changed after its balance had been reckoned leaves posting and account off by the
 * same; so does one that was taken out, only that it is not there. Else it is the first of the first such posting.
 */
function inUnbalanced(issuerId: string, rows: Rows, { posting, account, currency, off }: Trace) {
  const same = sql`a.currency is not distinct from ${currency}`
  const gap = sql`(select sum(o.amount) from ledger_entry o where o.issuer_id = e.issuer_id
    and o.account_id = e.account_id) - a.balance`
  const fits = account
    ? sql`case when e.account_id = ${account} then case when b.off = ${off} then 1 else 3 end
               when b.off = ${off} then 2 end`
    : sql`case when b.off = ${gap} then 1 else 3 end`
  const whys = ['off_by_as_much_as_its_account', 'one_of_its_account_is_missing_beside_it']
  return sql<Row>`
    with bad as materialized (
      select e.posting_id, sum(e.amount) as off, min(e.seq) as seq from ${rows.from}
       where e.issuer_id = ${issuerId} and ${same} ${posting ? sql`and e.posting_id = ${posting}` : sql``}
       group by 1 having sum(e.amount) <> 0 ${account ? sql`` : sql`order by 3 limit 1`}
    ), one as (
      select ${rows.columns}, ${fits} as fit, b.seq as begins, e.seq
        from ${rows.from} join bad b on b.posting_id = e.posting_id
       where e.issuer_id = ${issuerId} and ${same}
    )
    select *, coalesce((${whys}::text[])[fit], 'first_in_a_posting_that_is_off') as why
      from one where fit is not null order by fit, begins, seq limit 1`
}

function sinceZero(issuerId: string, rows: Rows, account: string): RawBuilder<Row> {
  return rows.where(sql`e.account_id = ${account} and e.seq > coalesce((
    select max(seq) from (select seq, sum(amount) over (order by seq) as stood from ledger_entry
      where issuer_id = ${issuerId} and account_id = ${account}) s where stood = 0), 0)`)
}
