import { sql } from 'kysely'
import type { Issuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { keepPayoutFile } from './file-envelope.ts'
import { readIban } from './iban.ts'
import { type Debtor, pain001, type Transfer } from './pain001.ts'
import { endToEndId } from './transfers.ts'
import { lockWaitingTransfers, type WaitingTransfer } from './waiting-transfers.ts'

export type PayoutFile = { fileId: string; bytes: Buffer; sha256: string; transfers: number; left: number }

// A file that a person at a bank can still look through, and one transaction that nobody waits long for.
const most_transfers = 2_000

/**
 * One file for the bank with all transfers that wait and whose account is known, and in the same transaction the
 * word that they are sent: no transfer ever stands in two files, and from here on undo is refused. SEPA transfers and
 * others never share a file, since banks take them on different ways; `left` says how many still wait for the next.
 * Null when none waits.
 */
export function makePayoutFile(
  ctx: Context,
  issuer: Issuer,
  debtor: NonNullable<Issuer['providers']['payouts']>,
): Promise<PayoutFile | null> {
  const { issuerId } = issuer
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const waiting = await lockWaitingTransfers(ctx, tx, issuerId)
    const first = waiting[0]
    if (!first) return null
    const batch = waiting.filter((one) => one.sepa === first.sepa).slice(0, most_transfers)
    const fileId = ctx.ids.next()
    const bytes = Buffer.from(
      pain001({
        messageId: fileId.replaceAll('-', ''),
        createdAt: ctx.clock.now(),
        debtor: asDebtor(debtor),
        transfers: batch.map(asTransfer),
      }),
    )
    const sha256 = await keepPayoutFile(ctx, tx, { issuerId, fileId }, { bytes, transfers: batch.length })
    await markSent(ctx, tx, { issuerId, fileId }, batch)
    return { fileId, bytes, sha256, transfers: batch.length, left: waiting.length - batch.length }
  })
}

function asDebtor(account: NonNullable<Issuer['providers']['payouts']>): Debtor {
  const read = readIban(account.iban)
  return { name: account.name, iban: 'iban' in read ? read.iban : account.iban, bic: account.bic }
}

const asTransfer = (one: WaitingTransfer): Transfer => ({
  endToEndId: endToEndId(one.partId),
  amount: one.amount,
  currency: one.currency,
  name: one.details.name,
  iban: one.details.iban,
  text: one.number,
})

async function markSent(
  ctx: Context,
  tx: Tx,
  file: { issuerId: string; fileId: string },
  batch: WaitingTransfer[],
): Promise<void> {
  const { issuerId, fileId } = file
  const now = ctx.clock.now()
  const closureIds = [...new Set(batch.flatMap((one) => one.closureId ?? []))]
  const orderIds = [...new Set(batch.flatMap((one) => one.orderId ?? []))]
  await sql`
    update payout_part p set state = 'sent', file_id = ${fileId}, sent_at = ${now}, naming_id = b.naming_id
      from unnest(${batch.map((one) => one.partId)}::uuid[], ${batch.map((one) => one.namingId)}::uuid[])
        as b (part_id, naming_id)
     where p.issuer_id = ${issuerId} and p.part_id = b.part_id`.execute(tx)
  // The new version stops a worker that has the closure or order in hand as it was before.
  await sql`
    update closure set no_return_at = coalesce(no_return_at, ${now}), version = version + 1
     where issuer_id = ${issuerId} and closure_id = any (${closureIds}::uuid[])`.execute(tx)
  await sql`
    update purchase_order set version = version + 1
     where issuer_id = ${issuerId} and order_id = any (${orderIds}::uuid[])`.execute(tx)
  for (const id of closureIds) await ctx.jobs.look(tx, 'closure', { issuerId, id })
  for (const id of orderIds) await ctx.jobs.look(tx, 'order', { issuerId, id })
}

export type PayoutState = {
  files: { fileId: string; transfers: number; open: number; createdAt: Date; sha256: string }[]
  /** Transfers that wait, and of how many the account is known. */
  waiting: { currency: string; amount: bigint; transfers: number; accountKnown: number }[]
}

/** What went to the bank and what waits for it. Nothing personal. */
export async function readPayoutState(tx: Tx, issuerId: string): Promise<PayoutState> {
  const files = await sql<{
    file_id: string
    transfers: number
    created_at: Date
    sha256: string
    open: string
  }>`
    select f.file_id, f.transfers, f.created_at, f.sha256,
           (select count(*) from payout_part p
             where p.issuer_id = f.issuer_id and p.file_id = f.file_id and p.state = 'sent') as open
      from payout_file f where f.issuer_id = ${issuerId} order by f.created_at desc limit 100`.execute(tx)
  const waiting = await sql<{ currency: string; amount: string; transfers: string; known: string }>`
    select p.currency, sum(p.amount_minor)::text as amount, count(*) as transfers, count(v.item_id) as known
      from payout_part p
      left join unmatched_receipt r on r.issuer_id = p.issuer_id and r.receipt_id = p.receipt_id
      left join purchase_order o on o.issuer_id = p.issuer_id and o.order_id = coalesce(p.order_id, r.order_id)
      left join vault_item v on v.issuer_id = p.issuer_id and v.kind = 'bank'
                            and v.item_id = coalesce(p.closure_id, o.bank_item_id)
     where p.issuer_id = ${issuerId} and p.route = 'bank_transfer' and p.state = 'waiting'
     group by p.currency order by p.currency`.execute(tx)
  return {
    files: files.rows.map((row) => ({
      fileId: row.file_id,
      transfers: row.transfers,
      open: Number(row.open),
      createdAt: row.created_at,
      sha256: row.sha256,
    })),
    waiting: waiting.rows.map((row) => ({
      currency: row.currency,
      amount: BigInt(row.amount),
      transfers: Number(row.transfers),
      accountKnown: Number(row.known),
    })),
  }
}
