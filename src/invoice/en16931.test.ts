import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minorDigits } from '../ledger/money.ts'
import { breakages } from './breakages.fixture.ts'
import { ciiXml, fitsCii } from './cii.ts'
import { invoiceContent } from './content.ts'
import { brokenRules, knownRules, schemaFaults } from './en16931-rules.fixture.ts'
import { anyPaper } from './invoices.fixture.ts'
import { type Shape, shapes, xmlOf } from './shapes.fixture.ts'

describe('EN 16931', () => {
  it('is kept by any paper that it can say, to the letter of rules and schema', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(anyPaper(), (content) => {
        expect(invoiceContent.parse(content)).toEqual(content)
        if (!fitsCii(content)) {
          expect(['KWD', 'TND']).toContain(content.currency)
          return
        }
        const xml = ciiXml(content)
        expect(ciiXml(structuredClone(content))).toBe(xml)
        expect(brokenRules(xml)).toEqual([])
        expect(schemaFaults(xml)).toEqual([])
        seen.add(`${content.kind} in ${minorDigits(content.currency)} digits`)
      }),
      { seed: 20261122, numRuns: 200 },
    )
    // What was tried is what it claims: each kind in each sort of currency (three digits where the sums have two).
    expect([...seen].filter((one) => !one.endsWith('3 digits')).toSorted()).toEqual([
      'closing_statement in 0 digits',
      'closing_statement in 2 digits',
      'credit_note in 0 digits',
      'credit_note in 2 digits',
      'invoice in 0 digits',
      'invoice in 2 digits',
    ])
  })

  it.for(Object.keys(shapes) as Shape[])('is kept by a paper of the shape %s', (shape) => {
    expect(brokenRules(xmlOf(shape))).toEqual([])
    expect(schemaFaults(xmlOf(shape))).toEqual([])
  })

  it.for(breakages)('names the rule where $of $does', ({ of, to, breaks }) => {
    expect(brokenRules(to(xmlOf(of))).toSorted()).toEqual(breaks)
  })

  it('has a breakage of every rule', () => {
    const broken = new Set(breakages.flatMap(({ breaks }) => breaks))
    expect(knownRules.filter((id) => !broken.has(id))).toEqual([])
  })

  it('names what is out of its place', () => {
    const xml = xmlOf('mixed')
    const [name] = /<ram:Name>[^<]*<\/ram:Name>(?=<ram:SpecifiedLegal)/.exec(xml)!
    const swapped = xml
      .replace(name, '')
      .replace('<ram:PostalTradeAddress>', `${name}<ram:PostalTradeAddress>`)
    expect(schemaFaults(swapped).join('\n')).toMatch(/Name.*not expected/)
    expect(
      schemaFaults(
        xml.replace('<ram:TypeCode>380', '<ram:Kind>380').replace('380</ram:TypeCode>', '380</ram:Kind>'),
      ),
    ).not.toEqual([])
  })
})
