import { sql } from 'kysely'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { errorFields } from '../platform/log.ts'

/**
 * Mails about expiry are made by the hundred thousand and must not stand in the queue before a code that somebody
 * waits for: they enter it only while so few wait there.
 */
const waiting_at_most = 200
const every_ms = 1_000

/**
 * Makes mails of recorded warnings and ends, the most urgent first, as long as the queue of mails is short. Each is
 * made once, with its place in the queue, whoever else does the same. A holder without an address gets a mail that is
 * `dropped` with the reason `no_address`; a card that had ended before its fleet was imported and whose money is kept
 * is no news on the night of the import (`ended_before_import`): pages and statement say it, and the warnings before
 * the keeping ends are sent. Answers how many were made, dropped ones included.
 */
export async function queueExpiryMails(ctx: Context): Promise<number> {
  let made = 0
  for (const { issuerId } of await listIssuers(ctx.db)) {
    made += await inIssuer(ctx.db, issuerId, async (tx) => {
      const room = waiting_at_most - (await countWaiting(tx))
      return room > 0 ? queueSome(ctx, tx, issuerId, room) : 0
    })
  }
  return made
}

async function countWaiting(tx: Tx): Promise<number> {
  const { rows } = await sql<{ waiting: bigint }>`
    select count(*) as waiting from (
      select from pgboss.job where name = 'notice' and state < 'active' limit ${waiting_at_most}) j`.execute(
    tx,
  )
  return Number(rows[0]!.waiting)
}

async function queueSome(ctx: Context, tx: Tx, issuerId: string, room: number): Promise<number> {
  const { rows } = await sql<{ notice_id: string; state: string }>`
    with next as materialized (
      select card_id, ends_at, hours_before, subject, outcome from expiry_notice
       where issuer_id = ${issuerId} and mail_rank is not null
       order by mail_rank, told_at limit ${room} for no key update skip locked
    ), named as materialized (
      select n.*, a.locale, leb_next_id(${ctx.ids.next()}::uuid, row_number() over ()) as notice_id,
             exists (select from vault_index v
                      where v.issuer_id = a.issuer_id and v.holder_id = a.holder_id and v.kind = 'email') as reachable,
             coalesce(n.outcome = 'kept', false) and n.subject = 'card' and exists (
               select from ledger_posting p
                where p.issuer_id = a.issuer_id and p.key = 'import:' || c.iccid and p.posted_at > n.ends_at) as old_news
        from next n
        join card c on c.issuer_id = ${issuerId} and c.card_id = n.card_id
        join account a on a.issuer_id = c.issuer_id and a.account_id = c.account_id
    ), marked as (
      update expiry_notice e set mail_rank = null, notice_id = n.notice_id from named n
       where e.issuer_id = ${issuerId} and e.card_id = n.card_id and e.ends_at = n.ends_at
         and e.hours_before = n.hours_before and e.subject = n.subject
    )
    insert into notice (issuer_id, notice_id, kind, card_id, locale, state, last_reason, created_at)
    select ${issuerId}, notice_id, case when hours_before = 0 then 'expiry_over' else 'expiry_soon' end, card_id, locale,
           case when reachable and not old_news then 'waiting' else 'dropped' end,
           case when old_news then 'ended_before_import' when not reachable then 'no_address' end,
           ${ctx.clock.now()}::timestamptz
      from named
    returning notice_id, state`.execute(tx)
  for (const row of rows)
    if (row.state === 'waiting') await ctx.jobs.look(tx, 'notice', { issuerId, id: row.notice_id })
  return rows.length
}

/** Does so each second until the answer is called. */
export function keepQueueingExpiryMails(ctx: Context): () => void {
  let making = false
  const timer = setInterval(() => {
    if (making) return
    making = true
    queueExpiryMails(ctx)
      .catch((error: unknown) => ctx.log.warn('could not queue mails about expiry', errorFields(error)))
      .finally(() => (making = false))
  }, every_ms)
  return () => clearInterval(timer)
}
