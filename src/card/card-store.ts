import type { Money } from '../ledger/money.ts'
import type { Tx } from '../platform/db.ts'

/** A card with what is left on it. Balance and `paidMinor` are minor units of `currency`. */
export type Card = {
  cardId: string
  accountId: string
  accountRef: string
  iccid: string
  plan: string
  zone: string
  soldAt: Date
  activatedAt: Date | null
  expiresAt: Date
  profileState: string
  lineState: string
  dataLeftMb: bigint
  voiceLeftS: bigint
  smsLeft: bigint
  balance: Money
  state: 'open' | 'closing' | 'frozen' | 'closed'
  paymentProvider: string
  paymentRef: string
  invoiceNo: string
  paidMinor: bigint
  currency: string
  /** Where the holder lives (ISO 3166-1 alpha-2): whose law says what becomes of the money when the card ends. */
  jurisdiction: string
  /** When it ended; null while it lives. Its money may be kept until a later day. */
  lapsedAt: Date | null
  keptUntil: Date | null
  /** Its money went back when it ended: days bring it back no more. */
  endedForGood: boolean
  expiryOutcome: 'lapsed' | 'kept' | 'refund_due' | 'refunded' | 'nothing' | null
}

/** The cards of these holders, by account and age. */
export async function listCards(tx: Tx, issuerId: string, holderIds: string[]): Promise<Card[]> {
  if (holderIds.length === 0) return []
  const rows = await cards(tx, issuerId).where('a.holder_id', 'in', holderIds).execute()
  return rows.map(fromRow)
}

/** The cards of one account, oldest first. */
export async function listCardsOfAccount(tx: Tx, issuerId: string, accountId: string): Promise<Card[]> {
  const rows = await cards(tx, issuerId).where('c.account_id', '=', accountId).execute()
  return rows.map(fromRow)
}

export async function findCardByIccid(tx: Tx, issuerId: string, iccid: string): Promise<Card | undefined> {
  const row = await cards(tx, issuerId).where('c.iccid', '=', iccid).executeTakeFirst()
  return row && fromRow(row)
}

export async function readCard(tx: Tx, issuerId: string, cardId: string): Promise<Card | undefined> {
  const row = await cards(tx, issuerId).where('c.card_id', '=', cardId).executeTakeFirst()
  return row && fromRow(row)
}

function cards(tx: Tx, issuerId: string) {
  return tx
    .selectFrom('card as c')
    .innerJoin('account as a', (join) =>
      join.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.account_id', '=', 'c.account_id'),
    )
    .innerJoin('ledger_account as l', (join) =>
      join.onRef('l.issuer_id', '=', 'c.issuer_id').onRef('l.card_id', '=', 'c.card_id'),
    )
    .innerJoin('card_end as n', (join) =>
      join.onRef('n.issuer_id', '=', 'c.issuer_id').onRef('n.card_id', '=', 'c.card_id'),
    )
    .select(['c.card_id', 'c.account_id', 'a.account_ref', 'c.iccid', 'c.plan', 'c.zone', 'c.sold_at'])
    .select(['c.activated_at', 'c.expires_at', 'c.profile_state', 'c.line_state', 'c.data_left_mb'])
    .select([
      'c.voice_left_s',
      'c.sms_left',
      'c.state',
      'c.payment_provider',
      'c.payment_ref',
      'c.invoice_no',
    ])
    .select(['c.paid_minor', 'c.currency', 'l.balance', 'l.currency as balance_currency'])
    .select(['a.jurisdiction', 'n.lapsed_at', 'n.kept_until', 'n.outcome as expiry_outcome'])
    .select('c.ended_for_good')
    .where('c.issuer_id', '=', issuerId)
    .orderBy('a.account_ref')
    .orderBy('c.sold_at')
    .orderBy('c.iccid')
}

type CardRow = Awaited<ReturnType<ReturnType<typeof cards>['execute']>>[number]

function fromRow(row: CardRow): Card {
  return {
    cardId: row.card_id,
    accountId: row.account_id,
    accountRef: row.account_ref,
    iccid: row.iccid,
    plan: row.plan,
    zone: row.zone,
    soldAt: row.sold_at,
    activatedAt: row.activated_at,
    expiresAt: row.expires_at,
    profileState: row.profile_state,
    lineState: row.line_state,
    dataLeftMb: row.lapsed_at ? 0n : row.data_left_mb,
    voiceLeftS: row.lapsed_at ? 0n : row.voice_left_s,
    smsLeft: row.lapsed_at ? 0n : row.sms_left,
    balance: { amount: row.balance, currency: row.balance_currency },
    state: row.state as Card['state'],
    paymentProvider: row.payment_provider,
    paymentRef: row.payment_ref,
    invoiceNo: row.invoice_no,
    paidMinor: row.paid_minor,
    currency: row.currency,
    jurisdiction: row.jurisdiction,
    lapsedAt: row.lapsed_at,
    keptUntil: row.kept_until,
    endedForGood: row.ended_for_good,
    expiryOutcome: row.expiry_outcome as Card['expiryOutcome'],
  }
}
