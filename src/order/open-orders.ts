import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { type OrderState, type OrderView, readOrder } from './read-order.ts'

/** An order that is not done, as staff see it in a list. Numbers only, nothing personal. */
export type OpenOrder = {
  issuer: string
  number: string
  kind: OrderView['kind']
  state: OrderState
  since: Date
  /** When it lapses unpaid, or goes back undelivered; null where nothing is set. */
  dueAt: Date | null
  late: boolean
  /** Somebody has to act before it goes on. */
  blocked: boolean
  /** `leb`: nobody has to act, it is under way. */
  turn: 'buyer' | 'staff' | 'provider' | 'leb'
  /** In plain words. */
  why: string
}

const page_size = 200

type Place = { created_at: Date; order_id: string }

/** Those of an issuer, oldest first; read page by page. */
export async function* openOrders(ctx: Context, which: { issuerId: string }): AsyncGenerator<OpenOrder> {
  let after: Place | undefined
  do {
    const { rows, views } = await inIssuer(ctx.db, which.issuerId, (tx) =>
      readPage(ctx, tx, which.issuerId, after),
    )
    yield* views
    after = rows.length === page_size ? rows.at(-1) : undefined
  } while (after)
}

async function readPage(ctx: Context, tx: Tx, issuerId: string, after: Place | undefined) {
  const rows = await tx
    .selectFrom('purchase_order')
    .select(['created_at', 'order_id', 'paid_at'])
    .select(owedBackAt.as('owed_back_at'))
    .where('issuer_id', '=', issuerId)
    .where('state', 'in', ['awaiting_payment', 'paid', 'refunding'])
    .$if(after !== undefined, (q) =>
      q.where(sql<boolean>`(created_at, order_id) > (${after?.created_at}, ${after?.order_id})`),
    )
    .orderBy('created_at')
    .orderBy('order_id')
    .limit(page_size)
    .execute()
  const views: OpenOrder[] = []
  for (const { order_id: orderId, paid_at: paidAt, owed_back_at: owedBackSince } of rows) {
    const order = await readOrder(ctx, tx, { issuerId, orderId })
    if (order) views.push(viewOf(order, { paidAt, owedBackSince }, ctx.clock.now()))
  }
  return { rows, views }
}

const owedBackAt = sql<Date | null>`(
  select max(s.answered_at) from order_step s where s.issuer_id = purchase_order.issuer_id
     and s.order_id = purchase_order.order_id and s.step = 'owe_back')`

type Times = { paidAt: Date | null; owedBackSince: Date | null }

function viewOf(order: OrderView, times: Times, now: Date): OpenOrder {
  const { issuerId: issuer, number, kind, state, heldUp, payUntil, createdAt } = order
  const { turn, why } = turnOf(order)
  const dueAt = state === 'awaiting_payment' ? payUntil : (heldUp?.givenBackAt ?? null)
  const since =
    state === 'awaiting_payment'
      ? createdAt
      : state === 'refunding'
        ? (order.accountAsked?.at ?? times.owedBackSince ?? times.paidAt)
        : (heldUp?.since ?? times.paidAt)
  return {
    issuer,
    number,
    kind,
    state,
    since: since ?? createdAt,
    dueAt,
    late: dueAt !== null && dueAt < now,
    blocked: turn !== 'leb' && state !== 'awaiting_payment',
    turn,
    why,
  }
}

function turnOf(order: OrderView): Pick<OpenOrder, 'turn' | 'why'> {
  const { number, issuerId, state, heldUp, transfer, accountAsked, payBy } = order
  if (state === 'awaiting_payment')
    return { turn: 'buyer', why: `not paid yet (${payBy === 'bank' ? 'by transfer' : payBy})` }
  if (heldUp)
    return { turn: 'staff', why: `held up by ${heldUp.reason}: mend it and it is delivered by itself` }
  if (state === 'paid' || !transfer || transfer.state === 'paid')
    return { turn: 'leb', why: 'under way: nobody has to act' }
  const byHand = `leb order paid ${number}`
  if (transfer.state === 'sent')
    return { turn: 'provider', why: `its transfer is with the bank: leb bank import, or ${byHand}` }
  if (transfer.account === 'given')
    return { turn: 'staff', why: `its transfer waits for leb payout file --issuer ${issuerId}` }
  if (transfer.account === 'gone')
    return { turn: 'staff', why: `its buyer is erased: transfer it by bank, then ${byHand}` }
  const day = accountAsked ? ` on ${accountAsked.at.toISOString().slice(0, 10)}` : ''
  const inVain = accountAsked?.reminders === 2
  return {
    turn: 'buyer',
    why: inVain
      ? `asked for an account${day} and reminded twice in vain: write to them, or ${byHand}`
      : `asked for an account by mail${day}`,
  }
}
