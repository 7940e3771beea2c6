import { createHmac } from 'node:crypto'
import type { FaultyLine, StatementLine, StatementReader } from '../adapters/bank/port.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { transferReturned, transferSettled } from '../payout/transfers.ts'
import { findOrderNumbers } from './find-order-number.ts'
import { receivePayment } from './receive-payment.ts'

export type LineOutcome =
  | 'order_paid'
  | 'unmatched'
  | 'transfer_settled'
  | 'transfer_returned'
  | 'transfer_differs'
  | 'not_ours'
  | 'known'
export type ImportedLine = { line: number; outcome: LineOutcome; orderNumber?: string; reason?: string }

export type BankImport = {
  issuerId: string
  read: StatementReader
  file: string
  /** Texts of incoming lines that are none of LEB's business. */
  ignore: string[]
  onLine(line: ImportedLine): void
  onFault(fault: FaultyLine): Promise<void>
}

/**
 * Imports a bank's statement line by line, each in a transaction of its own: after a crash the same call goes on, and
 * the same or an overlapping statement changes nothing. Equal lines are told apart by their order in the file, so a
 * statement should hold whole days.
 */
export async function importStatement(ctx: Context, input: BankImport): Promise<void> {
  const { indexKey } = await ctx.keys.vault(input.issuerId)
  const seen = new Map<string, number>()
  for await (const line of input.read(input.file)) {
    if ('faults' in line) {
      await input.onFault(line)
      continue
    }
    const digest = createHmac('sha256', indexKey).update(`bank-line:${line.identity}`).digest()
    const ordinal = (seen.get(digest.toString('base64')) ?? 0) + 1
    seen.set(digest.toString('base64'), ordinal)
    input.onLine(
      await inIssuer(ctx.db, input.issuerId, (tx) => take(ctx, tx, input, { line, digest, ordinal })),
    )
  }
}

type Recognised = { line: StatementLine; digest: Buffer; ordinal: number }

async function take(ctx: Context, tx: Tx, input: BankImport, told: Recognised): Promise<ImportedLine> {
  const { line, digest, ordinal } = told
  const { issuerId } = input
  const ignored = input.ignore.some((text) => line.text.toLowerCase().includes(text.toLowerCase()))
  // Salaries, rent, other business on the same account: not kept, not even as a sum.
  if (line.amount > 0n ? ignored : line.endToEndId === undefined)
    return { line: line.line, outcome: 'not_ours' }
  const made = await tx
    .insertInto('bank_line')
    .values({
      issuer_id: issuerId,
      digest,
      ordinal,
      booked_on: line.bookedOn,
      currency: line.currency,
      amount_minor: line.amount,
      outcome: 'unmatched',
      imported_at: ctx.clock.now(),
    })
    .onConflict((c) => c.columns(['issuer_id', 'digest', 'ordinal']).doNothing())
    .executeTakeFirst()
  if (made.numInsertedOrUpdatedRows !== 1n) return { line: line.line, outcome: 'known' }
  const transfer = await takeTransfer(ctx, tx, issuerId, line)
  const taken = transfer ?? (line.amount > 0n ? await takeReceipt(ctx, tx, issuerId, told) : undefined)
  if (taken === undefined || taken.outcome === 'not_ours') {
    await forget(tx, issuerId, told)
    return { line: line.line, outcome: 'not_ours' }
  }
  await tx
    .updateTable('bank_line')
    .set({
      outcome: taken.outcome,
      payment_id: taken.paymentId ?? null,
      end_to_end_id: transfer ? (line.endToEndId ?? null) : null,
    })
    .where('issuer_id', '=', issuerId)
    .where('digest', '=', digest)
    .where('ordinal', '=', ordinal)
    .execute()
  const { paymentId: _, ...shown } = taken
  return { line: line.line, ...shown }
}

async function forget(tx: Tx, issuerId: string, { digest, ordinal }: Recognised): Promise<void> {
  await tx
    .deleteFrom('bank_line')
    .where('issuer_id', '=', issuerId)
    .where('digest', '=', digest)
    .where('ordinal', '=', ordinal)
    .execute()
}

type Taken = Omit<ImportedLine, 'line'> & { paymentId?: string }

/** A line that bears the name of one of our transfers: the bank has sent it, or has sent it back. */
async function takeTransfer(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  line: StatementLine,
): Promise<Taken | undefined> {
  const { endToEndId, amount, currency, bookedOn } = line
  if (endToEndId === undefined) return undefined
  const out = amount < 0n
  const booked = { issuerId, endToEndId, amount: out ? -amount : amount, currency, bookedOn }
  const answer = await (out ? transferSettled(ctx, tx, booked) : transferReturned(ctx, tx, booked))
  switch (answer) {
    case 'settled':
    case 'known':
      return { outcome: out ? 'transfer_settled' : 'transfer_returned' }
    case 'differs':
      return { outcome: 'transfer_differs' }
    case 'unknown':
      // A payer's own name for his transfer is no name of ours.
      return out ? { outcome: 'not_ours' } : undefined
  }
}

async function takeReceipt(ctx: Context, tx: Tx, issuerId: string, told: Recognised): Promise<Taken> {
  const { line, digest, ordinal } = told
  const named = findOrderNumbers(`${line.text} ${line.endToEndId ?? ''}`, issuerId)
  const orders =
    named.length === 0
      ? []
      : await tx
          .selectFrom('purchase_order')
          .select(['order_id', 'number'])
          .where('issuer_id', '=', issuerId)
          .where('number', 'in', named)
          .execute()
  // Which of two orders a payer meant, only he can say.
  const order = orders.length === 1 ? orders[0] : undefined
  const orderNumber = order?.number ?? (named.length === 1 ? named[0] : undefined)
  const ref = `${digest.toString('hex').slice(0, 32)}:${ordinal}`
  const answer = await receivePayment(ctx, tx, {
    issuerId,
    provider: 'bank',
    ref,
    ...(order ? { orderId: order.order_id } : {}),
    ...(orderNumber ? { orderNumber } : {}),
    amount: line.amount,
    currency: line.currency,
    at: new Date(`${line.bookedOn}T12:00:00Z`),
  })
  const kept = await tx
    .selectFrom('payment as p')
    .leftJoin('unmatched_receipt as r', (j) =>
      j.onRef('r.issuer_id', '=', 'p.issuer_id').onRef('r.payment_id', '=', 'p.payment_id'),
    )
    .select(['p.payment_id', 'r.reason'])
    .where('p.issuer_id', '=', issuerId)
    .where('p.provider', '=', 'bank')
    .where('p.provider_ref', '=', ref)
    .executeTakeFirstOrThrow()
  return {
    outcome: answer === 'order_paid' ? 'order_paid' : 'unmatched',
    paymentId: kept.payment_id,
    ...(orderNumber ? { orderNumber } : {}),
    ...(kept.reason ? { reason: orders.length > 1 ? 'several_orders_named' : kept.reason } : {}),
  }
}
