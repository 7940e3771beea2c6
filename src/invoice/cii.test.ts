import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimal } from '../ledger/money.ts'
import { ciiXml, fitsCii } from './cii.ts'
import type { InvoiceContent } from './content.ts'
import { anyInvoice, anyPaper, anyStatement } from './invoices.fixture.ts'
import { shapes, xmlOf } from './shapes.fixture.ts'

/** All values of an element; that they keep the rules of EN 16931 is for en16931.test.ts. */
const values = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<ram:${name}(?: [^>]*)?>([^<]*)</ram:${name}>`, 'g'))].map((hit) => hit[1]!)
const parts = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<ram:${name}>([\\s\\S]*?)</ram:${name}>`, 'g'))].map((hit) => hit[1]!)
const cents = (text: string): bigint => {
  const [whole = '', fraction = ''] = text
    .replace('-', '')
    .replace(/(\.\d\d)0+$/, '$1')
    .split('.')
  const sum = BigInt(whole + fraction.padEnd(2, '0'))
  return text.startsWith('-') ? -sum : sum
}
const one = (xml: string, name: string): string => {
  const found = values(xml, name)
  if (found.length !== 1) throw new Error(`${found.length} × ${name}`)
  return found[0]!
}

describe('CII', () => {
  it('prices a line so that price times quantity is its sum, without rounding', () => {
    for (const content of fc.sample(anyPaper(), { seed: 8, numRuns: 60 })) {
      if (!fitsCii(content)) continue
      for (const line of parts(ciiXml(content), 'IncludedSupplyChainTradeLineItem')) {
        const times = BigInt(one(line, 'BilledQuantity')) / BigInt(one(line, 'BasisQuantity'))
        expect(cents(one(line, 'ChargeAmount')) * times).toBe(cents(one(line, 'LineTotalAmount')))
      }
    }
  })

  it('says a currency of three digits where the sums have two', () => {
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
  })

  it('says of a closing statement that it is no invoice, is outside VAT and asks for nothing', () => {
    for (const content of fc.sample(anyStatement(), { seed: 11, numRuns: 40 })) {
      if (!fitsCii(content)) continue
      const xml = ciiXml(content)
      expect(xml).toContain('<ram:TypeCode>751</ram:TypeCode>')
      expect(new Set(values(xml, 'CategoryCode'))).toEqual(new Set(['O']))
      expect(values(xml, 'CalculatedAmount').map(cents)).toEqual([0n])
      for (const name of ['GrandTotalAmount', 'DuePayableAmount', 'TaxTotalAmount'])
        expect(cents(one(xml, name))).toBe(0n)
      expect(values(xml, 'LineTotalAmount').slice(0, -1).map(cents)).toEqual(
        content.lines.map((line) => cents(decimal({ amount: BigInt(line.net), currency: content.currency }))),
      )
      // Nothing was delivered, nothing is due, and BR-O-02 forbids a VAT number.
      expect(xml).not.toMatch(/OccurrenceDateTime|SpecifiedTradePaymentTerms|schemeID="VA"/)
    }
  })

  it('says outside VAT of money that is only kept, and exempt where something is sold with it', () => {
    expect(xmlOf('top_up')).toContain('<ram:CategoryCode>O<')
    expect(xmlOf('top_up')).not.toContain('schemeID="VA"')
    expect(xmlOf('exempt')).toContain('<ram:CategoryCode>E<')
    expect(shapes.mixed.taxes.map((tax) => tax.category)).toEqual(['S', 'S', 'E'])
  })

  it('says zero rated without a reason, and exempt and outside with their ground', () => {
    expect(shapes.zero.taxes.map((tax) => [tax.category, tax.net])).toEqual([
      ['Z', '2000'],
      ['E', '500'],
    ])
    const lines = parts(xmlOf('zero'), 'IncludedSupplyChainTradeLineItem')
    expect(lines.map((line) => one(line, 'CategoryCode'))).toEqual(['Z', 'E'])
    expect(values(xmlOf('zero'), 'ExemptionReason')).toHaveLength(1)
    const [tax] = shapes.exempt.taxes
    const grounded = { ...shapes.exempt, taxes: [{ ...tax!, reason: '§ 4 Nr. 11 UStG' }] }
    expect(values(ciiXml(grounded), 'ExemptionReason')).toEqual(['VAT: § 4 Nr. 11 UStG'])
  })

  it('reads papers from before lines named their category as they were', () => {
    const before = structuredClone(shapes.mixed)
    for (const line of before.lines) delete line.category
    expect(ciiXml(before)).toBe(xmlOf('mixed'))
  })

  it('says of a credit note of a closing how it was given back', () => {
    const of = (over: object) => ciiXml({ ...shapes.credit, ...over })
    expect(of({ closureNumber: 'LEB-2K7M-9QXCT' })).toContain('Given back with closure LEB-2K7M-9QXCT')
    expect(of({})).toContain('Goes back the way it was paid.')
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
