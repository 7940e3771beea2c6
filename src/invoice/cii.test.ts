import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ciiXml, fitsCii } from './cii.ts'
import { type InvoiceContent, invoiceContent } from './content.ts'
import { anyInvoice } from './invoices.fixture.ts'

/** All values of an element, below another where that is named, in hundredths as the standard's rules count them. */
const values = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<ram:${name}(?: [^>]*)?>([^<]*)</ram:${name}>`, 'g'))].map((hit) => hit[1]!)
const parts = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<ram:${name}>([\\s\\S]*?)</ram:${name}>`, 'g'))].map((hit) => hit[1]!)
const cents = (text: string): bigint => {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const sum = BigInt(whole + fraction.padEnd(2, '0'))
  return text.startsWith('-') ? -sum : sum
}
const total = (texts: string[]): bigint => texts.reduce((sum, text) => sum + cents(text), 0n)
const one = (xml: string, name: string): string => {
  const found = values(xml, name)
  if (found.length !== 1) throw new Error(`${found.length} × ${name}`)
  return found[0]!
}

/**
 * The rules of EN 16931 that sums can break, written from the standard's own text; bin/check-invoices.mjs runs the
 * official Schematron over the same invoices.
 */
function expectRules(xml: string): void {
  const [header] = parts(xml, 'ApplicableHeaderTradeSettlement')
  const [sums] = parts(header!, 'SpecifiedTradeSettlementHeaderMonetarySummation')
  const lines = parts(xml, 'IncludedSupplyChainTradeLineItem')
  const taxes = parts(header!, 'ApplicableTradeTax')
  const net = one(sums!, 'TaxBasisTotalAmount')
  // BR-CO-10, BR-CO-13, BR-CO-14, BR-CO-15, BR-CO-16
  expect(total(lines.flatMap((line) => values(line, 'LineTotalAmount')))).toBe(
    cents(one(sums!, 'LineTotalAmount')),
  )
  expect(cents(net)).toBe(cents(one(sums!, 'LineTotalAmount')))
  expect(total(taxes.map((tax) => one(tax, 'CalculatedAmount')))).toBe(cents(one(sums!, 'TaxTotalAmount')))
  expect(cents(one(sums!, 'GrandTotalAmount'))).toBe(cents(net) + cents(one(sums!, 'TaxTotalAmount')))
  const prepaid = values(sums!, 'TotalPrepaidAmount')
  expect(cents(one(sums!, 'DuePayableAmount'))).toBe(cents(one(sums!, 'GrandTotalAmount')) - total(prepaid))
  for (const tax of taxes) expectTaxRules(tax, lines)
  // BR-21 to BR-27, BR-DEC-23
  for (const line of lines) {
    expect(one(line, 'LineID')).toMatch(/^\d+$/)
    expect(one(line, 'Name').trim()).not.toBe('')
    expect(one(line, 'ChargeAmount')).not.toMatch(/^-/)
    const quantity = BigInt(one(line, 'BilledQuantity'))
    const share = quantity / BigInt(one(line, 'BasisQuantity'))
    expect(cents(one(line, 'ChargeAmount')) * share).toBe(cents(one(line, 'LineTotalAmount')))
  }
  // BR-DEC: two decimals at most.
  for (const amount of xml.matchAll(/<ram:\w*Amount(?: [^>]*)?>([^<]*)</g))
    expect(amount[1]!).toMatch(/^-?\d+(\.\d{1,2})?$/)
  // BR-01 to BR-11, BR-CO-26
  for (const name of ['InvoiceCurrencyCode', 'DuePayableAmount']) expect(one(xml, name)).not.toBe('')
  const [seller] = parts(xml, 'SellerTradeParty')
  const [buyer] = parts(xml, 'BuyerTradeParty')
  for (const party of [seller!, buyer!]) expect(one(party, 'CountryID')).toMatch(/^[A-Z]{2}$/)
  // BR-CO-25
  if (cents(one(sums!, 'DuePayableAmount')) > 0n)
    expect(parts(header!, 'SpecifiedTradePaymentTerms')).toHaveLength(1)
}

function expectTaxRules(tax: string, lines: string[]): void {
  const category = one(tax, 'CategoryCode')
  const rate = values(tax, 'RateApplicablePercent')[0]
  const same = lines.filter((line) => {
    const [own] = parts(line, 'ApplicableTradeTax')
    return one(own!, 'CategoryCode') === category && values(own!, 'RateApplicablePercent')[0] === rate
  })
  // BR-S-08, BR-E-08, BR-O-08
  expect(total(same.flatMap((line) => values(line, 'LineTotalAmount')))).toBe(cents(one(tax, 'BasisAmount')))
  // BR-S-10; BR-E-10, BR-O-10
  expect(values(tax, 'ExemptionReason').length).toBe(category === 'S' ? 0 : 1)
  if (category !== 'S') return expect(cents(one(tax, 'CalculatedAmount'))).toBe(0n)
  // BR-CO-17: within one unit of the currency, as the official rule allows; ours is closer (amounts.test.ts).
  const exact = cents(one(tax, 'BasisAmount')) * cents(rate!)
  const off = exact - cents(one(tax, 'CalculatedAmount')) * 10_000n
  expect(off <= 1_000_000n && off >= -1_000_000n).toBe(true)
}

describe('CII', () => {
  it('keeps the rules of EN 16931 for any invoice it can say', () => {
    let said = 0
    fc.assert(
      fc.property(anyInvoice(), (content) => {
        expect(invoiceContent.parse(content)).toEqual(content)
        if (!fitsCii(content)) {
          expect(['KWD', 'TND']).toContain(content.currency)
          return
        }
        said += 1
        const xml = ciiXml(content)
        expect(ciiXml(structuredClone(content))).toBe(xml)
        expectRules(xml)
      }),
      { seed: 20261122, numRuns: 120 },
    )
    expect(said).toBeGreaterThan(60)
  })

  it('says a currency of three digits where the sums have two, and no closing statement', () => {
    const [content] = fc.sample(anyInvoice(), { seed: 3, numRuns: 1 })
    const of = (net: string, tax: string): InvoiceContent => ({
      ...content!,
      currency: 'KWD',
      lines: [
        { ...content!.lines[0]!, net, tax, gross: (BigInt(net) + BigInt(tax)).toString(), rateBp: 500 },
      ],
      taxes: [{ rateBp: 500, category: 'S', name: { 'zh-CN': '税', en: 'VAT' }, net, tax }],
      totals: { net, tax, gross: (BigInt(net) + BigInt(tax)).toString() },
    })
    expect(fitsCii(of('4760', '240'))).toBe(true)
    expect(ciiXml(of('4760', '240'))).toContain('<ram:TaxBasisTotalAmount>4.76<')
    expect(fitsCii(of('4762', '238'))).toBe(false)
    expect(fitsCii({ ...of('4760', '240'), kind: 'closing_statement' })).toBe(false)
  })

  it('says of a balance that it is cleared with what the seller owes, and paid in advance in full', () => {
    const [content] = fc.sample(anyInvoice(), { seed: 7, numRuns: 1 })
    const xml = ciiXml({ ...content!, currency: 'EUR', kind: 'invoice', paidBy: 'balance' })
    const [means] = parts(xml, 'SpecifiedTradeSettlementPaymentMeans')
    expect(one(means!, 'TypeCode')).toBe('97')
    expect(one(xml, 'TotalPrepaidAmount')).toBe(one(xml, 'GrandTotalAmount'))
    expect(cents(one(xml, 'DuePayableAmount'))).toBe(0n)
  })

  it('escapes what is written into it and names nobody', () => {
    const [content] = fc.sample(anyInvoice(), { seed: 5, numRuns: 1 })
    const xml = ciiXml({
      ...content!,
      currency: 'EUR',
      seller: { ...content!.seller, legalName: 'A<B>&"C"\u0000' },
    })
    expect(xml).toContain('<ram:Name>A&lt;B&gt;&amp;&quot;C&quot;</ram:Name>')
    const [buyer] = parts(xml, 'BuyerTradeParty')
    expect(
      buyer!
        .replace(/<[^>]+>/g, ' ')
        .trim()
        .split(/\s+/),
    ).toEqual([content!.buyer.accountRef, 'Account', content!.buyer.accountRef, content!.buyer.country])
  })
})
