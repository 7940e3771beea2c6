import { zoneName } from '../../plan/zones.ts'
import type { Lang } from '../../web/lang.ts'
import { cardText } from './card-text.ts'

/** Plan and zone are null where they are not to be told. */
export type NamedCard = { plan: string | null; zone: string | null; iccid: string }

/** `3-day card, Japan, ending 4242`: which card this is about, the same words on every page. */
export const cardName = (card: NamedCard, lang: Lang): string =>
  nameParts(card, lang).join(lang === 'en' ? ', ' : ' · ')

/** The same, broken between its parts only, where a line has room for them. */
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

function nameParts(card: NamedCard, lang: Lang): string[] {
  const text = cardText[lang]
  return [
    card.plan === null ? text.aCard : text.plan(card.plan),
    ...(card.zone === null ? [] : [zoneName(card.zone)[lang]]),
    text.ending(card.iccid.slice(-4)),
  ]
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
