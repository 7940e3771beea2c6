import { sql } from 'kysely'
import { lockCardBalance } from '../ledger/accounts.ts'
import { holdMoney, releaseHold } from '../ledger/holds.ts'
import { formatMoney } from '../ledger/money.ts'
import { bearLetGo } from '../payment/bear-again.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { policyFor } from '../policy/policy.ts'

/** Beyond the hours in which policy wants an order delivered or given up: so long may every worker be down. */
const spare_hours = 7 * 24

const keyOf = (orderId: string) => `order/${orderId}`

type ForOrder = {
  issuerId: string
  orderId: string
  cardId: string
  /** Minor units of the card's currency. */
  amount: bigint
  jurisdiction: string
  /** Its card has ended: it can't be topped up. */
  ended: boolean
}

/** What is said where a card's balance does not reach: minor units of its currency. */
export function balanceShort(of: {
  free: bigint
  amount: bigint
  currency: string
  ended: boolean
}): Refusal {
  const { free, amount, currency, ended } = of
  const money = (sum: bigint) => ({
    'zh-CN': formatMoney({ amount: sum, currency }, 'zh-CN'),
    en: formatMoney({ amount: sum, currency }, 'en'),
  })
  const code = ended ? 'order/balance_short_ended' : 'order/balance_short'
  return new Refusal(code, {}, { free: money(free), missing: money(amount - free) })
}

/**
 * Sets an order's price aside on the card's balance, in the transaction that takes the order: nothing else can spend
 * it until it is delivered or given up. Throws Refusal order/balance_short(_ended) with what is missing, order/card_closing for
 * a balance that is frozen or at its end.
 */
export async function setAside(ctx: Context, tx: Tx, order: ForOrder): Promise<void> {
  const { issuerId, cardId, amount } = order
  const now = ctx.clock.now()
  const balance = await lockCardBalance(tx, { issuerId, cardId })
  if (balance.frozenAt || balance.closedAt) throw new Refusal('order/card_closing')
  const free = balance.amount - balance.held
  if (free < amount) throw balanceShort({ free, amount, currency: balance.currency, ended: order.ended })
  const { deliver_within_hours: within } = policyFor(order.jurisdiction, now)
  await holdMoney(ctx, tx, {
    issuerId,
    key: keyOf(order.orderId),
    cardId,
    amount,
    reason: 'add_on_bought',
    expiresAt: new Date(now.getTime() + (within + spare_hours) * 3_600_000),
  })
}

export type SetAside = { holdId: string; accountId: string; isGood: boolean }

/**
 * What is set aside for an order; good while it can still be taken. The card's balance is locked by now: whoever ends a
 * hold locks that first.
 */
export async function readSetAside(
  tx: Tx,
  order: { issuerId: string; orderId: string },
  now: Date,
): Promise<SetAside> {
  const { hold_id, account_id, state, expires_at } = await tx
    .selectFrom('ledger_hold')
    .select(['hold_id', 'account_id', 'state', 'expires_at'])
    .where('issuer_id', '=', order.issuerId)
    .where('key', '=', keyOf(order.orderId))
    .executeTakeFirstOrThrow()
  return { holdId: hold_id, accountId: account_id, isGood: state === 'held' && expires_at > now }
}

/** Lets it go, wherever its time or its account's end has not done so already. */
export async function letGoSetAside(
  ctx: Context,
  tx: Tx,
  order: { issuerId: string; orderId: string; cardId: string },
): Promise<'released' | 'replayed'> {
  const { issuerId, cardId } = order
  const { holdId } = await readSetAside(tx, order, ctx.clock.now())
  const answer = await releaseHold(ctx, tx, { issuerId, holdId })
  await bearLetGo(ctx, tx, { issuerId, cardId, holdId })
  return answer
}

/** What of a card's balance an order could be paid from now; 0 when it is frozen or closed. Locks nothing. */
export async function freeBalance(tx: Tx, card: { issuerId: string; cardId: string }): Promise<bigint> {
  const { free } = await tx
    .selectFrom('ledger_account')
    .select(
      sql<bigint>`case when frozen_at is null and closed_at is null then balance - held else 0 end`.as(
        'free',
      ),
    )
    .where('issuer_id', '=', card.issuerId)
    .where('card_id', '=', card.cardId)
    .executeTakeFirstOrThrow()
  return free
}
