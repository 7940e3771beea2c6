import { formatMoney, type Money } from '../../ledger/money.ts'
import { paidWithWords } from '../../payment/paid-with-words.ts'
import type { Lang } from '../../web/lang.ts'
import type { PayoutRoute } from '../plan-payouts.ts'
import type { Settlement } from '../settlement.ts'
import { payoutText } from './payout-text.ts'

/** How settlements go back, one sentence a way and currency, and a card or wallet that it goes back to: sums of several cards
 * are added up. */
export function waysOf(
  settlements: Settlement[],
  said: {
    lang: Lang
    day: string
    minimum: Record<string, string>
    /** The day by which an account can be named, where what is not named by then is told. */
    namedBy?: string
    wholeAccount?: boolean
  },
): string[] {
  const { lang, day, minimum } = said
  const text = payoutText[lang].ways
  const sums = new Map<string, { route: PayoutRoute; money: Money; where: string | undefined }>()
  for (const { currency, parts } of settlements) {
    for (const { route, amount, paidWith } of parts) {
      if (route === 'nothing') continue
      const where = paidWith ? paidWithWords(paidWith)[lang] : undefined
      const key = `${route}/${currency}/${where ?? ''}`
      const before = sums.get(key)?.money.amount ?? 0n
      sums.set(key, { route, where, money: { amount: before + amount, currency } })
    }
  }
  const sentences = [...sums.values()].map(({ route, money, where }) => {
    const sum = formatMoney(money, lang)
    switch (route) {
      case 'original_payment':
        return where ? text.back_to(sum, where, day) : text.original_payment(sum, day)
      case 'bank_transfer':
        return [text.bank_transfer(sum, day), said.namedBy && text.unnamed(said.namedBy)]
          .filter(Boolean)
          .join(lang === 'en' ? ' ' : '')
      case 'voucher':
        return text.voucher(sum)
      case 'kept': {
        const least = { amount: BigInt(minimum[money.currency] ?? 0), currency: money.currency }
        // Several cards' small sums together, or a last digit beside a refund, can be more than the least.
        const why =
          money.amount < least.amount ? text.kept(sum, formatMoney(least, lang)) : text.tooLittle(sum)
        return `${why}${lang === 'en' ? ' ' : ''}${text.claim(said.wholeAccount ?? false)}`
      }
      case 'nothing':
        return text.nothing
    }
  })
  return sentences.length > 0 ? sentences : [text.nothing]
}
