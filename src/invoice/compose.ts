import { type Amounts, type GrossLine, group, type NetLine } from './amounts.ts'
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
  // 2006/112/EC, Art. 30b(2)). Beside lines of another kind "outside" can't be said (BR-O-11): exempt then.
  const allOutside = !known || amounts.lines.every((line) => line.untaxed === 'outside')
  const categoryOf = ({ rateBp, untaxed }: NetLine): TaxCategory =>
    rateBp > 0 ? 'S' : allOutside ? 'O' : untaxed === 'zero' ? 'Z' : 'E'
  const groups = Map.groupBy(amounts.lines, (line) => `${categoryOf(line)}${line.rateBp}`)
  const ranked = [...groups.values()].toSorted(([a], [b]) => b!.rateBp - a!.rateBp)
  return {
    lines: amounts.lines.map((line) => ({
      text: line.text,
      quantity: line.quantity,
      rateBp: line.rateBp,
      ...(!isStatement && { category: categoryOf(line) }),
      ...text({ net: line.net, tax: line.tax, gross: line.grossMinor }),
    })),
    taxes: isStatement
      ? []
      : ranked.map((lines) => {
          const { rateBp, name, reason, net, tax } = group(lines)
          const category = categoryOf(lines[0]!)
          const why = reason && (category === 'E' || category === 'O') ? { reason } : {}
          return { rateBp, category, name, ...why, net: net.toString(), tax: tax.toString() }
        }),
    totals: text(amounts.totals),
  }
}
