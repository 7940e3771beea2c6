import { sql } from 'kysely'

/** Rows of `closure` whose holder was asked for an account and has named none; not those whose holder is erased. */
export const wantsAccount = sql<boolean>`closure.state <> 'undone' and exists (
  select 1 from closure_block b where b.issuer_id = closure.issuer_id and b.closure_id = closure.closure_id
     and b.reason = 'bank_details_needed' and b.owner = 'holder' and b.cleared_at is null)
  and not exists (
  select 1 from vault_item v where v.issuer_id = closure.issuer_id and v.item_id = closure.closure_id
     and v.kind = 'bank')`

/** Their last reminder is out: from then on staff see them. */
export const unansweredClosure = sql<boolean>`bank_asked_at is not null and bank_reminders = 2 and ${wantsAccount}`
