import { formatMoney } from '../../ledger/money.ts'
import type { CatalogueItem } from '../../plan/catalogue.ts'
import type { Page } from '../../web/page.ts'
import { dataWords } from '../../plan/data-words.ts'
import { shopText } from './order-pages-text.ts'

/** What is in a plan or an add-on, in plain words. */
export function includedWords(item: CatalogueItem, currency: string, lang: Page['lang']): string[] {
  const text = shopText[lang].item
  const { terms } = item
  const amounts = [
    terms.data_mb > 0 && text.data(dataWords(terms.data_mb)),
    terms.voice_s > 0 && text.voice(Math.floor(terms.voice_s / 60)),
    terms.sms > 0 && text.sms(terms.sms),
  ]
  const rest =
    item.kind === 'plan'
      ? [
          item.terms.daily_data_mb !== undefined && text.daily(dataWords(item.terms.daily_data_mb)),
          item.terms.balance[currency] !== undefined &&
            text.balance(formatMoney({ amount: BigInt(item.terms.balance[currency]), currency }, lang)),
          text.days(item.terms.days),
          text.activate(item.terms.activate_within_days),
        ]
      : [
          item.terms.more_days > 0 && text.moreDays(item.terms.more_days),
          amounts.some(Boolean) && text.valid(item.terms.valid_days),
        ]
  return [...amounts, ...rest].filter((words) => typeof words === 'string')
}

export function IncludedList({
  page,
  item,
  currency,
}: {
  page: Page
  item: CatalogueItem
  currency: string
}) {
  return (
    <ul>
      {includedWords(item, currency, page.lang).map((words) => (
        <li>{words}</li>
      ))}
    </ul>
  )
}
