import { decimal } from '../ledger/money.ts'
import type { Wording } from '../platform/errors.ts'
import type { Seller } from './content.ts'

/** What the template knows: words in both languages and blocks of them. */
export type Both = { zh: string; en: string }
export type Cell = string | Both
export type Block =
  | { kind: 'facts'; rows: { label: Both; value: Cell }[] }
  | {
      kind: 'table'
      columns: { label: Both; width: 'auto' | '1fr'; align?: 'right' }[]
      rows: Cell[][]
    }
  | { kind: 'totals'; rows: { label: Both; value: string; strong: boolean }[] }
  | { kind: 'sides'; text: Both }
export type PaperView = {
  title: Both
  number: string
  numberLabel: Both
  issuer: Both
  /** Lines at the right of the head: who that is in law, and where. */
  letterhead: string[]
  sections: { heading: Both | null; blocks: Block[] }[]
}

export const both = (words: Wording): Both => ({ zh: words['zh-CN'], en: words.en })
export const say = (zh: string, en: string): Both => ({ zh, en })

export function letterhead(seller: Seller): string[] {
  const { legalName, street, postCode, city, country, email } = seller
  const place = [[postCode, city].filter(Boolean).join(' '), country].filter(Boolean).join(', ')
  return [legalName, ...(street ? [street] : []), place, email]
}

/** The numbers under which tax office and register know the seller. */
export function sellerNumbers(seller: Seller): { label: Both; value: string }[] {
  return [
    { label: say('增值税号', 'VAT number'), value: seller.vatId },
    { label: say('纳税人识别号', 'Tax number'), value: seller.taxNumber },
    { label: say('登记号', 'Register'), value: seller.registration },
  ].flatMap(({ label, value }) => (value ? [{ label, value }] : []))
}

/** `CNY 1,186.40`: the code, because ¥ and $ belong to several countries; a true minus sign. */
export function sumText(minor: string, currency: string): string {
  const text = decimal({ amount: BigInt(minor), currency })
  const [whole = '', fraction] = text.replace('-', '').split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return `${currency} ${text.startsWith('-') ? '−' : ''}${grouped}${fraction ? `.${fraction}` : ''}`
}

/** `19 %`, `5.5 %`. */
export function rateText(rateBp: number): string {
  return `${(rateBp / 100).toString()} %`
}
