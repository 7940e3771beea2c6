import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import type { PostingReason } from './reasons.ts'
import type { LedgerRefusal } from './refusals.ts'

/** One line of a posting: minor units in the account's own currency, plus is in, minus is out. */
export type Entry = { accountId: string; amount: bigint }
export type Posting = {
  issuerId: string
  /** Names this one movement for ever; posting it again answers 'replayed' and moves nothing. */
  key: string
  reason: PostingReason
  entries: Entry[]
  /** Accounts that end with this posting; the database refuses unless their balance is then 0. Their holds end too. */
  close?: string[]
  /** Accounts frozen for closing that this may still debit: use from before the freeze, a chargeback. */
  despiteFreeze?: string[]
}

/**
 * The only writer of the books. Runs in the caller's transaction, so that money and the row that says why move
 * together. Throws Refusal: ledger/key_reused, ledger/unknown_account, ledger/unbalanced, ledger/account_closed,
 * ledger/account_frozen, ledger/insufficient_balance, ledger/too_large. A refusal ends the caller's transaction.
 */
export async function post(ctx: Context, tx: Tx, posting: Posting): Promise<'posted' | 'replayed'> {
  const entries = posting.entries.map((e) => ({ account: e.accountId, amount: e.amount.toString() }))
  const hash = createHash('sha256')
    .update(JSON.stringify([posting.reason, entries, posting.close ?? []]))
    .digest()
  try {
    const { rows } = await sql<{ answer: 'posted' | 'replayed' }>`
      select ledger_post(${posting.issuerId}, ${ctx.ids.next()}, ${posting.key}, ${hash}, ${posting.reason},
        ${ctx.clock.now()}, ${JSON.stringify(entries)}::jsonb, ${posting.close ?? []}::uuid[],
        ${posting.despiteFreeze ?? []}::uuid[]) as answer`.execute(tx)
    return rows[0]!.answer
  } catch (error) {
    throw ledgerRefusalOf(error) ?? error
  }
}

const bySqlState: Record<string, LedgerRefusal> = {
  LB010: 'ledger/key_reused',
  LB011: 'ledger/unknown_account',
  LB012: 'ledger/unbalanced',
  LB013: 'ledger/account_closed',
  LB014: 'ledger/account_frozen',
  LB016: 'ledger/hold_ended',
  LB017: 'ledger/more_than_held',
  // A bigint's end (numeric_value_out_of_range): nobody's balance gets there honestly.
  '22003': 'ledger/too_large',
}

/** What a gate said no with, or undefined when it was something else. */
export function ledgerRefusalOf(error: unknown): Refusal | undefined {
  const { code, constraint } = error as { code?: string; constraint?: string }
  if (code === '23514' && constraint === 'holder_balance_not_negative')
    return new Refusal('ledger/insufficient_balance')
  const known = code && bySqlState[code]
  return known ? new Refusal(known) : undefined
}
