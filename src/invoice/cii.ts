import { decimal, minorDigits } from '../ledger/money.ts'
import { assert } from '../platform/errors.ts'
import type { InvoiceContent } from './content.ts'

/**
 * EN 16931 as UN/CEFACT Cross Industry Invoice (D16B), the syntax inside Factur-X and ZUGFeRD. BT and BG numbers are
 * the standard's.
 */

/** The profile of the whole standard, no more and no less (BT-24). */
export const en16931 = 'urn:cen.eu:en16931:2017'
/** UNTDID 1001. A closing statement is 751, "invoice information for accounting purposes": not an invoice (adr/0028). */
const typeCodes = { invoice: '380', credit_note: '381', closing_statement: '751' } as const

/** Whether EN 16931 can say it: amounts have two decimals at most (BR-DEC), currencies of three digits may need more. */
export function fitsCii(content: InvoiceContent): boolean {
  const digits = minorDigits(content.currency)
  assert(digits !== undefined, 'an invoice is in a currency of ISO 4217')
  if (digits <= 2) return true
  const step = 10n ** BigInt(digits - 2)
  const sums = [content.totals, ...content.lines, ...content.taxes]
  return sums.every(({ net, tax }) => BigInt(net) % step === 0n && BigInt(tax) % step === 0n)
}

/** The invoice as XML. The same content gives the same bytes. Throws where `fitsCii` says no. */
export function ciiXml(content: InvoiceContent): string {
  assert(fitsCii(content), 'EN 16931 can say this invoice')
  const taxes = breakdown(content)
  const body = [
    el('rsm:ExchangedDocumentContext', [
      el('ram:GuidelineSpecifiedDocumentContextParameter', [el('ram:ID', en16931)]),
    ]),
    el('rsm:ExchangedDocument', [
      el('ram:ID', content.number),
      el('ram:TypeCode', typeCodes[content.kind]),
      el('ram:IssueDateTime', [date(content.day)]),
      ...noteLines(content).map((note) => el('ram:IncludedNote', [el('ram:Content', note)])),
    ]),
    el('rsm:SupplyChainTradeTransaction', [
      ...content.lines.map((line, at) => lineItem({ content, taxes, line, id: at + 1 })),
      agreement(content, taxes),
      el('ram:ApplicableHeaderTradeDelivery', delivery(content)),
      settlement(content, taxes),
    ]),
  ]
  const spaces = Object.entries(namespaces).map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice${spaces.join('')}>${body.join('')}</rsm:CrossIndustryInvoice>\n`
}

const namespaces = {
  rsm: 'urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100',
  ram: 'urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100',
  udt: 'urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100',
}

type Taxes = InvoiceContent['taxes']

/**
 * BG-23. A closing statement moves money and supplies nothing: all of it is outside VAT, so that no tax is declared that
 * an invoice or credit note declares. What stays says why (BT-120).
 */
function breakdown({ kind, taxes, totals }: InvoiceContent): Taxes {
  if (kind !== 'closing_statement') return taxes
  const name = {
    'zh-CN': '款项往来，不是销售；税款见发票和红字发票',
    en: 'Movements of prepaid money, no supply; tax is in invoices and credit notes',
  }
  return [{ rateBp: 0, category: 'O', name, net: totals.net, tax: totals.tax }]
}

function noteLines({ kind, closureNumber, cardEnding, buyer }: InvoiceContent): string[] {
  return [
    ...(kind === 'closing_statement' ? statementNotes : []),
    `Account ${buyer.accountRef}${cardEnding ? `, card ending ${cardEnding}` : ''}`,
    ...(closureNumber ? [`Closure ${closureNumber}`] : []),
  ]
}

const statementNotes = [
  'Closing statement of a prepaid account, not an invoice: what came in is above 0, what left is below 0.',
  '预付账户结清单，不是发票：正数为转入，负数为转出。',
]

/** BT-72: an invoice is issued as its order is delivered; nothing is delivered by the others. */
const delivery = ({ kind, day }: InvoiceContent): string[] =>
  kind === 'invoice'
    ? [el('ram:ActualDeliverySupplyChainEvent', [el('ram:OccurrenceDateTime', [date(day)])])]
    : []

type Line = { content: InvoiceContent; taxes: Taxes; line: InvoiceContent['lines'][number]; id: number }

/** BG-25. The price is for the whole quantity (BT-149), so that no division is ever rounded. */
function lineItem({ content, taxes, line, id }: Line): string {
  const amount = (minor: string) => plain(minor, content.currency)
  const negative = line.net.startsWith('-')
  const { rateBp, category } = line
  const tax = taxes.find((one) => one.rateBp === rateBp && (!category || one.category === category))!
  return el('ram:IncludedSupplyChainTradeLineItem', [
    el('ram:AssociatedDocumentLineDocument', [el('ram:LineID', `${id}`)]),
    el('ram:SpecifiedTradeProduct', [el('ram:Name', line.text[content.locale])]),
    el('ram:SpecifiedLineTradeAgreement', [
      el('ram:NetPriceProductTradePrice', [
        // A price is never below zero (BR-27): what is taken off is a negative quantity of it.
        el('ram:ChargeAmount', amount(negative ? line.net.slice(1) : line.net)),
        el('ram:BasisQuantity', `${line.quantity}`, { unitCode: one }),
      ]),
    ]),
    el('ram:SpecifiedLineTradeDelivery', [
      el('ram:BilledQuantity', `${negative ? '-' : ''}${line.quantity}`, { unitCode: one }),
    ]),
    el('ram:SpecifiedLineTradeSettlement', [
      el('ram:ApplicableTradeTax', [
        el('ram:TypeCode', 'VAT'),
        el('ram:CategoryCode', tax.category),
        ...(tax.category === 'O' ? [] : [el('ram:RateApplicablePercent', percent(line.rateBp))]),
      ]),
      el('ram:SpecifiedTradeSettlementLineMonetarySummation', [el('ram:LineTotalAmount', amount(line.net))]),
    ]),
  ])
}

/** UN/ECE Recommendation 20: one. */
const one = 'C62'

function agreement(content: InvoiceContent, taxes: Taxes): string {
  const { seller, buyer, orderNumber } = content
  // Whoever says "outside VAT" may not name a VAT number beside it (BR-O-02).
  const outside = taxes.some((tax) => tax.category === 'O')
  return el('ram:ApplicableHeaderTradeAgreement', [
    el('ram:SellerTradeParty', [
      el('ram:ID', seller.id),
      el('ram:Name', seller.legalName),
      ...(seller.registration
        ? [el('ram:SpecifiedLegalOrganization', [el('ram:ID', seller.registration)])]
        : []),
      el('ram:PostalTradeAddress', [
        ...optional('ram:PostcodeCode', seller.postCode),
        ...optional('ram:LineOne', seller.street),
        ...optional('ram:CityName', seller.city),
        el('ram:CountryID', seller.country),
      ]),
      el('ram:URIUniversalCommunication', [el('ram:URIID', seller.email, { schemeID: 'EM' })]),
      ...taxRegistration('VA', outside ? undefined : seller.vatId),
      ...taxRegistration('FC', seller.taxNumber),
    ]),
    el('ram:BuyerTradeParty', [
      el('ram:ID', buyer.accountRef),
      el('ram:Name', `Account ${buyer.accountRef}`),
      el('ram:PostalTradeAddress', [el('ram:CountryID', buyer.country)]),
    ]),
    ...(orderNumber
      ? [el('ram:SellerOrderReferencedDocument', [el('ram:IssuerAssignedID', orderNumber)])]
      : []),
  ])
}

const taxRegistration = (scheme: 'VA' | 'FC', id: string | undefined): string[] =>
  id === undefined ? [] : [el('ram:SpecifiedTaxRegistration', [el('ram:ID', id, { schemeID: scheme })])]

/**
 * UNTDID 4461: online payment service (the payer chose card or wallet on its page), payment to a bank account, agreed,
 * cleared with what the seller owes.
 */
const paymentMeans = { stripe: '68', bank: '42', voucher: 'ZZZ', balance: '97' } as const

function settlement(content: InvoiceContent, taxes: Taxes): string {
  const { currency, totals, paidBy, corrects } = content
  const amount = (minor: string) => plain(minor, currency)
  const isPaid = paidBy !== 'none'
  return el('ram:ApplicableHeaderTradeSettlement', [
    el('ram:InvoiceCurrencyCode', currency),
    ...(isPaid
      ? [el('ram:SpecifiedTradeSettlementPaymentMeans', [el('ram:TypeCode', paymentMeans[paidBy])])]
      : []),
    ...taxes.map((tax) =>
      el('ram:ApplicableTradeTax', [
        el('ram:CalculatedAmount', amount(tax.tax)),
        el('ram:TypeCode', 'VAT'),
        ...(tax.category === 'S' || tax.category === 'Z' ? [] : [el('ram:ExemptionReason', whyUntaxed(tax))]),
        el('ram:BasisAmount', amount(tax.net)),
        el('ram:CategoryCode', tax.category),
        ...(tax.category === 'O' ? [] : [el('ram:RateApplicablePercent', percent(tax.rateBp))]),
      ]),
    ),
    // What is still due needs terms (BR-CO-25).
    ...(isPaid || totals.gross === '0'
      ? []
      : [el('ram:SpecifiedTradePaymentTerms', [el('ram:Description', dueWords(content))])]),
    el('ram:SpecifiedTradeSettlementHeaderMonetarySummation', [
      el('ram:LineTotalAmount', amount(totals.net)),
      el('ram:TaxBasisTotalAmount', amount(totals.net)),
      el('ram:TaxTotalAmount', amount(totals.tax), { currencyID: currency }),
      el('ram:GrandTotalAmount', amount(totals.gross)),
      ...(isPaid ? [el('ram:TotalPrepaidAmount', amount(totals.gross))] : []),
      el('ram:DuePayableAmount', amount(isPaid ? '0' : totals.gross)),
    ]),
    ...(corrects
      ? [
          el('ram:InvoiceReferencedDocument', [
            el('ram:IssuerAssignedID', corrects.number),
            ...(corrects.day ? [el('ram:FormattedIssueDateTime', [qualifiedDate(corrects.day)])] : []),
          ]),
        ]
      : []),
  ])
}

/** BT-120, with the provision where it is known (Directive 2006/112/EC, Art. 226(11)). */
const whyUntaxed = ({ name, reason }: Taxes[number]): string => (reason ? `${name.en}: ${reason}` : name.en)

function dueWords({ kind, closureNumber }: InvoiceContent): string {
  if (kind !== 'credit_note') return 'Due now.'
  return closureNumber
    ? `Given back with closure ${closureNumber}, as its closing statement says.`
    : 'Goes back the way it was paid.'
}

const qdt = 'urn:un:unece:uncefact:data:standard:QualifiedDataType:100'
/** Format 102 is CCYYMMDD. */
const date = (day: string): string => el('udt:DateTimeString', day.replaceAll('-', ''), { format: '102' })
const qualifiedDate = (day: string): string =>
  el('qdt:DateTimeString', day.replaceAll('-', ''), { format: '102', 'xmlns:qdt': qdt })

const optional = (name: string, text: string | undefined): string[] => (text ? [el(name, text)] : [])

/** Minor units as the decimal that EN 16931 takes: two digits after the point at most. */
function plain(minor: string, currency: string): string {
  const text = decimal({ amount: BigInt(minor), currency })
  return text.replace(/(\.\d\d)0+$/, '$1')
}

const percent = (rateBp: number): string =>
  `${Math.trunc(rateBp / 100)}.${(rateBp % 100).toString().padStart(2, '0')}`

function el(name: string, inside: string | string[], attributes: Record<string, string> = {}): string {
  const said = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(value)}"`)
  const content = typeof inside === 'string' ? escape(inside) : inside.join('')
  return `<${name}${said.join('')}>${content}</${name}>`
}

// XML 1.0 has no way to write the other control characters at all.
const unwritable = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
// Most texts are amounts and codes of our own: one look that finds nothing saves two searches (a third of the time).
const odd = /[^\t\n\r !#-%'-;=?-\ud7ff\ue000-\ufffd]/
const escape = (text: string): string =>
  odd.test(text) ? text.replaceAll(unwritable, '').replaceAll(/[&<>"]/g, (sign) => entities[sign]!) : text
