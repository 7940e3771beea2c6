import { listIssuers } from '../issuer/issuer.ts'
import { formatMoney } from '../ledger/money.ts'
import { catchUp } from '../payment/catch-up.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import { settleTransfer } from '../payout/transfers.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { SetupError } from '../platform/errors.ts'
import { readOrderJournal } from './order-journal.ts'
import { type OrderView, readOrder } from './read-order.ts'

type Print = (text: string) => void
type Input = { number: string; json: boolean; out?: Print }
const print: Print = (text) => void process.stdout.write(text)

/** `leb order status NUMBER`: how an order stands, with its journal. Nothing personal. Answers the exit code. */
export async function orderStatusCommand(ctx: Context, input: Input): Promise<number> {
  const order = await find(ctx, input.number)
  const { issuerId, orderId, number, state, kind, gross, heldUp, refundReason, refundRoute } = order
  const journal = await inIssuer(ctx.db, issuerId, (tx) => readOrderJournal(tx, issuerId, orderId))
  const steps = [...journal.values()]
    .flat()
    .toSorted((a, b) => a.intendedAt.getTime() - b.intendedAt.getTime())
  const out = input.out ?? print
  if (input.json) {
    const sum = { amount: gross.amount.toString(), currency: gross.currency }
    out(
      `${JSON.stringify({ number, issuer: issuerId, kind, state, gross: sum, heldUp: heldUp && { ...heldUp, owner: 'staff' }, refundReason, refundRoute, steps })}\n`,
    )
    return 0
  }
  out(
    `${number}: ${kind}, ${formatMoney(gross, 'en')}, ${state}${refundReason ? ` (${refundReason})` : ''}\n`,
  )
  for (const step of steps)
    out(`  ${step.intendedAt.toISOString()}  ${step.step.padEnd(16)} ${step.state.padEnd(8)} ${step.key}\n`)
  if (heldUp)
    out(
      `It is held up since ${heldUp.since.toISOString()} by ${heldUp.reason}: your turn. Mend it (docs/operate/trouble.md) and it is delivered by itself; from ${heldUp.givenBackAt.toISOString()} its money goes back.\n`,
    )
  if (state === 'refunding' && refundRoute === 'bank_transfer')
    out(`It waits for a transfer by you; then: leb order paid ${number} --reference TEXT\n`)
  return 0
}

/**
 * `leb order paid NUMBER --reference TEXT`: the operator has transferred what could not go back by itself. Answers the
 * exit code. Throws SetupError when the order waits for no transfer.
 */
export async function orderPaidCommand(ctx: Context, input: Input & { reference: string }): Promise<number> {
  const { issuerId, orderId, number } = await find(ctx, input.number)
  if (await catchUp(ctx, { issuerId, orderId }))
    throw new SetupError(
      `the payment of ${number} was taken back by the payer's bank, or given back by hand: it is booked now. Look at leb order status ${number}; if a transfer is owed all the same, do this once more`,
    )
  await inIssuer(ctx.db, issuerId, async (tx) => {
    const part = await tx
      .selectFrom('payout_part')
      .select(['part_id', 'amount_minor', 'currency'])
      .where('issuer_id', '=', issuerId)
      .where('order_id', '=', orderId)
      .where('route', '=', 'bank_transfer')
      .where('state', 'in', ['waiting', 'sent'])
      .forUpdate()
      .executeTakeFirst()
    if (!part) throw new SetupError(`${number} waits for no transfer: leb order status ${number}`)
    const { part_id: partId, amount_minor: amount, currency } = part
    const { reference } = input
    await settleTransfer(ctx, tx, {
      issuerId,
      part: { partId, closureId: null, amount, currency },
      reference,
    })
    if (!(await endAgain(ctx, tx, { issuerId, orderId })))
      await ctx.jobs.look(tx, 'order', { issuerId, id: orderId })
  })
  const out = input.out ?? print
  out(input.json ? `${JSON.stringify({ number, paid: true })}\n` : `${number}: noted, its buyer is told\n`)
  return 0
}

/** Its story was at its end when what had been given back by hand failed (payment/return-failed.ts); true then. */
async function endAgain(ctx: Context, tx: Tx, id: { issuerId: string; orderId: string }): Promise<boolean> {
  const { issuerId, orderId } = id
  const ended = await tx
    .updateTable('purchase_order')
    .set({ state: 'refunded', refunded_at: ctx.clock.now() })
    .where('issuer_id', '=', issuerId)
    .where('order_id', '=', orderId)
    .where('state', '=', 'refunding')
    .where((e) =>
      e.exists(
        e
          .selectFrom('order_step as s')
          .select('s.step')
          .where('s.issuer_id', '=', issuerId)
          .where('s.order_id', '=', orderId)
          .where('s.step', '=', 'tell_refund')
          .where('s.state', '=', 'done'),
      ),
    )
    .returning('locale')
    .executeTakeFirst()
  if (!ended) return false
  await queueNotice(ctx, tx, { ...id, kind: 'order_refunded', locale: ended.locale as 'zh-CN' | 'en' })
  return true
}

async function find(ctx: Context, number: string): Promise<OrderView> {
  for (const { issuerId } of await listIssuers(ctx.db)) {
    const order = await inIssuer(ctx.db, issuerId, (tx) =>
      readOrder(ctx, tx, { issuerId, number: number.trim().toUpperCase() }),
    )
    if (order) return order
  }
  throw new SetupError(`there is no order ${number}`)
}
