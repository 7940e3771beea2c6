import { zoneName } from '../../plan/zones.ts'
import type { Lang } from '../../web/lang.ts'
import { type NamedCard, nameParts } from './card-name.ts'
import { cardText } from './card-text.ts'

/** `cardName`, broken between its parts only, where a line has room for them. */
export function CardName({ card, lang }: { card: NamedCard; lang: Lang }) {
  const parts = nameParts(card, lang)
  const sign = lang === 'en' ? ',' : ' ·'
  return (
    <>
      {parts.map((part, at) => (
        <>
          {at > 0 && ' '}
          <span class="whole">{at < parts.length - 1 ? part + sign : part}</span>
        </>
      ))}
    </>
  )
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
          <span class="nums whole">{cardText[lang].ending(card.iccid.slice(-4))}</span>
        </p>
      ))}
    </div>
  )
}
