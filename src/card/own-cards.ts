import type { Money } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

export type OwnCard = {
  cardId: string
  accountId: string
  accountRef: string
  iccid: string
  plan: string
  zone: string
  state: 'open' | 'closing' | 'frozen' | 'closed'
  expiresAt: Date
  dataLeftMb: bigint
  voiceLeft_s: bigint
  smsLeft: bigint
  balance: Money
}

/** The cards of whoever is signed in, open ones first, with what is left on them. */
export async function readOwnCards(ctx: Context, issuerId: string, holderIds: string[]): Promise<OwnCard[]> {
  if (holderIds.length === 0) return []
  const rows = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('account as a')
      .innerJoin('card as c', (j) =>
        j.onRef('c.issuer_id', '=', 'a.issuer_id').onRef('c.account_id', '=', 'a.account_id'),
      )
      .innerJoin('ledger_account as l', (j) =>
        j.onRef('l.issuer_id', '=', 'c.issuer_id').onRef('l.card_id', '=', 'c.card_id'),
      )
      .select([
        'c.card_id',
        'c.account_id',
        'a.account_ref',
        'c.iccid',
        'c.plan',
        'c.zone',
        'c.state',
        'c.expires_at',
      ])
      .select(['c.data_left_mb', 'c.voice_left_s', 'c.sms_left', 'c.currency', 'l.balance'])
      .where('a.issuer_id', '=', issuerId)
      .where('a.holder_id', 'in', holderIds)
      .orderBy((e) => e('c.state', '=', 'closed'))
      .orderBy('a.account_ref')
      .orderBy('c.sold_at', 'desc')
      .orderBy('c.iccid')
      .execute(),
  )
  return rows.map((row) => ({
    cardId: row.card_id,
    accountId: row.account_id,
    accountRef: row.account_ref,
    iccid: row.iccid,
    plan: row.plan,
    zone: row.zone,
    state: row.state as OwnCard['state'],
    expiresAt: row.expires_at,
    dataLeftMb: row.data_left_mb,
    voiceLeft_s: row.voice_left_s,
    smsLeft: row.sms_left,
    balance: { amount: row.balance, currency: row.currency },
  }))
}
