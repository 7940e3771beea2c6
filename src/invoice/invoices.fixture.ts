import fc from 'fast-check'
import { invoiceAmounts } from './amounts.ts'
import { composeContent, type InvoiceInput } from './compose.ts'
import type { InvoiceContent, Seller } from './content.ts'

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
        amounts: invoiceAmounts(input.lines),
        seller,
        number: `LEB-2026-${seq.toString().padStart(6, '0')}`,
        issuedAt: '2026-11-22T18:00:00+08:00',
        day: '2026-11-22',
        timeZone: 'Asia/Shanghai',
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
    currency: fc.constantFrom('EUR', 'CNY', 'USD', 'JPY', 'KRW', 'KWD', 'TND'),
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
  return fc.record({
    text: fc
      .string({ unit: 'binary', maxLength: 20 })
      .map((odd) => ({ 'zh-CN': `三日卡 ${odd}`, en: `3-day card & <more> ${odd}` })),
    quantity: fc.integer({ min: 1, max: 30 }),
    grossMinor: gross,
    rateBp: fc.constantFrom(0, 55, 210, 550, 600, 700, 810, 1900, 2000, 2100, 2500, 2700),
    taxName: fc.constantFrom({ 'zh-CN': '增值税', en: 'VAT' }, { 'zh-CN': '不征税', en: 'No tax charged' }),
  })
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
