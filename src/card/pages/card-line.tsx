import { zoneName } from '../../plan/zones.ts'
import type { Lang } from '../../web/lang.ts'
import { cardText } from './card-text.ts'

/** Plan and zone are null where they are not to be told. */
export type NamedCard = { plan: string | null; zone: string | null; iccid: string }

/** `3-day card, Japan, ending 4242`: which card this is about, the same words on every page. */
export function cardName(card: NamedCard, lang: Lang): string {
  const text = cardText[lang]
  const parts = [
    card.plan === null ? text.aCard : text.plan(card.plan),
    ...(card.zone === null ? [] : [zoneName(card.zone)[lang]]),
    text.ending(card.iccid.slice(-4)),
  ]
  return parts.join(lang === 'en' ? ', ' : ' · ')
}

/** The summary that stands on every page of a closing; nothing of an account that has no card left. */
export function CardLine({ lang, cards }: { lang: Lang; cards: NamedCard[] }) {
  if (cards.length === 0) return null
  return (
    <div class="sheet cardline">
      {cards.map((card) => (
        <p>
          <strong>{card.plan === null ? cardText[lang].aCard : cardText[lang].plan(card.plan)}</strong> ·{' '}
          {card.zone !== null && `${zoneName(card.zone)[lang]} · `}
          <span class="nums">{cardText[lang].ending(card.iccid.slice(-4))}</span>
        </p>
      ))}
    </div>
  )
}
