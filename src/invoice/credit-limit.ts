import { validate as isUuid } from 'uuid'
import type { Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import type { Amounts } from './amounts.ts'
import { invoiceContent, type Seller } from './content.ts'

type CreditInput = {
  issuerId: string
  cardId?: string
  accountRef: string
  currency: string
  corrects?: string
}
/** `invoiceId` is missing where the former system issued the invoice. */
export type Corrected = { number: string; invoiceId?: string; day?: string; seller?: Seller }

/**
 * The invoice that a credit note takes back, locked against a second credit at the same moment. Throws Refusal
 * invoice/no_such_invoice where it is unknown, another account's or in another currency, and
 * invoice/credit_too_large where more would be taken back than is left of it, in sum or at a rate of tax.
 */
export async function correctedInvoice(tx: Tx, input: CreditInput, credit: Amounts): Promise<Corrected> {
  const named = input.corrects ?? ''
  const row = await tx
    .selectFrom('invoice')
    .select(['invoice_id', 'number', 'account_ref', 'currency', 'gross_minor', 'content'])
    .where('issuer_id', '=', input.issuerId)
    .where('kind', '=', 'invoice')
    .where(isUuid(named) ? 'invoice_id' : 'number', '=', named)
    .forUpdate()
    .executeTakeFirst()
  if (!row) return formerInvoice(tx, input, credit)
  if (row.account_ref !== input.accountRef || row.currency !== input.currency)
    throw new Refusal('invoice/no_such_invoice')
  const before = await tx
    .selectFrom('invoice')
    .select('content')
    .where('issuer_id', '=', input.issuerId)
    .where('corrects_id', '=', row.invoice_id)
    .execute()
  const invoiced = invoiceContent.parse(row.content)
  const credited = before.map((one) => invoiceContent.parse(one.content))
  const tooMuch = credit.taxes.some(({ rateBp, gross }) => {
    const taken = credited.reduce((sum, one) => sum + grossAt(one.taxes, rateBp), 0n)
    return taken + gross > grossAt(invoiced.taxes, rateBp)
  })
  if (tooMuch) throw new Refusal('invoice/credit_too_large', { number: row.number })
  return { number: row.number, invoiceId: row.invoice_id, day: invoiced.day, seller: invoiced.seller }
}

function grossAt(taxes: { rateBp: number; net: string; tax: string }[], rateBp: number): bigint {
  const own = taxes.filter((tax) => tax.rateBp === rateBp)
  return own.reduce((sum, { net, tax }) => sum + BigInt(net) + BigInt(tax), 0n)
}

/** An imported card was invoiced by the system before us; of that invoice we know its number and what was paid. */
async function formerInvoice(tx: Tx, input: CreditInput, credit: Amounts): Promise<Corrected> {
  const card = input.cardId
    ? await tx
        .selectFrom('card')
        .select(['invoice_no', 'paid_minor', 'currency'])
        .where('issuer_id', '=', input.issuerId)
        .where('card_id', '=', input.cardId)
        .where('order_id', 'is', null)
        .forNoKeyUpdate()
        .executeTakeFirst()
    : undefined
  if (!card || card.invoice_no !== input.corrects || card.currency !== input.currency)
    throw new Refusal('invoice/no_such_invoice')
  const { before } = await tx
    .selectFrom('invoice')
    .select((e) => e.fn.sum<string | null>('gross_minor').as('before'))
    .where('issuer_id', '=', input.issuerId)
    .where('card_id', '=', input.cardId!)
    .where('corrects_number', '=', card.invoice_no)
    .where('corrects_id', 'is', null)
    .executeTakeFirstOrThrow()
  if (BigInt(before ?? '0') + credit.totals.gross > card.paid_minor)
    throw new Refusal('invoice/credit_too_large', { number: card.invoice_no })
  return { number: card.invoice_no }
}
