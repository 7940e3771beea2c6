import { formatMoney } from '../ledger/money.ts'
import type { Tax } from '../plan/tax.ts'
import { between, type Lang } from '../web/lang.ts'
import { shopText } from './pages/order-pages-text.ts'

type Priced = { kind: 'card' | 'top_up' | 'add_on'; taxRule: Tax; tax: bigint; currency: string }

/** The tax in a price, in words; one that nobody has verified is marked as such, a rate of 0 too. */
export function taxWords({ kind, taxRule, tax, currency }: Priced, lang: Lang): string {
  const text = shopText[lang].checkout
  if (kind === 'top_up') return text.taxWithUse
  const { rateBp, name, verified } = taxRule
  const percent = new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 2 })
  const said =
    rateBp === 0
      ? name[lang]
      : `${text.tax(name[lang], percent.format(rateBp / 10_000))} ${formatMoney({ amount: tax, currency }, lang)}`
  return verified ? said : `${said}${text.stop}${between[lang]}${text.taxUnverified}`
}
