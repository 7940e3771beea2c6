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

const lastReminder = sql<string | null>`(
  select n.state from notice n where n.issuer_id = closure.issuer_id and n.closure_id = closure.closure_id
     and n.kind = 'bank_details_reminder' order by n.created_at desc limit 1)`
/**
 * Their last reminder was taken by no mail server: no address is known, it was refused, or it is still tried. Nobody may
 * have told them that the money will be kept.
 */
export const isUnreached = sql<boolean>`${lastReminder} is distinct from 'sent'`
/** And it never will be. */
export const isGivenUpOn = sql<boolean>`${lastReminder} = 'refused'`
