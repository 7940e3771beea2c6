import { catchUp } from '../payment/catch-up.ts'
import { partOf, partsOfK, type PayoutPart } from '../payout/parts.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { chargedBackSince } from '../payout/charged-back-since.ts'
import type { ClosureView } from './closure-view.ts'
import { isOwedByTransfer } from './owed-parts.ts'
import { type FilePaid, payByHand } from './pay-by-hand.ts'

/**
 * What staff do when a closure waits for them. Both queue a look; the story goes on from where it stands.
 */

/** What was refused is asked once more, under a new key. Throws Refusal closure/nothing_blocked. */
export async function retryBlocked(
  ctx: Context,
  input: { issuerId: string; closureId: string },
): Promise<void> {
  await inIssuer(ctx.db, input.issuerId, async (tx) => {
    const cleared = await tx
      .updateTable('closure_block')
      .set({ cleared_at: ctx.clock.now() })
      .where('issuer_id', '=', input.issuerId)
      .where('closure_id', '=', input.closureId)
      .where('cleared_at', 'is', null)
      .where('reason', 'not in', ['bank_details_needed', 'transfer_to_send', 'transfer_under_way'])
      .executeTakeFirst()
    if (cleared.numUpdatedRows === 0n) throw new Refusal('closure/nothing_blocked')
    await ctx.jobs.look(tx, 'closure', { issuerId: input.issuerId, id: input.closureId })
  })
}

/** Reasons for which staff pay by hand what does not go by itself. */
const payable_by_hand = [
  'bank_details_needed',
  'transfer_to_send',
  'transfer_under_way',
  'payout_refused',
  'payout_currency_differs',
  'payout_more_than_paid',
  'payout_charged_back',
  'refunded_by_hand',
]

export type Recorded = {
  issuerId: string
  closureId: string
  /** One card; all of the closure without it. */
  iccid?: string | undefined
  reference: string
  /** What became of the transfer in a file for the bank, where one of it stands there. */
  file?: FilePaid | undefined
  /** It is owed although the payer's bank has taken back what it was paid with. */
  isOwedAllTheSame?: boolean | undefined
}
/** What was booked of a card, minor units. */
export type PaidSum = { iccid: string; amount: bigint; currency: string }

/**
 * Staff transferred money of a closure by bank: the bank's reference is the evidence. It serves all that is owed by
 * transfer of the card, or of all its cards, and what the payment provider refused for good; what the verify page calls
 * owed, and nothing besides. A reference that a card has already is the same command again and no second transfer.
 * Throws Refusal closure/no_such_closure, closure/no_such_card, closure/already_undone, closure/nothing_blocked,
 * closure/reference_known, closure/in_bank_file, closure/charged_back_since; and closure/money_news when the payment
 * provider knew of something that was not booked yet.
 */
export async function recordBankTransfer(ctx: Context, input: Recorded): Promise<PaidSum[]> {
  const { issuerId, closureId, reference } = input
  if (await hasNews(ctx, input)) throw new Refusal('closure/money_news')
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const state = await lockForStaff(tx, input)
    const cards = await readCards(tx, input)
    if (cards.length === 0) throw new Refusal('closure/no_such_card')
    const blocked = await readBlocked(tx, input)
    const owed = cards.flatMap((card) => {
      const parts = card.parts.filter((part) => blocked.has(part.partId) || isOwedByTransfer(state, part))
      return parts.length > 0 ? [{ ...card, parts, isKnown: card.parts.some(isPaidBy(reference)) }] : []
    })
    if (owed.length === 0) throw new Refusal('closure/nothing_blocked')
    const paid = owed.filter(({ isKnown }) => !isKnown)
    if (paid.length === 0) throw new Refusal('closure/reference_known')
    const parts = paid.flatMap((card) => card.parts)
    if (!input.file) await refuseInFile(tx, issuerId, parts)
    if (!input.isOwedAllTheSame) await refuseChargedBack(tx, input, { cards: paid, blocked })
    for (const part of parts)
      await payByHand(ctx, tx, { issuerId, closureId, part, reference, file: input.file })
    await goOn(ctx, tx, input, parts)
    return paid.map((card) => ({
      iccid: card.iccid,
      amount: card.parts.reduce((sum, { amount }) => sum + amount, 0n),
      currency: card.parts[0]!.currency,
    }))
  })
}

const isPaidBy = (reference: string) => (part: PayoutPart) =>
  part.state === 'paid' && part.reference === reference

/** What the payment provider knows of the cards' payments and we did not. */
async function hasNews(ctx: Context, input: Recorded): Promise<boolean> {
  const { issuerId, iccid } = input
  const iccids = iccid
    ? [iccid]
    : await inIssuer(ctx.db, issuerId, async (tx) => (await readCards(tx, input)).map((card) => card.iccid))
  let news = false
  for (const one of iccids) news = (await catchUp(ctx, { issuerId, iccid: one })) || news
  return news
}

/** The closure, locked: its state. */
async function lockForStaff(tx: Tx, { issuerId, closureId }: Recorded): Promise<ClosureView['state']> {
  const closure = await tx
    .selectFrom('closure')
    .select('state')
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!closure) throw new Refusal('closure/no_such_closure')
  if (closure.state === 'undone') throw new Refusal('closure/already_undone')
  return closure.state as ClosureView['state']
}

type Card = { cardId: string; iccid: string; parts: PayoutPart[] }

async function readCards(tx: Tx, { issuerId, closureId, iccid }: Recorded): Promise<Card[]> {
  const rows = await tx
    .selectFrom('closure_card as k')
    .innerJoin('card as c', (j) =>
      j.onRef('c.issuer_id', '=', 'k.issuer_id').onRef('c.card_id', '=', 'k.card_id'),
    )
    .select(['c.card_id', 'c.iccid', partsOfK.as('parts')])
    .where('k.issuer_id', '=', issuerId)
    .where('k.closure_id', '=', closureId)
    .$if(iccid !== undefined, (q) => q.where('c.iccid', '=', iccid!))
    .orderBy('c.iccid')
    .execute()
  return rows.map((row) => ({ cardId: row.card_id, iccid: row.iccid, parts: row.parts.map(partOf) }))
}

/** Parts that wait for staff, by why. */
async function readBlocked(tx: Tx, { issuerId, closureId }: Recorded): Promise<Map<string, string>> {
  const rows = await tx
    .selectFrom('closure_block as b')
    .innerJoin('payout_part as p', (j) =>
      j.onRef('p.issuer_id', '=', 'b.issuer_id').onRef('p.part_id', '=', 'b.scope_id'),
    )
    .select(['b.scope_id', 'b.reason'])
    .where('b.issuer_id', '=', issuerId)
    .where('b.closure_id', '=', closureId)
    .where('b.reason', 'in', payable_by_hand)
    .where('b.cleared_at', 'is', null)
    .where('p.state', 'in', ['waiting', 'sent'])
    .execute()
  return new Map(rows.map((row) => [row.scope_id, row.reason]))
}

/** The bank may be carrying it out by now: whoever pays beside the file has it struck out there first. */
async function refuseInFile(tx: Tx, issuerId: string, parts: PayoutPart[]): Promise<void> {
  const sent = parts.filter(({ route, state }) => route === 'bank_transfer' && state === 'sent')
  if (sent.length === 0) return
  const rows = await tx
    .selectFrom('payout_part')
    .select('file_id')
    .distinct()
    .where('issuer_id', '=', issuerId)
    .where(
      'part_id',
      'in',
      sent.map(({ partId }) => partId),
    )
    .execute()
  throw new Refusal('closure/in_bank_file', { file: rows.map((row) => row.file_id ?? '').join(', ') })
}

/** Where that was found before, its block says so and staff have seen it. */
async function refuseChargedBack(
  tx: Tx,
  which: Recorded,
  { cards, blocked }: { cards: Card[]; blocked: Map<string, string> },
): Promise<void> {
  const unseen = cards.filter(({ parts }) =>
    parts.some((part) => part.paymentId === null && blocked.get(part.partId) !== 'payout_charged_back'),
  )
  const { issuerId, closureId } = which
  const cardIds = unseen.map(({ cardId }) => cardId)
  const short = await chargedBackSince(tx, { issuerId, closureId, cardIds })
  const iccids = unseen.filter(({ cardId }) => short.has(cardId)).map(({ iccid }) => iccid)
  if (iccids.length > 0) throw new Refusal('closure/charged_back_since', { iccid: iccids.join(', ') })
}

/**
 * The money is gone already: from here undo would pay twice, and so would a worker that has the closure in hand as it
 * was before; the new version stops it.
 */
async function goOn(ctx: Context, tx: Tx, which: Recorded, parts: PayoutPart[]): Promise<void> {
  const { issuerId, closureId } = which
  const now = ctx.clock.now()
  await tx
    .updateTable('closure_block')
    .set({ cleared_at: now })
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .where(
      'scope_id',
      'in',
      parts.map(({ partId }) => partId),
    )
    .where('reason', 'in', payable_by_hand)
    .where('cleared_at', 'is', null)
    .execute()
  await tx
    .updateTable('closure')
    .set((e) => ({
      no_return_at: e.fn.coalesce('no_return_at', e.val(now)),
      version: e('version', '+', 1n),
    }))
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .execute()
  await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
}
