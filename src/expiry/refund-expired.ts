import { declareClosure, NotExpired } from '../closure/declare.ts'
import { hasWithdrawalWaiting, WithdrawalWaits } from '../closure/unproved.ts'
import type { Issuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { errorFields } from '../platform/log.ts'
import { toldZone } from '../policy/told-zone.ts'
import { noteRefunded } from './note-refunded.ts'

// Each has a slip to be typeset and sealed, on the core that closings need too: the rest waits a minute.
const at_once = 200

/**
 * Closes expired cards whose money goes back by itself, as the issuer's own decision: with slip, settlement, payout
 * and certificate like any other. Found again after a kill: a card is due until its closing is declared. One for which a
 * withdrawal was declared in time, without signing in, is left to that until it is proved or lapses.
 */
export async function refundExpired(ctx: Context, issuer: Issuer): Promise<number> {
  const { issuerId } = issuer
  const due = await inIssuer(ctx.db, issuerId, (tx) => readDue(tx, issuerId))
  for (const card of due) {
    try {
      await closeExpired(ctx, issuerId, card)
    } catch (error) {
      // Days that were bought while the slips of others were made have brought it back.
      if (error instanceof NotExpired) continue
      // Declared while they were made: it pays more, and its holder has until it lapses to prove it.
      if (error instanceof WithdrawalWaits) continue
      // One that can't be closed now holds up no other, and is tried again in a minute.
      ctx.log.error('an expired card was not closed', { issuer: issuerId, ...errorFields(error) })
    }
  }
  return due.length
}

async function closeExpired(ctx: Context, issuerId: string, card: Due): Promise<void> {
  const zone = toldZone(card.jurisdiction, ctx.clock.now())
  await declareClosure(ctx, {
    issuerId,
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: card.locale,
    zone,
    receivedBy: 'expiry',
    identity: 'issuer_decision',
  }).catch(async (error: unknown) => {
    // The holder was faster: either way it is being closed.
    const known = error instanceof Refusal && error.code.startsWith('closure/already_')
    if (!known) throw error
    await inIssuer(ctx.db, issuerId, (tx) => noteRefunded(tx, issuerId, [card.cardId]))
  })
}

type Due = { cardId: string; accountId: string; jurisdiction: string; locale: 'zh-CN' | 'en' }

async function readDue(tx: Tx, issuerId: string): Promise<Due[]> {
  const rows = await tx
    .selectFrom('card_end as n')
    .innerJoin('card as c', (j) =>
      j.onRef('c.issuer_id', '=', 'n.issuer_id').onRef('c.card_id', '=', 'n.card_id'),
    )
    .innerJoin('account as a', (j) =>
      j.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.account_id', '=', 'c.account_id'),
    )
    .select(['c.card_id', 'c.account_id', 'a.jurisdiction', 'a.locale'])
    .where('n.issuer_id', '=', issuerId)
    .where('n.outcome', '=', 'refund_due')
    .where((where) => where.not(hasWithdrawalWaiting(issuerId, 'n.card_id')))
    .orderBy('n.card_id')
    .limit(at_once)
    .execute()
  return rows.map((row) => ({
    cardId: row.card_id,
    accountId: row.account_id,
    jurisdiction: row.jurisdiction,
    locale: row.locale as 'zh-CN' | 'en',
  }))
}
