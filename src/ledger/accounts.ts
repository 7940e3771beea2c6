import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { assert } from '../platform/errors.ts'
import type { Money } from './money.ts'

/**
 * Accounts of the house, one an issuer and currency. Credits are positive: what the house owes or has earned stands
 * above zero, what it has (cash) or has lost below. docs/adr/0011-how-money-flows.md says what moves between them.
 */
export type HouseAccount =
  | 'cash_at_provider'
  | 'cash_at_bank'
  | 'opening'
  | 'orders_in_hand'
  | 'deferred_revenue'
  | 'revenue'
  | 'lapsed_balance'
  | 'refunds_payable'
  | 'vouchers'
  | 'fees'
  | 'provider_fees'
  | 'tax_payable'
  | 'late_usage'
  | 'unmatched_receipts'
  | 'chargebacks'
  | 'refunds_by_hand'

/** The house's account, made when missing; safe when two processes need it first at the same moment. */
export async function houseAccount(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; kind: HouseAccount; currency: string },
): Promise<string> {
  const find = () =>
    tx
      .selectFrom('ledger_account')
      .select('account_id')
      .where('issuer_id', '=', input.issuerId)
      .where('kind', '=', input.kind)
      .where('currency', '=', input.currency)
      .where('card_id', 'is', null)
      .executeTakeFirst()
  const known = await find()
  if (known) return known.account_id
  await tx
    .insertInto('ledger_account')
    .values({
      issuer_id: input.issuerId,
      account_id: ctx.ids.next(),
      kind: input.kind,
      currency: input.currency,
    })
    .onConflict((c) => c.columns(['issuer_id', 'kind', 'currency']).where('card_id', 'is', null).doNothing())
    .execute()
  const made = await find()
  assert(made, 'a house account exists after it was made')
  return made.account_id
}

/** Several of them at one look; those that are missing are made. */
export async function houseAccounts(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; kinds: HouseAccount[]; currency: string },
): Promise<Partial<Record<HouseAccount, string>>> {
  const { issuerId, kinds, currency } = input
  if (kinds.length === 0) return {}
  const rows = await tx
    .selectFrom('ledger_account')
    .select(['kind', 'account_id'])
    .where('issuer_id', '=', issuerId)
    .where('kind', 'in', kinds)
    .where('currency', '=', currency)
    .where('card_id', 'is', null)
    .execute()
  const accounts: Partial<Record<HouseAccount, string>> = {}
  for (const row of rows) accounts[row.kind as HouseAccount] = row.account_id
  for (const kind of kinds) accounts[kind] ??= await houseAccount(ctx, tx, { issuerId, kind, currency })
  return accounts
}

export type CardBalance = Money & {
  accountId: string
  /** Of the amount, set aside by holds: nothing but their own posting can take it. */
  held: bigint
  frozenAt: Date | null
  closedAt: Date | null
}

/** A card's balance account, locked until the transaction ends: what is read here is what will be posted. */
export async function lockCardBalance(
  tx: Tx,
  card: { issuerId: string; cardId: string },
): Promise<CardBalance> {
  const row = await tx
    .selectFrom('ledger_account')
    .select(['account_id', 'balance', 'held', 'currency', 'frozen_at', 'closed_at'])
    .where('issuer_id', '=', card.issuerId)
    .where('card_id', '=', card.cardId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  assert(row, 'every card has a balance account')
  return {
    accountId: row.account_id,
    amount: row.balance,
    held: row.held,
    currency: row.currency,
    frozenAt: row.frozen_at,
    closedAt: row.closed_at,
  }
}

/** From here on no usage is taken off the card; money may still come in until it is settled. */
export async function freezeBalance(
  ctx: Context,
  tx: Tx,
  card: { issuerId: string; cardId: string },
): Promise<void> {
  await tx
    .updateTable('ledger_account')
    .set({ frozen_at: ctx.clock.now() })
    .where('issuer_id', '=', card.issuerId)
    .where('card_id', '=', card.cardId)
    .where('frozen_at', 'is', null)
    .execute()
}

/** Undo of a closure: the balance lives again. Only for accounts whose settlement was posted back. */
export async function reviveBalance(tx: Tx, card: { issuerId: string; cardId: string }): Promise<void> {
  await tx
    .updateTable('ledger_account')
    .set({ frozen_at: null, closed_at: null })
    .where('issuer_id', '=', card.issuerId)
    .where('card_id', '=', card.cardId)
    .execute()
}

/** Ends a balance account that holds nothing; the database refuses when it does hold something. */
export async function closeEmptyBalance(
  ctx: Context,
  tx: Tx,
  card: { issuerId: string; cardId: string },
): Promise<void> {
  await tx
    .updateTable('ledger_account')
    .set({ closed_at: ctx.clock.now() })
    .where('issuer_id', '=', card.issuerId)
    .where('card_id', '=', card.cardId)
    .where('closed_at', 'is', null)
    .execute()
}
