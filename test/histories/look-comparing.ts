import { expect } from 'vitest'
import { previewClosure } from '../../src/closure/preview.ts'
import { entriesOf } from '../../src/ledger/read-posting.ts'
import type { Settlement } from '../../src/payout/settlement.ts'
import { keptSettlement, settlementKey } from '../../src/payout/write-settlement.ts'
import { inIssuer } from '../../src/platform/db.ts'
import type { Outside } from '../outside.ts'
import type { OpenClosure } from './play.ts'
import { issuerId } from './stage.ts'

/**
 * Works on a closure as a worker does, and holds what it settles against what was told just before it: by the preview,
 * and by what a card's page had `shown` where nothing has happened since.
 */
export async function lookComparing(
  leb: Outside,
  closure: OpenClosure,
  shown: Map<string, Settlement> = new Map(),
): Promise<void> {
  const unsettled = await unsettledCards(leb, closure.closure_id)
  const told = await tellBefore(leb, closure, unsettled)
  await leb.look(issuerId, closure.closure_id)
  const left = new Set(await unsettledCards(leb, closure.closure_id))
  for (const cardId of unsettled.filter((one) => !left.has(one))) {
    await comparePosted(leb, closure.closure_id, cardId, told.get(cardId)!)
    const page = shown.get(cardId)
    if (page) await comparePosted(leb, closure.closure_id, cardId, page)
  }
}

/** What each card would be paid. Days count at the declaration, so the clock is there while it is told. */
async function tellBefore(
  leb: Outside,
  closure: OpenClosure,
  cardIds: string[],
): Promise<Map<string, Settlement>> {
  if (cardIds.length === 0) return new Map()
  const ctx = { ...leb, clock: { now: () => closure.declared_at } }
  const { cards } = await previewClosure(ctx, {
    issuerId,
    accountId: closure.account_id,
    cardIds,
    act: 'terminate',
    identity: 'issuer_decision',
    voucher: closure.payout_choice === 'voucher',
  })
  return new Map(cards.map((card) => [card.cardId, card.settlement]))
}

async function unsettledCards(leb: Outside, closureId: string): Promise<string[]> {
  const rows = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('closure_card')
      .select('card_id')
      .where('closure_id', '=', closureId)
      .where('live', '=', true)
      .where('settled_minor', 'is', null)
      .execute(),
  )
  return rows.map((row) => row.card_id)
}

async function comparePosted(
  leb: Outside,
  closureId: string,
  cardId: string,
  told: Settlement,
): Promise<void> {
  const { kept, parts, entries, kinds } = await inIssuer(leb.db, issuerId, async (tx) => ({
    kept: await tx
      .selectFrom('closure_card')
      .select(['settlement', 'settled_minor'])
      .where('closure_id', '=', closureId)
      .where('card_id', '=', cardId)
      .executeTakeFirstOrThrow(),
    parts: await tx
      .selectFrom('payout_part')
      .select(['route', 'payment_id as paymentId', 'amount_minor as amount'])
      .where('closure_id', '=', closureId)
      .where('card_id', '=', cardId)
      .orderBy('ord')
      .limit(told.parts.length)
      .execute(),
    entries: await entriesOf(tx, issuerId, settlementKey(closureId, cardId)),
    kinds: await tx.selectFrom('ledger_account').select(['account_id', 'kind']).execute(),
  }))
  expect(kept).toEqual({ settlement: keptSettlement(told), settled_minor: told.total })
  // What a payment was made with is told besides and never posted.
  expect(parts).toEqual(told.parts.map(({ route, paymentId, amount }) => ({ route, paymentId, amount })))
  // The journal itself: what left the card, less the fee and with what the plan gave back, is what is owed.
  const kindOf = new Map(kinds.map((row) => [row.account_id, row.kind]))
  const moved = (kind: string) =>
    entries
      .filter(({ accountId }) => kindOf.get(accountId) === kind)
      .reduce((sum, { amount }) => sum + amount, 0n)
  const line = (kind: string) =>
    told.lines.filter((one) => one.kind === kind).reduce((sum, { amount }) => sum + amount, 0n)
  expect(moved('refunds_payable')).toBe(told.total)
  expect(-moved('holder_balance')).toBe(line('balance'))
  expect(moved('fees')).toBe(-line('closing_fee'))
}
