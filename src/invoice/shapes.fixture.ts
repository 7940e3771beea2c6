import fc from 'fast-check'
import { invoiceAmounts } from './amounts.ts'
import { ciiXml } from './cii.ts'
import { composeContent, type InvoiceInput } from './compose.ts'
import type { InvoiceContent, Seller } from './content.ts'
import { anyStatement, sellers, when } from './invoices.fixture.ts'

const line = (grossMinor: bigint, rateBp: number): InvoiceInput['lines'][number] => ({
  text: { 'zh-CN': '三日卡（日本）', en: '3-day card (Japan)' },
  quantity: 1,
  grossMinor,
  rateBp,
  taxName: { 'zh-CN': '增值税', en: 'VAT' },
})

function paper(
  lines: InvoiceInput['lines'],
  seller: Seller,
  over: Partial<InvoiceInput> = {},
): InvoiceContent {
  const input: InvoiceInput = {
    issuerId: 'leb',
    kind: 'invoice',
    accountRef: 'A1000234',
    jurisdiction: 'DE',
    locale: 'en',
    currency: 'EUR',
    lines,
    paidBy: 'stripe',
    ...over,
  }
  return composeContent(input, {
    ...when,
    amounts: invoiceAmounts(lines),
    seller,
    number: 'LEB-2026-000123',
    references: {},
    corrected: input.kind === 'credit_note' ? { number: 'LEB-2026-000100', day: '2026-11-01' } : undefined,
  })
}

const [german, , , small] = sellers as [Seller, Seller, Seller, Seller]
/** Papers of known shape: each keeps the rules, and breakages.fixture.ts breaks them. */
export const shapes = {
  /** Two rates and money that is taxed later, less something: S, S, E and a line below 0. */
  mixed: paper([line(11_900n, 1900), line(2_140n, 700), line(-1_190n, 1900), line(500n, 0)], german),
  credit: paper([line(3_333n, 1900)], german, { kind: 'credit_note', corrects: 'x', paidBy: 'none' }),
  yen: paper([line(1_100n, 1000)], german, { currency: 'JPY' }),
  dinars: paper([line(5_000n, 0)], german, { currency: 'KWD' }),
  exempt: paper([line(2_000n, 0)], german),
  /** Zero rated beside money that is taxed later: Z and E. */
  zero: paper(
    [
      { ...line(2_000n, 0), untaxed: 'zero' },
      { ...line(500n, 0), untaxed: 'outside' },
    ],
    german,
  ),
  top_up: paper([{ ...line(2_000n, 0), untaxed: 'outside' }], german),
  outside: paper([line(2_000n, 0)], small),
  statement: fc
    .sample(anyStatement(), { seed: 2, numRuns: 50 })
    .find((content) => content.currency === 'EUR' && content.lines.length > 2)!,
}
export type Shape = keyof typeof shapes
export const xmlOf = (shape: Shape): string => ciiXml(shapes[shape])
