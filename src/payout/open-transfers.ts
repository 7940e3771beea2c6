import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

/** A transfer that is not done: whose it is by number, and how far it has come. Nothing personal. */
export type OpenTransfer = {
  /** Of the closure, or of the order that it is for or came besides. */
  number: string
  of: 'closure' | 'order'
  /** Null of an order. */
  iccid: string | null
  /** Minor units. */
  amount: bigint
  currency: string
  state: 'waiting' | 'sent'
  /** Whether we know where to: `gone` where the person is erased, so that no account can be kept. */
  account: 'known' | 'wanted' | 'gone'
  /** The file it stands in, of one that is sent. */
  fileId: string | null
}

type Row = Omit<OpenTransfer, 'amount'> & { partId: string; amount: string }

const page_size = 1_000

/** Those of an issuer, oldest first; read page by page. */
export async function* openTransfers(ctx: Context, issuerId: string): AsyncGenerator<OpenTransfer> {
  let after: string | undefined
  do {
    const rows = await readPage(ctx, issuerId, after)
    for (const { partId: _partId, ...row } of rows) yield { ...row, amount: BigInt(row.amount) }
    after = rows.length === page_size ? rows.at(-1)?.partId : undefined
  } while (after)
}

async function readPage(ctx: Context, issuerId: string, after: string | undefined): Promise<Row[]> {
  const { rows } = await inIssuer(ctx.db, issuerId, (tx) =>
    sql<Row>`
      select p.part_id as "partId", coalesce(c.number, o.number) as number,
             case when c.number is null then 'order' else 'closure' end as "of",
             case when c.number is not null then k.iccid end as iccid,
             p.amount_minor::text as amount, p.currency, p.state, p.file_id as "fileId",
             case when v.item_id is not null then 'known' when h.wrapped_key is null then 'gone' else 'wanted' end as account
        from payout_part p
        left join unmatched_receipt r on r.issuer_id = p.issuer_id and r.receipt_id = p.receipt_id
        left join closure c on c.issuer_id = p.issuer_id and c.closure_id = p.closure_id
        left join account a on a.issuer_id = c.issuer_id and a.account_id = c.account_id
        left join purchase_order o on o.issuer_id = p.issuer_id and o.order_id = coalesce(p.order_id, r.order_id)
        left join card k on k.issuer_id = p.issuer_id and k.card_id = p.card_id
        left join holder h on h.issuer_id = p.issuer_id and h.holder_id = coalesce(a.holder_id, o.holder_id)
        left join vault_item v on v.issuer_id = p.issuer_id and v.kind = 'bank'
                              and v.item_id = coalesce(p.closure_id, o.bank_item_id)
       where p.issuer_id = ${issuerId} and p.route = 'bank_transfer' and p.state in ('waiting', 'sent')
         and (${after ?? null}::uuid is null or p.part_id > ${after ?? null}::uuid)
       order by p.part_id limit ${page_size}`.execute(tx),
  )
  return rows
}
