import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'
import type { FleetRow } from './read-row.ts'

export type NewCard = { cardId: string; accountId: string; digest: Buffer; row: FleetRow }

/** Writes cards of one issuer in one statement. Their balances go through the ledger, not through here. */
export async function writeCards(tx: Tx, issuerId: string, cards: NewCard[]): Promise<void> {
  const column = (pick: (card: NewCard) => string | null) => cards.map(pick)
  await sql`insert into card (issuer_id, card_id, account_id, iccid, plan, zone, sold_at, activated_at, expires_at,
      profile_state, line_state, data_left_mb, voice_left_s, sms_left, currency, paid_minor, payment_provider,
      payment_ref, invoice_no, source_digest)
    select ${issuerId}, r.* from unnest(
      ${column((c) => c.cardId)}::uuid[],
      ${column((c) => c.accountId)}::uuid[],
      ${column((c) => c.row.iccid)}::text[],
      ${column((c) => c.row.fields.plan)}::text[],
      ${column((c) => c.row.fields.zone)}::text[],
      ${column((c) => c.row.fields.sold_at)}::timestamptz[],
      ${column((c) => c.row.activatedAt)}::timestamptz[],
      ${column((c) => c.row.fields.expires_at)}::timestamptz[],
      ${column((c) => c.row.fields.profile_state)}::text[],
      ${column((c) => c.row.fields.line_state)}::text[],
      ${column((c) => c.row.fields.data_left_mb)}::bigint[],
      ${column((c) => c.row.fields.voice_left_s)}::bigint[],
      ${column((c) => c.row.fields.sms_left)}::bigint[],
      ${column((c) => c.row.currency)}::text[],
      ${column((c) => c.row.paidMinor.toString())}::bigint[],
      ${column((c) => c.row.fields.payment_provider)}::text[],
      ${column((c) => c.row.fields.payment_ref)}::text[],
      ${column((c) => c.row.fields.invoice_no)}::text[],
      ${cards.map((c) => c.digest)}::bytea[]) as r`.execute(tx)
}
