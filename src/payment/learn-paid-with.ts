import { type RawBuilder, sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { keepPaidWith } from './paid-with.ts'

// Some 20 s at a slow provider; what is left over is asked at the next sign-in.
const at_most = 40

/** What cards that are still open were paid with and nobody has asked for: imported ones, and orders of older days. */
const unasked = (issuerId: string, holderIds: string[]): RawBuilder<unknown> => sql`
  from account a
  join card c on c.issuer_id = a.issuer_id and c.account_id = a.account_id and c.state <> 'closed'
  join payment p on p.issuer_id = c.issuer_id and p.card_id = c.card_id and p.provider = 'stripe'
  left join purchase_order o on o.issuer_id = p.issuer_id and o.order_id = p.order_id
 where a.issuer_id = ${issuerId} and a.holder_id = any(${holderIds}::uuid[])
   and (o.order_id is null or o.holder_id = a.holder_id)
   and not exists (select 1 from vault_item v where v.issuer_id = p.issuer_id and v.item_id = p.payment_id)`

/**
 * Has a worker ask for what these holders paid with, where nobody has asked yet. Called when somebody signs in: what they
 * read some pages later can name it, and no page waits for the provider.
 */
export async function askForPaidWith(
  ctx: Context,
  tx: Tx,
  { issuerId, holderIds }: { issuerId: string; holderIds: string[] },
): Promise<void> {
  const { rows } = await sql<{ holder_id: string }>`
    select distinct a.holder_id ${unasked(issuerId, holderIds)}`.execute(tx)
  for (const { holder_id: id } of rows)
    await ctx.jobs.look(tx, 'payment', { issuerId, id: `paid_with:${id}` })
}

/**
 * Asks the provider once for each payment of a holder's open cards. A provider that does not answer is left alone until
 * the next sign-in: until then it is told as it was, "the payment method it was paid with".
 */
export async function learnPaidWith(
  ctx: Context,
  { issuerId, holderId }: { issuerId: string; holderId: string },
): Promise<void> {
  const { rows } = await inIssuer(ctx.db, issuerId, (tx) =>
    sql<{ payment_id: string; provider_ref: string }>`
      select p.payment_id, p.provider_ref ${unasked(issuerId, [holderId])}
       order by p.received_at desc, p.payment_id limit ${at_most}`.execute(tx),
  )
  if (rows.length === 0) return
  const provider = await ctx.providers.of(issuerId).payment()
  for (const { payment_id: paymentId, provider_ref: ref } of rows) {
    const answer = await provider.readPayment(ref)
    if (answer.kind === 'unknown' || answer.kind === 'pending') return
    const paidWith = answer.kind === 'done' ? answer.value.paidWith : undefined
    await inIssuer(ctx.db, issuerId, (tx) =>
      keepPaidWith(ctx, tx, { issuerId, holderId, paymentId }, paidWith ?? null),
    )
  }
}
