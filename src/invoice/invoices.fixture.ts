import fc from 'fast-check'
import { invoiceAmounts } from './amounts.ts'
import { composeContent, type InvoiceInput } from './compose.ts'
import type { InvoiceContent, Seller } from './content.ts'

/** Any paper that LEB could issue with lines of money: invoice, credit note, closing statement. */
export const anyPaper = (): fc.Arbitrary<InvoiceContent> =>
  fc.oneof({ arbitrary: anyInvoice(), weight: 3 }, { arbitrary: anyStatement(), weight: 1 })

/** Any closing statement: what came in and left, in any order, ending at 0; of any seller, however little is known. */
export function anyStatement(): fc.Arbitrary<InvoiceContent> {
  return fc
    .record({
      moved: fc.array(anyLine(), { maxLength: 5 }),
      currency: fc.constantFrom(...currencies),
      seller: fc.constantFrom(...sellers, unknownSeller),
      locale: fc.constantFrom('zh-CN', 'en'),
    })
    .map(({ moved, currency, seller, locale }) => {
      const left = moved.reduce((sum, line) => sum + line.grossMinor, 0n)
      const back = { ...nothing, text: { 'zh-CN': '退回原付款方式', en: 'Back the way it was paid' } }
      const lines = [...moved, { ...back, grossMinor: -left }].map((line) => ({ ...line, ...untaxed }))
      return composeContent(
        { ...statementInput, locale, currency, lines },
        {
          ...when,
          amounts: invoiceAmounts(lines),
          seller,
          number: 'LEB-2K7M-9QXCT-S1',
          references: { closureNumber: 'LEB-2K7M-9QXCT', cardEnding: '1234' },
          corrected: undefined,
        },
      )
    })
}

export const when = {
  issuedAt: '2026-11-22T18:00:00+08:00',
  day: '2026-11-22',
  timeZone: 'Asia/Shanghai',
}
const currencies = ['EUR', 'CNY', 'USD', 'JPY', 'KRW', 'KWD', 'TND'] as const
const untaxed = { quantity: 1, rateBp: 0, taxName: { 'zh-CN': '不涉及', en: 'None' } }
const nothing = { grossMinor: 0n, ...untaxed }
const statementInput = {
  issuerId: 'leb',
  kind: 'closing_statement',
  accountRef: 'A1000234',
  jurisdiction: 'DE',
  paidBy: 'none',
} as const

/** Any invoice or credit note that LEB could issue: rates, currencies, sellers, odd texts, lines taken off. */
export function anyInvoice(): fc.Arbitrary<InvoiceContent> {
  return fc
    .record({
      input: anyInput(),
      seller: fc.constantFrom(...sellers),
      seq: fc.integer({ min: 1, max: 999_999 }),
    })
    .filter(({ input, seller }) => {
      const total = input.lines.reduce((sum, line) => sum + line.grossMinor, 0n)
      const taxed = input.lines.some((line) => line.rateBp > 0)
      return total > 0n && (!taxed || Boolean(seller.vatId ?? seller.taxNumber))
    })
    .map(({ input, seller, seq }) =>
      composeContent(input, {
        ...when,
        amounts: invoiceAmounts(input.lines),
        seller,
        number: `LEB-2026-${seq.toString().padStart(6, '0')}`,
        references: seq % 2 === 0 ? { orderNumber: 'LEB-O-2K7M-9QXCT', cardEnding: '1234' } : {},
        corrected:
          input.kind === 'credit_note'
            ? { number: 'INV-77', ...(seq % 3 === 0 && { day: '2025-12-31' }) }
            : undefined,
      }),
    )
}

function anyInput(): fc.Arbitrary<InvoiceInput> {
  return fc.record({
    issuerId: fc.constant('leb'),
    kind: fc.constantFrom('invoice', 'credit_note'),
    accountRef: fc.stringMatching(/^[A-Z0-9]{1,12}$/),
    jurisdiction: fc.constantFrom('CN', 'DE', 'FR', 'JP', 'KW', 'US', 'GR'),
    locale: fc.constantFrom('zh-CN', 'en'),
    currency: fc.constantFrom(...currencies),
    lines: fc.array(anyLine(), { minLength: 1, maxLength: 6 }),
    paidBy: fc.constantFrom('stripe', 'bank', 'voucher', 'balance', 'none'),
  })
}

function anyLine(): fc.Arbitrary<InvoiceInput['lines'][number]> {
  const gross = fc.oneof(
    fc.bigInt({ min: 0n, max: 200n }),
    fc.bigInt({ min: -5_000n, max: 100_000n }),
    fc.bigInt({ min: 1n, max: 10n ** 12n }),
  )
  const line = fc.record({
    text: fc
      .string({ unit: 'binary', maxLength: 20 })
      .map((odd) => ({ 'zh-CN': `三日卡 ${odd}`, en: `3-day card & <more> ${odd}` })),
    quantity: fc.integer({ min: 1, max: 30 }),
    grossMinor: gross,
    rateBp: fc.constantFrom(0, 55, 210, 550, 600, 700, 810, 1900, 2000, 2100, 2500, 2700),
    untaxed: fc.constantFrom('zero', 'exempt', 'outside'),
    reason: fc.option(fc.constant('§ 4 Nr. 1 UStG'), { nil: undefined }),
    taxName: fc.constantFrom({ 'zh-CN': '增值税', en: 'VAT' }, { 'zh-CN': '不征税', en: 'No tax charged' }),
  })
  return line.map(({ untaxed: why, reason, ...one }) =>
    one.rateBp > 0 ? one : { ...one, untaxed: why, ...(reason && { reason }) },
  )
}

const base = {
  name: { 'zh-CN': '样品', en: 'Sample' },
  email: 'help@leb.example',
  legalName: 'Sample & Sons "GmbH"',
}
const address = { street: 'Musterstraße 1', postCode: '10115', city: 'Berlin' }
export const sellers: Seller[] = [
  { ...base, ...address, id: 'roamly', country: 'DE', vatId: 'DE000000000', registration: 'HRB 000000' },
  { ...base, ...address, id: 'leb', country: 'CN', taxNumber: '91310000SAMPLE001X' },
  { ...base, ...address, id: 'both', country: 'GR', vatId: 'EL000000000', taxNumber: '1/2/3' },
  { ...base, ...address, id: 'small', country: 'DE' },
]
/** As `anySellerOf` names one whose settings lack what an invoice needs. */
const unknownSeller: Seller = { ...base, id: 'new', country: 'US' }
