import { formatMoney, type Money } from '../ledger/money.ts'
import type { Tax } from '../plan/tax.ts'
import type { Lang } from '../web/lang.ts'
import { shopText } from './pages/order-pages-text.ts'

/** The tax in a price, as checkout and the order's page say it; of a top-up there is none before it is used. */
export function taxWords(
  { kind, taxRule, tax }: { kind: string; taxRule: Tax; tax: Money },
  lang: Lang,
): string {
  const text = shopText[lang].checkout
  if (kind === 'top_up') return text.taxWithUse
  if (taxRule.rateBp === 0) return taxRule.name[lang]
  const percent = new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 2 })
  return `${text.tax(taxRule.name[lang], percent.format(taxRule.rateBp / 10_000))} ${formatMoney(tax, lang)}`
}
