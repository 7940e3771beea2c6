import { type PaperFile, paperPdf } from '../invoice/paper-file.ts'
import { findPaper, type Paper } from '../invoice/read-papers.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'

export type OrderPaper = 'contract' | 'invoice'
type Of = { issuerId: string; orderId: string }

/** Contract and invoice of a delivered order; none before. */
export async function papersOfOrder(tx: Tx, of: Of): Promise<Partial<Record<OrderPaper, Paper>>> {
  const row = await tx
    .selectFrom('contract as c')
    .innerJoin('invoice as i', (j) =>
      j.onRef('i.issuer_id', '=', 'c.issuer_id').onRef('i.order_id', '=', 'c.order_id'),
    )
    .select(['c.contract_id', 'c.account_ref', 'i.invoice_id'])
    .where('c.issuer_id', '=', of.issuerId)
    .where('c.order_id', '=', of.orderId)
    .where('i.kind', '=', 'invoice')
    .executeTakeFirst()
  if (!row) return {}
  const find = (paperId: string) =>
    findPaper(tx, { issuerId: of.issuerId, accountRefs: [row.account_ref], paperId })
  const [contract, invoice] = [await find(row.contract_id), await find(row.invoice_id)]
  return { ...(contract && { contract }), ...(invoice && { invoice }) }
}

/** One of them as PDF; outside any transaction, for it may be typeset first. Throws Refusal invoice/no_such_invoice. */
export async function orderPaperPdf(ctx: Context, of: Of, which: OrderPaper): Promise<PaperFile> {
  const papers = await inIssuer(ctx.db, of.issuerId, (tx) => papersOfOrder(tx, of))
  const paper = papers[which]
  if (!paper) throw new Refusal('invoice/no_such_invoice')
  return paperPdf(ctx, { issuerId: of.issuerId, paper })
}
