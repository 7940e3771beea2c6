import { sql } from 'kysely'
import { houseAccounts } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import { notePart, partOf, partsOfK, type PayoutPart } from './parts.ts'
import { newParts, writeParts } from './write-settlement.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'

type Which = { issuerId: string; closureId: string; cardIds: string[] }

const isDispute = sql<boolean>`b.state <> 'won' and b.amount_minor > b.holder_minor + b.settled_minor`

/**
 * Cards of a closure whose payments were taken back by the payer's bank after they were settled, so that less is left of
 * them than is still owed by transfer or kept; by how much (minor units). The measure is that of a refund
 * (steps/pay-out.ts), for all payments of the card at once; what was paid in another currency counts as nothing.
 */
export async function chargedBackSince(tx: Tx, which: Which): Promise<Map<string, bigint>> {
  if (which.cardIds.length === 0) return new Map()
  const { rows } = await sql<{ card_id: string; owed: bigint; left_minor: bigint }>`
    select k.card_id, o.minor as owed,
           (coalesce((select sum(y.amount_minor - y.charged_back_minor) from payment y
                       where y.issuer_id = k.issuer_id and y.card_id = k.card_id and y.currency = o.currency), 0)
            - coalesce((select sum(q.amount_minor) from payout_part q
                         where q.issuer_id = k.issuer_id and q.state <> 'refused'
                           and q.reference is distinct from 'chargeback' and q.currency = o.currency
                           and (q.payment_id in (select y.payment_id from payment y
                                                  where y.issuer_id = k.issuer_id and y.card_id = k.card_id)
                                or q.closure_id = k.closure_id and q.card_id = k.card_id and q.payment_id is null
                                   and (q.state = 'paid' or q.route = 'voucher'))), 0))::bigint as left_minor
      from closure_card k
     cross join lateral (
       select q.currency, sum(q.amount_minor)::bigint as minor from payout_part q
        where q.issuer_id = k.issuer_id and q.closure_id = k.closure_id and q.card_id = k.card_id
          and q.route in ('kept', 'bank_transfer') and q.state in ('waiting', 'sent')
        group by q.currency) o
     where k.issuer_id = ${which.issuerId} and k.closure_id = ${which.closureId}
       and k.card_id in (${sql.join(which.cardIds)})
       and exists (select 1 from chargeback b
                    where b.issuer_id = k.issuer_id and b.card_id = k.card_id and ${isDispute})`.execute(tx)
  const short = rows.map(
    (row) => [row.card_id, row.owed - (row.left_minor > 0n ? row.left_minor : 0n)] as const,
  )
  return new Map(short.filter(([, minor]) => minor > 0n))
}

type OfCard = { issuerId: string; closureId: string; cardId: string }

/**
 * What the bank has taken of a card since counts as paid (refunds_payable → chargebacks), and the rest of a part stays
 * owed as it was. Answers false where the bank has taken nothing of what is owed. The closure is locked by the caller.
 */
export async function countSince(ctx: Context, tx: Tx, of: OfCard): Promise<boolean> {
  const { issuerId, closureId, cardId } = of
  const short = await chargedBackSince(tx, { issuerId, closureId, cardIds: [cardId] })
  let left = short.get(cardId) ?? 0n
  const parts = await partsOf(tx, of)
  let counted = false
  for (const { payment_id: paymentId, currency, minor } of await takenBy(tx, of)) {
    let taken = minor
    for (;;) {
      const part = parts.find((one) => isOwed(one) && one.currency === currency)
      if (!part || left <= 0n || taken <= 0n) break
      const amount = [left, part.amount, taken].reduce((a, b) => (a < b ? a : b))
      await countPart(ctx, tx, of, { parts, part, amount, paymentId })
      left -= amount
      taken -= amount
      counted = true
    }
  }
  return counted
}

const isOwed = ({ route, state }: PayoutPart) =>
  (route === 'kept' || route === 'bank_transfer') && state === 'waiting'

async function partsOf(tx: Tx, { issuerId, closureId, cardId }: OfCard): Promise<PayoutPart[]> {
  const row = await tx
    .selectFrom('closure_card as k')
    .select(partsOfK.as('parts'))
    .where('k.issuer_id', '=', issuerId)
    .where('k.closure_id', '=', closureId)
    .where('k.card_id', '=', cardId)
    .executeTakeFirstOrThrow()
  return row.parts.map(partOf)
}

/** What the bank took of each payment that nobody has borne but the house, oldest first. */
async function takenBy(tx: Tx, { issuerId, cardId }: OfCard) {
  const { rows } = await sql<{ payment_id: string; currency: string; minor: bigint }>`
    select b.payment_id, b.currency,
           (sum(b.amount_minor - b.holder_minor - b.settled_minor)
            - coalesce((select sum(q.amount_minor) from payout_part q
                         where q.issuer_id = b.issuer_id and q.payment_id = b.payment_id and q.state = 'paid'
                           and q.reference = 'chargeback'), 0))::bigint as minor
      from chargeback b
     where b.issuer_id = ${issuerId} and b.card_id = ${cardId} and ${isDispute}
     group by b.issuer_id, b.payment_id, b.currency order by min(b.opened_at), b.payment_id`.execute(tx)
  return rows
}

type Counted = { parts: PayoutPart[]; part: PayoutPart; amount: bigint; paymentId: string }

/** The part is given up for one that its payer's bank has paid, and for what is over. */
async function countPart(ctx: Context, tx: Tx, of: OfCard, counted: Counted): Promise<void> {
  const { issuerId, closureId, cardId } = of
  const { parts, part, amount, paymentId } = counted
  const { currency, route, claimUntil } = part
  await notePart(tx, issuerId, part, { state: 'refused', refusal: 'charged_back' })
  const place = (after: number) => ({ cardId, currency, after, refOf: () => null })
  const after = Math.max(...parts.map(({ ord }) => ord))
  const [paid] = newParts(ctx, place(after), [{ route: 'original_payment', paymentId, amount }])
  const rest = part.amount - amount
  const over = rest > 0n ? newParts(ctx, place(after + 1), [{ route, paymentId: null, amount: rest }]) : []
  const made = [paid!, ...over.map((one) => ({ ...one, claimUntil }))]
  await writeParts(tx, { issuerId, closureId }, made)
  parts.push(...made)
  const house = await houseAccounts(ctx, tx, {
    issuerId,
    kinds: ['refunds_payable', 'chargebacks'],
    currency,
  })
  await post(ctx, tx, {
    issuerId,
    key: `payout:${paid!.partId}`,
    reason: 'chargeback',
    entries: [
      { accountId: house.refunds_payable!, amount: -amount },
      { accountId: house.chargebacks!, amount },
    ],
  })
  await notePart(tx, issuerId, paid!, { state: 'paid', reference: 'chargeback', paidAt: ctx.clock.now() })
}
