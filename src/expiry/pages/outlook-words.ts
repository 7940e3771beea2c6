import { formatMoney } from '../../ledger/money.ts'
import { formatMoment } from '../../web/dates.ts'
import type { Lang } from '../../web/lang.ts'
import type { Outlook } from '../outlook.ts'
import { expiryText } from './expiry-text.ts'

/** What happens to the money when the card ends, and how to prevent it, in a sentence. @param zone IANA */
export function outlookWords(outlook: Outlook, lang: Lang, zone: string): string {
  const text = expiryText[lang]
  if (outlook.money === 'none')
    return outlook.ended ? text.ended(formatMoment(outlook.endsAt, lang, zone)) : text.none
  const sum = formatMoney(outlook.sum, lang)
  const extend = outlook.onSale.days !== null
  switch (outlook.money) {
    case 'lapses':
      return text.lapses(sum, formatMoment(outlook.at, lang, zone), extend)
    case 'kept':
      return outlook.ended
        ? text.kept(sum, formatMoment(outlook.until, lang, zone), extend)
        : text.keptFrom(sum, formatMoment(outlook.until, lang, zone))
    case 'goes_back':
      return outlook.ended ? text.goingBack(sum) : text.goesBack(sum)
    case 'waits':
      return text.waits(sum)
  }
}

/** Words of the link to what can be done about it. */
export function outlookLink({ ended, onSale }: Outlook, lang: Lang): string {
  const { link } = expiryText[lang]
  if (onSale.days !== null) return link.extend
  return ended ? link.close : link.use
}
