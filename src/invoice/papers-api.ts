import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp, ApiContext } from '../api/api-env.ts'
import { needsSession, signedIn } from '../api/bearer.ts'
import { binary, instant, json, money, moneyOrNull, problems, underIssuer } from '../api/shapes.ts'
import { moneyJson } from '../ledger/money.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { paperHeaders, paperPdf, paperXml } from './paper-file.ts'
import { findPaper, listFormerInvoices, listPapers, ownAccounts, type Paper } from './read-papers.ts'

const paperShape = z
  .object({
    invoiceId: z.uuid(),
    kind: z.enum(['invoice', 'credit_note', 'closing_statement', 'contract']),
    number: z.string().openapi({ example: 'LEB-2026-000123' }),
    issuedAt: instant,
    accountRef: z.string().openapi({ example: 'A1000234' }),
    gross: moneyOrNull.openapi({ description: 'tax included; null for a closing statement' }),
    corrects: z.string().nullable().openapi({ description: 'the invoice that a credit note takes back' }),
    xml: z.boolean().openapi({ description: 'whether there is an EN 16931 XML of it' }),
  })
  .openapi('Invoice', { description: 'an invoice, credit note, closing statement or contract; names nobody' })

const formerShape = z
  .object({
    number: z.string(),
    iccidLast4: z.string(),
    plan: z.string(),
    soldAt: instant,
    paid: money,
  })
  .openapi('FormerInvoice', {
    description: 'issued by the system that a card was imported from, which has it',
  })

const underInvoice = underIssuer.extend({
  invoiceId: z.uuid().openapi({
    param: { name: 'invoiceId', in: 'path' },
    description: 'an invoice or contract of yours',
    example: '0197a1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b',
  }),
})
const common = { tags: ['Invoices'], security: needsSession, middleware: signedIn }

const list = createRoute({
  ...common,
  method: 'get',
  path: '/api/v1/issuers/{issuer}/invoices',
  operationId: 'listInvoices',
  summary: 'Your invoices, credit notes, closing statements and contracts, the newest first',
  request: { params: underIssuer },
  responses: {
    200: json(z.object({ invoices: z.array(paperShape), former: z.array(formerShape) }), 'all of them'),
    ...problems('issuer/unknown', 'holder/sign_in_needed'),
  },
})

const fileProblems = problems(
  'issuer/unknown',
  'holder/sign_in_needed',
  'invoice/no_such_invoice',
  'api/invalid_input',
)
const pdf = createRoute({
  ...common,
  method: 'get',
  path: '/api/v1/issuers/{issuer}/invoices/{invoiceId}/pdf',
  operationId: 'downloadInvoicePdf',
  summary: 'One of them as PDF/A-3; all but a contract carry their XML (Factur-X)',
  request: { params: underInvoice },
  responses: {
    200: { description: 'the PDF', content: { 'application/pdf': { schema: binary } } },
    ...fileProblems,
  },
})
const xml = createRoute({
  ...common,
  method: 'get',
  path: '/api/v1/issuers/{issuer}/invoices/{invoiceId}/xml',
  operationId: 'downloadInvoiceXml',
  summary: 'An invoice, credit note or closing statement as EN 16931 XML (UN/CEFACT CII)',
  request: { params: underInvoice },
  responses: {
    200: { description: 'the XML', content: { 'application/xml': { schema: z.string() } } },
    ...problems(
      'issuer/unknown',
      'holder/sign_in_needed',
      'invoice/no_such_invoice',
      'invoice/no_e_invoice',
      'api/invalid_input',
    ),
  },
})

/** Invoices and contracts of whoever is signed in. */
export function papersApi(app: ApiApp): void {
  app.openapi(list, async (c) => {
    const [{ issuerId }, { holderIds }] = [c.get('issuer'), c.get('session')]
    const { papers, former } = await inIssuer(c.get('ctx').db, issuerId, async (tx) => {
      const of = { issuerId, accountRefs: await ownAccounts(tx, issuerId, holderIds) }
      return { papers: await listPapers(tx, of), former: await listFormerInvoices(tx, of) }
    })
    const old = former.map((one) => ({
      ...one,
      soldAt: one.soldAt.toISOString(),
      paid: moneyJson(one.paid),
    }))
    return c.json({ invoices: papers.map(paperJson), former: old }, 200)
  })
  app.openapi(pdf, async (c) => {
    const paper = await ownPaper(c, c.req.valid('param').invoiceId)
    const made = await paperPdf(c.get('ctx'), { issuerId: c.get('issuer').issuerId, paper })
    return c.body(new Uint8Array(made.bytes), 200, paperHeaders(made))
  })
  app.openapi(xml, async (c) => {
    const paper = await ownPaper(c, c.req.valid('param').invoiceId)
    const made = await paperXml(c.get('ctx'), { issuerId: c.get('issuer').issuerId, paper })
    return c.body(made.bytes.toString('utf8'), 200, paperHeaders(made))
  })
}

const paperJson = (paper: Paper) => ({
  invoiceId: paper.paperId,
  kind: paper.kind,
  number: paper.number,
  issuedAt: paper.issuedAt.toISOString(),
  accountRef: paper.accountRef,
  gross: paper.gross && moneyJson(paper.gross),
  corrects: paper.corrects,
  xml: paper.hasXml,
})

async function ownPaper(c: ApiContext, paperId: string): Promise<Paper> {
  const [{ issuerId }, { holderIds }] = [c.get('issuer'), c.get('session')]
  const paper = await inIssuer(c.get('ctx').db, issuerId, async (tx) =>
    findPaper(tx, {
      issuerId,
      accountRefs: await ownAccounts(tx, issuerId, holderIds),
      paperId: paperId.toLowerCase(),
    }),
  )
  if (!paper) throw new Refusal('invoice/no_such_invoice')
  return paper
}
