import { sql } from 'kysely'
import type { Issuer } from '../issuer/issuer.ts'
import { formatMoney } from '../ledger/money.ts'
import { sumOf } from '../notice/certificate-mail.ts'
import { readClosureFacts } from '../notice/closure-facts.ts'
import type { Written } from '../notice/send-notice.ts'
import { type TakenBackFacts, takenBackLetter } from '../notice/taken-back-letter.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { readPerson } from '../privacy/vault.ts'
import { readCaseCards } from './case.ts'

type Which = { closureId: string; locale: 'zh-CN' | 'en' }

/**
 * The mail about what the payer's bank took back after a closing was completed. `dropped` says why there is nothing to
 * send: `no_address` (the person is erased: also the envelope with the address for the last mail is not for this), or
 * `overtaken` (the bank gave it back to us meanwhile).
 */
export async function writeTakenBackLetter(
  ctx: Context,
  tx: Tx,
  issuer: Issuer,
  { closureId, locale }: Which,
): Promise<Written | { dropped: 'overtaken' | 'no_address' }> {
  const { issuerId } = issuer
  const taken = await readTaken(tx, { issuerId, closureId, locale })
  const facts = await readClosureFacts(ctx, tx, { issuerId, closureId, locale })
  if (!facts || taken.length === 0) return { dropped: 'overtaken' }
  const to = (await readPerson(ctx, tx, issuerId, facts.holderId))?.email
  if (!to) return { dropped: 'no_address' }
  const cards = await readCaseCards(tx, issuerId, closureId)
  const paidOut = sumOf(cards, locale, ['original_payment', 'bank_transfer', 'voucher'])
  return { to, letter: takenBackLetter(locale, issuer, { ...facts, taken, paidOut }) }
}

type Row = { amount_minor: bigint; currency: string; opened_at: Date; state: 'open' | 'lost' }

/** What was booked since money went out: what came before that stood in what was settled. */
async function readTaken(
  tx: Tx,
  { issuerId, closureId, locale }: Which & { issuerId: string },
): Promise<TakenBackFacts['taken']> {
  const { rows } = await sql<Row>`
    select b.amount_minor, b.currency, b.opened_at, b.state
      from closure o
      join closure_card k on k.issuer_id = o.issuer_id and k.closure_id = o.closure_id
      join chargeback b on b.issuer_id = k.issuer_id and b.card_id = k.card_id and b.state <> 'won'
      join ledger_posting p on p.issuer_id = b.issuer_id
                           and p.key = 'chargeback:' || b.dispute_ref || ':' || b.payment_id
     where o.issuer_id = ${issuerId} and o.closure_id = ${closureId} and p.posted_at >= coalesce(o.no_return_at, o.closed_at)
     order by b.opened_at, b.dispute_ref`.execute(tx)
  return rows.map(({ amount_minor: amount, currency, opened_at: at, state }) => ({
    sum: formatMoney({ amount, currency }, locale),
    at,
    state,
  }))
}
