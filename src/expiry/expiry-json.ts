import { z } from '@hono/zod-openapi'
import { instant, money, wording } from '../api/shapes.ts'
import type { Card } from '../card/card-store.ts'
import type { Issuer } from '../issuer/issuer.ts'
import { moneyJson } from '../ledger/money.ts'
import { toldZone } from '../policy/told-zone.ts'
import type { OnSale } from '../order/on-sale.ts'
import { outlookOf } from './outlook.ts'
import { outlookWords } from './pages/outlook-words.ts'
import type { CardEnd } from './read-ends.ts'

const count = z.string().regex(/^\d+$/)

/** When a card ends and what its money does then, for the API. */
export const expiryShape = z
  .object({
    ended: z.boolean(),
    money: z.enum(['none', 'lapses', 'kept', 'goes_back', 'waits']).openapi({
      description:
        '`lapses` with the card; `kept` stays yours until `until`; `goes_back` by itself; `waits` to be paid back when the card is closed; `none` is on it',
    }),
    until: instant.nullable().openapi({ description: 'when the money lapses; null where it does not' }),
    words: wording.openapi({ description: 'the same in plain words, with the way to prevent it' }),
  })
  .openapi('CardExpiry')

/** Something that ended on a card. */
export const endShape = z
  .object({
    endedAt: instant,
    what: z.enum(['card', 'kept', 'bucket']).openapi({
      description: 'the card, money that was kept after it, or an add-on',
    }),
    outcome: z.enum(['lapsed', 'kept', 'refund', 'nothing']),
    balance: money.openapi({ description: 'what was on it then' }),
    keptUntil: instant.nullable(),
    unused: z.object({ dataMb: count, voiceSeconds: count, sms: count }),
  })
  .openapi('CardEnd')

/** Null for a card that is being closed or is closed. */
export function expiryJson(
  issuer: Issuer,
  card: Card,
  onSale: OnSale,
  now: Date,
): z.infer<typeof expiryShape> | null {
  const outlook = outlookOf(issuer, card, onSale, now)
  if (!outlook) return null
  const zone = toldZone(card.jurisdiction, now)
  const until = outlook.money === 'lapses' ? outlook.at : outlook.money === 'kept' ? outlook.until : null
  return {
    ended: outlook.ended,
    money: outlook.money,
    until: until?.toISOString() ?? null,
    words: { 'zh-CN': outlookWords(outlook, 'zh-CN', zone), en: outlookWords(outlook, 'en', zone) },
  }
}

export function endJson(end: CardEnd): z.infer<typeof endShape> {
  return {
    endedAt: end.endedAt.toISOString(),
    what: end.subject,
    outcome: end.outcome,
    balance: moneyJson(end.sum),
    keptUntil: end.keptUntil?.toISOString() ?? null,
    unused: { dataMb: `${end.dataMb}`, voiceSeconds: `${end.voiceS}`, sms: `${end.sms}` },
  }
}
