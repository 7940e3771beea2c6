import { sql } from 'kysely'
import { listAccounts } from '../holder/read-accounts.ts'
import type { Money } from '../ledger/money.ts'
import type { Tx } from '../platform/db.ts'

/** One line of the list of what was issued to an account. */
export type Paper = {
  paperId: string
  kind: 'invoice' | 'credit_note' | 'closing_statement' | 'contract'
  number: string
  issuedAt: Date
  accountRef: string
  /** Where the holder of that account lives (ISO 3166-1 alpha-2). */
  jurisdiction: string
  /** What it is about in money, tax included; null for a closing statement, which ends at 0. */
  gross: Money | null
  corrects: string | null
  hasXml: boolean
}
/** Of an imported card: its invoice was issued by the system before this one, which has the document. */
export type FormerInvoice = {
  number: string
  iccidLast4: string
  plan: string
  soldAt: Date
  /** As of a paper. */
  jurisdiction: string
  paid: Money
}

type Of = { issuerId: string; accountRefs: string[] }

/** Everything issued to these accounts, the newest first. */
export async function listPapers(tx: Tx, of: Of): Promise<Paper[]> {
  const { rows } = await papersOf(of).execute(tx)
  return rows.map(fromRow)
}

/** One of them; undefined where there is none or it is another account's. */
export async function findPaper(tx: Tx, of: Of & { paperId: string }): Promise<Paper | undefined> {
  return (await listPapers(tx, of)).find((paper) => paper.paperId === of.paperId)
}

type Row = {
  paper_id: string
  kind: Paper['kind']
  number: string
  issued_at: Date
  account_ref: string
  jurisdiction: string
  currency: string
  gross_minor: bigint
  corrects_number: string | null
  has_xml: boolean
}

const papersOf = ({ issuerId, accountRefs }: Of) => sql<Row>`
  select i.invoice_id as paper_id, i.kind, i.number, i.issued_at, i.account_ref, a.jurisdiction, i.currency,
         i.gross_minor, i.corrects_number, i.xml is not null as has_xml
    from invoice i join account a using (issuer_id, account_ref)
   where i.issuer_id = ${issuerId} and i.account_ref = any(${accountRefs})
  union all
  select c.contract_id, 'contract', c.number, c.made_at, c.account_ref, a.jurisdiction, o.currency, o.gross_minor,
         null, false
    from contract c join purchase_order o using (issuer_id, order_id) join account a using (issuer_id, account_ref)
   where c.issuer_id = ${issuerId} and c.account_ref = any(${accountRefs})
   order by issued_at desc, number desc`

const fromRow = (row: Row): Paper => ({
  paperId: row.paper_id,
  kind: row.kind,
  number: row.number,
  issuedAt: row.issued_at,
  accountRef: row.account_ref,
  jurisdiction: row.jurisdiction,
  gross: row.kind === 'closing_statement' ? null : { amount: row.gross_minor, currency: row.currency },
  corrects: row.corrects_number,
  hasXml: row.has_xml,
})

/** The invoices that cards brought with them from the former system. */
export async function listFormerInvoices(tx: Tx, of: Of): Promise<FormerInvoice[]> {
  const rows = await tx
    .selectFrom('card as c')
    .innerJoin('account as a', (j) =>
      j.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.account_id', '=', 'c.account_id'),
    )
    .select([
      'c.invoice_no',
      'c.iccid',
      'c.plan',
      'c.sold_at',
      'c.paid_minor',
      'c.currency',
      'a.jurisdiction',
    ])
    .where('c.issuer_id', '=', of.issuerId)
    .where('a.account_ref', '=', sql<string>`any(${of.accountRefs})`)
    .where('c.order_id', 'is', null)
    .where('c.invoice_no', '<>', '')
    .orderBy('c.sold_at', 'desc')
    .execute()
  return rows.map((row) => ({
    number: row.invoice_no,
    iccidLast4: row.iccid.slice(-4),
    plan: row.plan,
    soldAt: row.sold_at,
    jurisdiction: row.jurisdiction,
    paid: { amount: row.paid_minor, currency: row.currency },
  }))
}

/** The numbers of the accounts that are this person's. */
export async function ownAccounts(tx: Tx, issuerId: string, holderIds: string[]): Promise<string[]> {
  return (await listAccounts(tx, issuerId, holderIds)).map((account) => account.account_ref)
}
