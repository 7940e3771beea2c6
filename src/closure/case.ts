import { findIssuer, type Issuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { partOf, partsOfK, type PayoutPart } from '../payout/parts.ts'
import type { KeptSettlement } from '../payout/write-settlement.ts'
import { assert } from '../platform/errors.ts'
import type { Closure } from '../platform/tables.ts'
import { policyByVersion } from '../policy/policy.ts'
import type { Policy } from '../policy/policy-schema.ts'
import type { Selectable } from 'kysely'
import { readJournal, type Journal } from './journal.ts'

export type ClosureRow = Selectable<Closure>

/** A card in a closure: the card's own facts and what the closure has found out about its money. */
export type CaseCard = {
  cardId: string
  iccid: string
  plan: string
  zone: string
  expiresAt: Date
  currency: string
  /** What the holder is owed, and of what it is made up; null before it is settled. */
  settledMinor: bigint | null
  settlement: KeptSettlement | null
  /** The ways it goes back, in order; empty before it is settled. */
  parts: PayoutPart[]
}

/** One part of a card's money, on its way back. */
export type CasePart = { card: CaseCard; part: PayoutPart }

/** One closure as a worker has it before it: rows, rules and journal, under a version that it alone holds. */
export type Case = {
  issuer: Issuer
  policy: Policy
  closure: ClosureRow
  accountRef: string
  holderId: string
  cards: CaseCard[]
  journal: Journal
  /** Somebody's turn stands open on it (closure_block). */
  blocked: boolean
  /** The holder named an account for transfers, which is to be forgotten in the end. */
  accountGiven: boolean
  /** Sealed in this very look, so that its mail need not read it back. */
  certificate?: Uint8Array
}

/**
 * Takes a closure up in the issuer's transaction: from its commit on, writes under an older version are refused.
 * Undefined when there is none.
 */
export async function takeUp(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  closureId: string,
): Promise<Case | undefined> {
  const issuer = await findIssuer(tx, issuerId)
  if (!issuer) return undefined
  const taken = await tx
    .updateTable('closure')
    .set((e) => ({ version: e('version', '+', 1n), worker: ctx.worker }))
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .returningAll()
    .returning((e) =>
      e
        .exists(
          e
            .selectFrom('closure_block as b')
            .select('b.block_id')
            .whereRef('b.issuer_id', '=', 'closure.issuer_id')
            .whereRef('b.closure_id', '=', 'closure.closure_id')
            .where('b.cleared_at', 'is', null),
        )
        .as('blocked'),
    )
    .returning((e) =>
      e
        .exists(
          e
            .selectFrom('vault_item as v')
            .select('v.item_id')
            .whereRef('v.issuer_id', '=', 'closure.issuer_id')
            .whereRef('v.item_id', '=', 'closure.closure_id'),
        )
        .as('account_given'),
    )
    .executeTakeFirst()
  if (!taken) return undefined
  const { blocked, account_given, ...closure } = taken
  const account = await tx
    .selectFrom('account')
    .select(['account_ref', 'holder_id'])
    .where('issuer_id', '=', issuerId)
    .where('account_id', '=', closure.account_id)
    .executeTakeFirstOrThrow()
  return {
    issuer,
    policy: policyByVersion(closure.policy_version),
    closure,
    accountRef: account.account_ref,
    holderId: account.holder_id,
    cards: await readCaseCards(tx, issuerId, closureId),
    journal: await readJournal(tx, issuerId, closureId),
    blocked: Boolean(blocked),
    accountGiven: Boolean(account_given),
  }
}

export async function readCaseCards(tx: Tx, issuerId: string, closureId: string): Promise<CaseCard[]> {
  const rows = await tx
    .selectFrom('closure_card as k')
    .innerJoin('card as c', (join) =>
      join.onRef('c.issuer_id', '=', 'k.issuer_id').onRef('c.card_id', '=', 'k.card_id'),
    )
    .select([
      'c.card_id',
      'c.iccid',
      'c.plan',
      'c.zone',
      'c.expires_at',
      'c.currency',
      'k.settled_minor',
      'k.settlement',
      partsOfK.as('parts'),
    ])
    .where('k.issuer_id', '=', issuerId)
    .where('k.closure_id', '=', closureId)
    .orderBy('c.iccid')
    .execute()
  return rows.map((row) => ({
    cardId: row.card_id,
    iccid: row.iccid,
    plan: row.plan,
    zone: row.zone,
    expiresAt: row.expires_at,
    currency: row.currency,
    settledMinor: row.settled_minor,
    settlement: row.settlement as KeptSettlement | null,
    parts: row.parts.map(partOf),
  }))
}

/** Puts facts of the closure down, in the row and in the case. The turn must be held. */
export async function noteClosure(tx: Tx, told: Case, facts: Partial<ClosureRow>): Promise<void> {
  const { issuer_id, closure_id, version } = told.closure
  const done = await tx
    .updateTable('closure')
    .set(facts)
    .where('issuer_id', '=', issuer_id)
    .where('closure_id', '=', closure_id)
    .where('version', '=', version)
    .executeTakeFirst()
  assert(done.numUpdatedRows === 1n, 'the turn is held while a closure is written')
  Object.assign(told.closure, facts)
}
