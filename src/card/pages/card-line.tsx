import { zoneName } from '../../plan/zones.ts'
import type { Lang } from '../../web/lang.ts'
import { cardText } from './card-text.ts'

export type NamedCard = { plan: string; zone: string; iccid: string }

/** `3-day card, Japan, ending 4242`: which card this is about, the same words on every page. */
export function cardName(card: NamedCard, lang: Lang): string {
  const text = cardText[lang]
  const parts = [text.plan(card.plan), zoneName(card.zone)[lang], text.ending(card.iccid.slice(-4))]
  return parts.join(lang === 'en' ? ', ' : ' · ')
}

/** The summary that stands on every page of a closing. */
export function CardLine({ lang, cards }: { lang: Lang; cards: NamedCard[] }) {
  return (
    <div class="sheet cardline">
      {cards.map((card) => (
        <p>
          <strong>{cardText[lang].plan(card.plan)}</strong> · {zoneName(card.zone)[lang]} ·{' '}
          <span class="nums">{cardText[lang].ending(card.iccid.slice(-4))}</span>
        </p>
      ))}
    </div>
  )
}
