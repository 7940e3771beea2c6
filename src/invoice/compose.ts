import type { Amounts, GrossLine } from './amounts.ts'
import type { InvoiceContent, Seller, TaxCategory } from './content.ts'

export type InvoiceKind = InvoiceContent['kind']
export type InvoiceInput = {
  issuerId: string
  kind: InvoiceKind
  orderId?: string
  closureId?: string
  cardId?: string
  /** The account's number; the buyer has no other name. */
  accountRef: string
  /** Where the buyer lives, ISO 3166-1 alpha-2. */
  jurisdiction: string
  locale: 'zh-CN' | 'en'
  currency: string
  /** Tax included, minor units. Of a closing statement: what came in above zero, what left below; they add up to 0. */
  lines: GrossLine[]
  /** Of a credit note: id or number of the invoice it takes back, or the number the former system gave it. */
  corrects?: string
  paidBy: InvoiceContent['paidBy']
}

type Facts = Pick<InvoiceContent, 'number' | 'issuedAt' | 'day' | 'timeZone' | 'seller'> & {
  amounts: Amounts
  references: Pick<InvoiceContent, 'orderNumber' | 'closureNumber' | 'cardEnding'>
  corrected: { number: string; day?: string } | undefined
}

/** What the document says, out of what was asked for and what was found for it. */
export function composeContent(input: InvoiceInput, facts: Facts): InvoiceContent {
  const { amounts, seller, number, issuedAt, day, timeZone, references, corrected } = facts
  return {
    version: 1,
    kind: input.kind,
    number,
    issuedAt,
    day,
    timeZone,
    locale: input.locale,
    currency: input.currency,
    seller,
    buyer: { accountRef: input.accountRef, country: input.jurisdiction },
    ...amountsPart(amounts, seller, input.kind === 'closing_statement'),
    paidBy: input.paidBy,
    ...references,
    ...(corrected && {
      corrects: { number: corrected.number, ...(corrected.day && { day: corrected.day }) },
    }),
  }
}

function amountsPart(
  amounts: Amounts,
  seller: Seller,
  isStatement: boolean,
): Pick<InvoiceContent, 'lines' | 'taxes' | 'totals'> {
  const text = ({ net, tax, gross }: { net: bigint; tax: bigint; gross: bigint }) => ({
    net: net.toString(),
    tax: tax.toString(),
    gross: gross.toString(),
  })
  const known = seller.vatId !== undefined || seller.taxNumber !== undefined
  // Who has no tax number is outside VAT altogether (BR-O-02), and a top-up is: it supplies nothing yet (Directive
  // 2006/112/EC, Art. 30b(2)). Beside lines that are taxed "outside" can't be said (BR-O-11): exempt then.
  const outside = !known || amounts.lines.every((line) => line.outside)
  const category = (rateBp: number): TaxCategory => (rateBp > 0 ? 'S' : outside ? 'O' : 'E')
  return {
    lines: amounts.lines.map(({ text: words, quantity, rateBp, net, tax, grossMinor: gross }) => ({
      text: words,
      quantity,
      rateBp,
      ...text({ net, tax, gross }),
    })),
    taxes: isStatement
      ? []
      : amounts.taxes.map(({ rateBp, name, net, tax }) => ({
          rateBp,
          category: category(rateBp),
          name,
          net: net.toString(),
          tax: tax.toString(),
        })),
    totals: text(amounts.totals),
  }
}
