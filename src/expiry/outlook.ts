import type { Card } from '../card/card-store.ts'
import type { Issuer } from '../issuer/issuer.ts'
import type { Money } from '../ledger/money.ts'
import type { OnSale } from '../order/on-sale.ts'
import { atExpiry } from './expiry-rules.ts'

/** What of a card is to be told about its end. */
export type EndingCard = Pick<
  Card,
  | 'state'
  | 'expiresAt'
  | 'lapsedAt'
  | 'keptUntil'
  | 'expiryOutcome'
  | 'balance'
  | 'dataLeftMb'
  | 'voiceLeftS'
  | 'smsLeft'
  | 'jurisdiction'
>

/**
 * When a card ends, what can be bought for it, and what its money does then. `until` is when money that stays the
 * holder's lapses for good.
 */
export type Outlook = { endsAt: Date; ended: boolean; onSale: OnSale } & (
  | { money: 'none' }
  | { money: 'lapses'; at: Date; sum: Money }
  | { money: 'kept'; until: Date; sum: Money }
  | { money: 'goes_back'; sum: Money }
  /** Came after the end, or the closing that gave it back was undone: it is paid back when the card is closed. */
  | { money: 'waits'; sum: Money }
)

/** Undefined for a card that is being closed or is closed: its money goes its own way. */
export function outlookOf(issuer: Issuer, card: EndingCard, onSale: OnSale, now: Date): Outlook | undefined {
  if (card.state !== 'open') return undefined
  const sum = card.balance
  const ends = { endsAt: card.expiresAt, ended: card.lapsedAt !== null || card.expiresAt <= now, onSale }
  if (sum.amount === 0n) return { ...ends, money: 'none' }
  if (card.lapsedAt) {
    if (card.keptUntil) return { ...ends, money: 'kept', until: card.keptUntil, sum }
    return { ...ends, money: card.expiryOutcome === 'refund_due' ? 'goes_back' : 'waits', sum }
  }
  const rule = atExpiry(issuer, card.jurisdiction, now)
  if (rule.kind === 'refund') return { ...ends, money: 'goes_back', sum }
  if (rule.kind === 'lapse') return { ...ends, money: 'lapses', at: card.expiresAt, sum }
  const until = new Date(card.expiresAt.getTime() + rule.days * 86_400_000)
  return { ...ends, money: 'kept', until, sum }
}

/** Whether there is a use for the card: an ended one works again where its balance is enough for days. */
export const canUse = (outlook: Outlook, balance: bigint): boolean =>
  !outlook.ended || (outlook.onSale.days !== null && balance >= outlook.onSale.days)
