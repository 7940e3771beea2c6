import { createHash } from 'node:crypto'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { assert, Refusal } from '../platform/errors.ts'
import { contractContent } from './contract.ts'
import { contractView } from './contract-view.ts'
import { invoiceContent } from './content.ts'
import { markFacturX } from './factur-x.ts'
import { invoiceView } from './invoice-view.ts'
import { printPaper } from './print-paper.ts'
import type { Paper } from './read-papers.ts'
import { termsByVersion } from './terms.ts'

export type PaperFile = { name: string; type: string; bytes: Buffer; sha256: string }
type Which = { issuerId: string; paper: Paper }

/**
 * The PDF of an invoice or contract: the one that was kept, or else typeset now, outside any transaction, and kept
 * with its SHA-256. Whoever asks twice at once gets the same bytes.
 */
export async function paperPdf(ctx: Context, { issuerId, paper }: Which): Promise<PaperFile> {
  const kept = await inIssuer(ctx.db, issuerId, (tx) => readKept(tx, { issuerId, paper }))
  const { pdf, sha256 } = kept ?? (await printAndKeep(ctx, { issuerId, paper }))
  return { name: `${fileName(paper)}.pdf`, type: 'application/pdf', bytes: pdf, sha256 }
}

/** The invoice as EN 16931 XML. Throws Refusal invoice/no_e_invoice where it has none. */
export async function paperXml(ctx: Context, { issuerId, paper }: Which): Promise<PaperFile> {
  if (!paper.hasXml) throw new Refusal('invoice/no_e_invoice')
  const { xml } = await inIssuer(ctx.db, issuerId, (tx) => readInvoice(tx, { issuerId, paper }))
  assert(xml !== null, 'an invoice keeps its XML')
  const bytes = Buffer.from(xml)
  return { name: `${fileName(paper)}.xml`, type: 'application/xml', bytes, sha256: sha256Of(bytes) }
}

async function printAndKeep(
  ctx: Context,
  { issuerId, paper }: Which,
): Promise<{ pdf: Buffer; sha256: string }> {
  const print = await inIssuer(ctx.db, issuerId, (tx) => readForPrint(tx, { issuerId, paper }))
  const pdf = Buffer.from(print())
  return inIssuer(ctx.db, issuerId, async (tx) => {
    await tx
      .insertInto('issued_pdf')
      .values({
        issuer_id: issuerId,
        paper_id: paper.paperId,
        pdf,
        sha256: sha256Of(pdf),
        made_at: ctx.clock.now(),
      })
      .onConflict((c) => c.columns(['issuer_id', 'paper_id']).doNothing())
      .execute()
    const kept = await readKept(tx, { issuerId, paper })
    assert(kept, 'a PDF that was made is kept')
    return kept
  })
}

async function readForPrint(tx: Tx, which: Which): Promise<() => Uint8Array> {
  if (which.paper.kind === 'contract') {
    const { content, terms_version } = await tx
      .selectFrom('contract')
      .select(['content', 'terms_version'])
      .where('issuer_id', '=', which.issuerId)
      .where('contract_id', '=', which.paper.paperId)
      .executeTakeFirstOrThrow()
    const contract = contractContent.parse(content)
    const terms = await termsByVersion(tx, which.issuerId, terms_version)
    assert(terms?.sha256 === contract.terms.sha256, 'the terms of a contract are kept as they were accepted')
    return () => printPaper(contractView(contract, terms), contract.madeAt, null)
  }
  const { content, xml } = await readInvoice(tx, which)
  const invoice = invoiceContent.parse(content)
  return () => {
    const pdf = printPaper(invoiceView(invoice, xml !== null), invoice.issuedAt, xml)
    return xml === null ? pdf : markFacturX(pdf)
  }
}

function readInvoice(tx: Tx, { issuerId, paper }: Which) {
  return tx
    .selectFrom('invoice')
    .select(['content', 'xml'])
    .where('issuer_id', '=', issuerId)
    .where('invoice_id', '=', paper.paperId)
    .executeTakeFirstOrThrow()
}

function readKept(tx: Tx, { issuerId, paper }: Which): Promise<{ pdf: Buffer; sha256: string } | undefined> {
  return tx
    .selectFrom('issued_pdf')
    .select(['pdf', 'sha256'])
    .where('issuer_id', '=', issuerId)
    .where('paper_id', '=', paper.paperId)
    .executeTakeFirst()
}

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A contract bears its order's number, which its invoice may be looked for under: the file says which it is. */
const fileName = ({ kind, number }: Paper) => {
  const safe = number.replace(/[^\w-]/g, '_')
  return kind === 'contract' ? `contract-${safe}` : safe
}

/** For a file to be saved; Repr-Digest (RFC 9530) lets anybody compare what arrived with what was kept. */
export function paperHeaders({ name, type, sha256 }: PaperFile): Record<string, string> {
  return {
    'Content-Type': type,
    'Content-Disposition': `attachment; filename="${name}"`,
    'Repr-Digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
  }
}
