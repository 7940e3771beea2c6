import { listIssuers } from '../issuer/issuer.ts'
import { formatMoney } from '../ledger/money.ts'
import { catchUp } from '../payment/catch-up.ts'
import { lockOrder } from '../payout/order-transfers.ts'
import { settleTransfer } from '../payout/transfers.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { AnsweredNo } from '../platform/errors.ts'
import { readOrderJournal } from './order-journal.ts'
import { type OrderView, readOrder } from './read-order.ts'

type Print = (text: string) => void
type Input = { number: string; json: boolean; out?: Print }
const print: Print = (text) => void process.stdout.write(text)

/** `leb order status NUMBER`: how an order stands, with its journal. Nothing personal. Answers the exit code. */
export async function orderStatusCommand(ctx: Context, input: Input): Promise<number> {
  const order = await find(ctx, input.number)
  const {
    issuerId,
    orderId,
    number,
    state,
    kind,
    gross,
    heldUp,
    refundReason,
    refundRoute,
    transfer,
    accountAsked,
  } = order
  const journal = await inIssuer(ctx.db, issuerId, (tx) => readOrderJournal(tx, issuerId, orderId))
  const steps = [...journal.values()]
    .flat()
    .toSorted((a, b) => a.intendedAt.getTime() - b.intendedAt.getTime())
  const out = input.out ?? print
  if (input.json) {
    const sum = { amount: gross.amount.toString(), currency: gross.currency }
    out(
      `${JSON.stringify({ number, issuer: issuerId, kind, state, gross: sum, heldUp: heldUp && { ...heldUp, owner: 'staff' }, refundReason, refundRoute, transfer, accountAsked, steps })}\n`,
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
  if (state === 'refunding') out(transferWords(order))
  return 0
}

function transferWords({ issuerId, number, transfer, accountAsked }: OrderView): string {
  if (!transfer) return ''
  const { state, account } = transfer
  const byHand = `leb order paid ${number} --reference TEXT`
  if (state === 'sent')
    return `Its transfer is with the bank: import the statement (leb bank import), or say it by hand: ${byHand}\n`
  if (account === 'given')
    return `It waits for the next file for the bank: leb payout file --issuer ${issuerId} --out FILE\n`
  if (account === 'wanted')
    return `It waits for its buyer, who was asked for an account by mail${askedWords(accountAsked)}; if you agree another way with them, transfer it and then: ${byHand}\n`
  return `Its buyer's data is erased. It waits for a transfer by you; then: ${byHand}\n`
}

function askedWords(asked: OrderView['accountAsked']): string {
  if (!asked) return ''
  const reminded = ['', ' and reminded', ' and reminded for the last time'][asked.reminders]
  return ` on ${asked.at.toISOString().slice(0, 10)}${reminded}`
}

/**
 * `leb order paid NUMBER --reference TEXT`: the operator has transferred what could not go back by itself. Answers the
 * exit code. Throws AnsweredNo when there is no such order, or it waits for no transfer.
 */
export async function orderPaidCommand(ctx: Context, input: Input & { reference: string }): Promise<number> {
  const { issuerId, orderId, number } = await find(ctx, input.number)
  if (await catchUp(ctx, { issuerId, orderId }))
    throw new AnsweredNo(
      'payments/money_news',
      `the payment of ${number} was taken back by the payer's bank, or given back by hand: it is booked now. Look at leb order status ${number}; if a transfer is owed all the same, do this once more`,
    )
  await inIssuer(ctx.db, issuerId, async (tx) => {
    await lockOrder(tx, { issuerId, orderId })
    const part = await tx
      .selectFrom('payout_part')
      .select(['part_id', 'amount_minor', 'currency'])
      .where('issuer_id', '=', issuerId)
      .where('order_id', '=', orderId)
      .where('route', '=', 'bank_transfer')
      .where('state', 'in', ['waiting', 'sent'])
      .orderBy('ord')
      .forUpdate()
      .executeTakeFirst()
    if (!part)
      throw new AnsweredNo(
        'waits_for_no_transfer',
        `${number} waits for no transfer: leb order status ${number}`,
      )
    const { part_id: partId, amount_minor: amount, currency } = part
    const { reference } = input
    await settleTransfer(ctx, tx, {
      issuerId,
      part: { partId, closureId: null, orderId, amount, currency },
      reference,
    })
  })
  const out = input.out ?? print
  out(input.json ? `${JSON.stringify({ number, paid: true })}\n` : `${number}: noted, its buyer is told\n`)
  return 0
}

async function find(ctx: Context, number: string): Promise<OrderView> {
  for (const { issuerId } of await listIssuers(ctx.db)) {
    const order = await inIssuer(ctx.db, issuerId, (tx) =>
      readOrder(ctx, tx, { issuerId, number: number.trim().toUpperCase() }),
    )
    if (order) return order
  }
  throw new AnsweredNo('not_there', `there is no order ${number}`)
}
