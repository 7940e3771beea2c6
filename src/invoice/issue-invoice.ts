import { createHash } from 'node:crypto'
import { findIssuer, type Issuer } from '../issuer/issuer.ts'
import { minorDigits } from '../ledger/money.ts'
import { inZone } from '../platform/clock.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { assert, Refusal } from '../platform/errors.ts'
import { policyFor } from '../policy/policy.ts'
import { type Amounts, invoiceAmounts } from './amounts.ts'
import { ciiXml, fitsCii } from './cii.ts'
import { composeContent, type InvoiceInput } from './compose.ts'
import type { InvoiceContent, Seller } from './content.ts'
import { type Corrected, correctedInvoice } from './credit-limit.ts'
import { readReferences } from './references.ts'
import { anySellerOf, invoicingLacks, numberPrefix, sellerOf } from './seller.ts'
import { dayIn, lockNumbers, takeNumber } from './take-number.ts'

/** What takes a number; closing statements don't (issueStatements). */
export type NumberedInput = InvoiceInput & { kind: 'invoice' | 'credit_note' }
export type Issued = { invoiceId: string; number: string }

/**
 * Issues an invoice or credit note in the caller's transaction, with its number, content and XML;
 * the PDF is made when somebody wants it (src/invoice/paper-file.ts). The same order, or card of a closure, asked for
 * again gives the same invoice. Call it last in the transaction: until the end of it everybody else who invoices
 * for this issuer waits for the number. Throws Refusal invoice/seller_incomplete, invoice/credit_too_large,
 * invoice/no_such_invoice, invoice/other_content.
 */
export async function issueInvoice(ctx: Context, tx: Tx, input: NumberedInput): Promise<Issued> {
  checkInput(input)
  const inputHash = hashOf(input)
  const known = await findIssued(tx, input, inputHash)
  if (known) return known
  const issuer = await findIssuer(tx, input.issuerId)
  assert(issuer, 'whoever invoices is set up')
  const amounts = invoiceAmounts(input.lines)
  const corrected = input.kind === 'credit_note' ? await correctedInvoice(tx, input, amounts) : undefined
  const seller = sellerFor(issuer, input, amounts, corrected)
  const references = await readReferences(tx, input)
  const now = ctx.clock.now()
  const { time_zone: timeZone } = policyFor(issuer.jurisdiction, now)
  const day = dayIn(now, timeZone)
  const facts = { amounts, seller, issuedAt: inZone(now, timeZone), day, timeZone, references, corrected }
  const invoiceId = ctx.ids.next()
  const counter = { issuerId: input.issuerId, year: Number.parseInt(day.slice(0, 4), 10) }
  await lockNumbers(tx, counter)
  // Whoever asked for the same at the same moment has written it by now, or never will.
  const meanwhile = await findIssued(tx, input, inputHash)
  if (meanwhile) return meanwhile
  const { number, seq } = await takeNumber(tx, { ...counter, prefix: numberPrefix(issuer) })
  const content = composeContent(input, { ...facts, number })
  const numbered = { year: counter.year, seq }
  await write(tx, { input, inputHash, content, invoiceId, numbered, ...(corrected && { corrected }), now })
  return { invoiceId, number }
}

/** A credit note is issued even when the settings have since lost what its invoice still says of the seller. */
function sellerFor(issuer: Issuer, input: InvoiceInput, amounts: Amounts, corrected?: Corrected): Seller {
  const taxed = amounts.taxes.some((tax) => tax.rateBp > 0)
  const complete = invoicingLacks(issuer, { taxed }).length === 0
  return !complete && corrected?.seller ? corrected.seller : sellerOf(issuer, { taxed })
}

function checkInput(input: InvoiceInput): void {
  assert(input.orderId ?? input.closureId, 'an invoice is about an order or a closure')
  assert(input.lines.length > 0, 'an invoice has lines')
  assert(minorDigits(input.currency) !== undefined, 'an invoice is in a currency of ISO 4217')
  assert(
    input.lines.every((line) => Number.isInteger(line.quantity) && line.quantity > 0),
    'a line counts whole things',
  )
  assert(/^[A-Z]{2}$/.test(input.jurisdiction), 'a buyer lives in a country')
  const total = input.lines.reduce((sum, line) => sum + line.grossMinor, 0n)
  if (input.kind === 'closing_statement') assert(total === 0n, 'a closing statement ends at 0')
  else assert(total > 0n, 'an invoice or credit note is about money')
  assert((input.kind === 'credit_note') === (input.corrects !== undefined), 'a credit note names its invoice')
}

/** What the invoice is for: one invoice an order, one credit note or statement a card of a closure. */
function aboutOf(input: InvoiceInput): string {
  const of = input.closureId
    ? `closure:${input.closureId}:${input.cardId ?? ''}:${input.kind === 'credit_note' ? input.corrects : ''}`
    : `order:${input.orderId}`
  return `${input.kind}:${of}`
}

function hashOf(input: InvoiceInput): Buffer {
  const { lines, ...rest } = input
  const plain = lines.map(({ quantity, grossMinor, rateBp }) => [quantity, grossMinor.toString(), rateBp])
  const said = [rest.kind, rest.accountRef, rest.currency, rest.corrects ?? null, plain]
  return createHash('sha256').update(JSON.stringify(said)).digest()
}

async function findIssued(tx: Tx, input: InvoiceInput, inputHash: Buffer): Promise<Issued | undefined> {
  const row = await tx
    .selectFrom('invoice')
    .select(['invoice_id', 'number', 'input_hash'])
    .where('issuer_id', '=', input.issuerId)
    .where('about', '=', aboutOf(input))
    .executeTakeFirst()
  if (!row) return undefined
  if (!row.input_hash.equals(inputHash)) throw new Refusal('invoice/other_content', { number: row.number })
  return { invoiceId: row.invoice_id, number: row.number }
}

type NewInvoice = {
  input: InvoiceInput
  inputHash: Buffer
  content: InvoiceContent
  invoiceId: string
  numbered?: { year: number; seq: bigint }
  corrected?: Corrected
  now: Date
}

async function write(tx: Tx, invoice: NewInvoice): Promise<void> {
  await tx.insertInto('invoice').values(rowOf(invoice)).execute()
}

function rowOf({ input, inputHash, content, invoiceId, numbered, corrected, now }: NewInvoice) {
  return {
    issuer_id: input.issuerId,
    invoice_id: invoiceId,
    kind: input.kind,
    number: content.number,
    year: numbered?.year ?? null,
    seq: numbered?.seq ?? null,
    about: aboutOf(input),
    input_hash: inputHash,
    order_id: input.orderId ?? null,
    closure_id: input.closureId ?? null,
    card_id: input.cardId ?? null,
    account_ref: input.accountRef,
    corrects_id: corrected?.invoiceId ?? null,
    corrects_number: corrected?.number ?? null,
    currency: input.currency,
    gross_minor: BigInt(content.totals.gross),
    content: JSON.stringify(content),
    xml: fitsCii(content) ? ciiXml(content) : null,
    issued_at: now,
  }
}

export type Statement = { input: InvoiceInput; number: string; closureNumber: string; cardEnding: string }

/** Closing statements whose facts are all at hand, in one statement to the database; known ones stay as they are. */
export async function issueStatements(
  ctx: Context,
  tx: Tx,
  issuer: Issuer,
  statements: Statement[],
): Promise<void> {
  if (statements.length === 0) return
  const now = ctx.clock.now()
  const { time_zone: timeZone } = policyFor(issuer.jurisdiction, now)
  const when = { issuedAt: inZone(now, timeZone), day: dayIn(now, timeZone), timeZone }
  const rows = statements.map(({ input, number, closureNumber, cardEnding }) => {
    checkInput(input)
    const content = composeContent(input, {
      ...when,
      amounts: invoiceAmounts(input.lines),
      seller: anySellerOf(issuer),
      number,
      references: { closureNumber, cardEnding },
      corrected: undefined,
    })
    return rowOf({ input, inputHash: hashOf(input), content, invoiceId: ctx.ids.next(), now })
  })
  await tx
    .insertInto('invoice')
    .values(rows)
    .onConflict((c) => c.columns(['issuer_id', 'about']).doNothing())
    .execute()
}
