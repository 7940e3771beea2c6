import { zoneName } from '../../plan/zones.ts'
import type { Lang } from '../../web/lang.ts'
import { cardText } from './card-text.ts'

/** Plan and zone are null where they are not to be told. */
export type NamedCard = { plan: string | null; zone: string | null; iccid: string }

/** `3-day card, Japan, ending 4242`: which card this is about, the same words on every page. */
export const cardName = (card: NamedCard, lang: Lang): string =>
  nameParts(card, lang).join(lang === 'en' ? ', ' : ' · ')

/** What the name is made of: plan, zone, end of the number. */
export function nameParts(card: NamedCard, lang: Lang): string[] {
  const text = cardText[lang]
  return [
    card.plan === null ? text.aCard : text.plan(card.plan),
    ...(card.zone === null ? [] : [zoneName(card.zone)[lang]]),
    text.ending(card.iccid.slice(-4)),
  ]
}
