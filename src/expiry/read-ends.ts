import type { Money } from '../ledger/money.ts'
import type { Tx } from '../platform/db.ts'

/** What became of a card, a kept balance or an add-on when it ended. `dataMb` to `sms` were left and are gone. */
export type CardEnd = {
  cardId: string
  subject: 'card' | 'kept' | 'bucket'
  endedAt: Date
  outcome: 'lapsed' | 'kept' | 'refund' | 'nothing'
  sum: Money
  keptUntil: Date | null
  dataMb: bigint
  voiceS: bigint
  sms: bigint
}

/** Everything that ended on these cards, newest first. For pages and statements. */
export async function readEnds(tx: Tx, issuerId: string, cardIds: string[]): Promise<CardEnd[]> {
  if (cardIds.length === 0) return []
  const rows = await tx
    .selectFrom('expiry_notice')
    .select(['card_id', 'subject', 'ends_at', 'outcome', 'currency', 'amount_minor', 'kept_until'])
    .select(['data_mb', 'voice_s', 'sms'])
    .where('issuer_id', '=', issuerId)
    .where('card_id', 'in', cardIds)
    .where('hours_before', '=', 0)
    .orderBy('told_at', 'desc')
    .orderBy('ends_at', 'desc')
    .execute()
  return rows.map((row) => ({
    cardId: row.card_id,
    subject: row.subject as CardEnd['subject'],
    endedAt: row.ends_at,
    outcome: row.outcome as CardEnd['outcome'],
    sum: { amount: row.amount_minor, currency: row.currency },
    keptUntil: row.kept_until,
    dataMb: row.data_mb,
    voiceS: row.voice_s,
    sms: row.sms,
  }))
}
