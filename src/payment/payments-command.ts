import { findIssuer, listIssuers } from '../issuer/issuer.ts'
import { decimal } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal, sayRefusal, SetupError } from '../platform/errors.ts'
import { catchUp } from './catch-up.ts'
import { listUnmatched, lockReceipt, type Receipt } from './receipts.ts'
import { paymentRefusals, type PaymentRefusal } from './refusals.ts'
import { matchReceipt, noteReturned, refundReceipt } from './unmatched.ts'

type Print = (text: string) => void
type Options = { issuer?: string; json?: boolean; out?: Print }

/** `leb payments unmatched`: money that is here and that no order waits for, by issuer, oldest first. */
export async function unmatchedCommand(ctx: Context, options: Options): Promise<number> {
  const out = options.out ?? print
  const all: Receipt[] = []
  for (const issuerId of await issuersOf(ctx, options.issuer))
    all.push(...(await inIssuer(ctx.db, issuerId, (tx) => listUnmatched(tx, issuerId))))
  if (options.json) out(`${JSON.stringify({ unmatched: all.map(asJson) })}\n`)
  else if (all.length === 0) out('No money is here that no order waits for.\n')
  else for (const receipt of all) out(`${describe(receipt)}\n`)
  return 0
}

type Act = { issuer?: string; receipt: string; json?: boolean; out?: Print }

/** `leb payments match`: this money is for that order. Throws AnsweredNo with the reason when it can't be. */
export function matchCommand(ctx: Context, input: Act & { order: string }): Promise<number> {
  return decide(ctx, input, 'is matched', (tx, id) =>
    matchReceipt(ctx, tx, { ...id, orderNumber: input.order }),
  )
}

/** `leb payments refund`: goes back through the provider it came by, or is asked for once more. */
export function refundCommand(ctx: Context, input: Act): Promise<number> {
  return decide(ctx, input, 'goes back: see leb payments unmatched until it has', (tx, id) =>
    refundReceipt(ctx, tx, id),
  )
}

/** `leb payments returned`: staff have sent it back themselves; the reference is the evidence. */
export function returnedCommand(ctx: Context, input: Act & { reference: string }): Promise<number> {
  return decide(ctx, input, 'is noted as returned', (tx, id) =>
    noteReturned(ctx, tx, { ...id, reference: input.reference }),
  )
}

async function decide(
  ctx: Context,
  input: Act,
  done: string,
  work: (tx: Tx, id: { issuerId: string; receiptId: string }) => Promise<void>,
): Promise<number> {
  const { receipt: receiptId } = input
  const issuerId = await issuerOf(ctx, receiptId, input.issuer)
  // What the payer's bank or somebody at the provider has taken meanwhile is nobody's to match or to send back.
  const isNews = await catchUp(ctx, { issuerId, receiptId })
  await inIssuer(ctx.db, issuerId, async (tx) => {
    const receipt = await lockReceipt(tx, { issuerId, receiptId })
    const isOpen = receipt?.state === 'waiting' || receipt?.state === 'refunding'
    if (isNews && isOpen) throw new Refusal('payments/money_news' satisfies PaymentRefusal)
    await work(tx, { issuerId, receiptId })
  }).catch(inWords)
  const out = input.out ?? print
  out(input.json ? `${JSON.stringify({ receipt: receiptId, done: true })}\n` : `${receiptId} ${done}\n`)
  return 0
}

/** `leb payments chargebacks`: what payers' banks took back, who bears it, and how it stands; newest first. */
export async function chargebacksCommand(ctx: Context, options: Options): Promise<number> {
  const out = options.out ?? print
  const all = []
  for (const issuerId of await issuersOf(ctx, options.issuer))
    all.push(...(await readChargebacks(ctx, issuerId)))
  if (options.json) out(`${JSON.stringify({ chargebacks: all })}\n`)
  else if (all.length === 0) out('No payment was taken back.\n')
  else
    for (const one of all)
      out(
        `${one.opened_at.slice(0, 10)}  ${one.issuer}  ${one.dispute}  ${one.state.padEnd(4)}  ` +
          `${one.amount} ${one.currency} (${one.from_card} off the card)  ${one.iccid ? `card ${one.iccid}` : 'no card'}\n`,
      )
  return 0
}

async function readChargebacks(ctx: Context, issuerId: string) {
  const rows = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('chargeback as b')
      .leftJoin('card as c', (j) =>
        j.onRef('c.issuer_id', '=', 'b.issuer_id').onRef('c.card_id', '=', 'b.card_id'),
      )
      .select([
        'b.dispute_ref',
        'b.state',
        'b.amount_minor',
        'b.holder_minor',
        'b.currency',
        'b.opened_at',
        'c.iccid',
      ])
      .where('b.issuer_id', '=', issuerId)
      .orderBy('b.opened_at', 'desc')
      .orderBy('b.dispute_ref')
      .limit(1_000)
      .execute(),
  )
  return rows.map((row) => ({
    issuer: issuerId,
    dispute: row.dispute_ref,
    state: row.state,
    amount: decimal({ amount: row.amount_minor, currency: row.currency }),
    from_card: decimal({ amount: row.holder_minor, currency: row.currency }),
    currency: row.currency,
    opened_at: row.opened_at.toISOString(),
    iccid: row.iccid,
  }))
}

const reasons: Record<string, string> = {
  order_unknown: 'names no order that we know',
  order_lapsed: 'came after its order had lapsed',
  order_paid_already: 'its order was paid before',
  amount_differs: 'is not the price of its order',
  currency_differs: 'is not the currency of its order',
  chargeback_won: 'owed to a holder: won back after the card was closed',
}

function describe(receipt: Receipt): string {
  const { receiptId, issuerId, provider, providerRef, reason, orderNumber, refusal, state } = receipt
  const goes = refusal
    ? `refund refused (${refusal})`
    : state === 'refunding'
      ? 'going back'
      : 'waits for you'
  return (
    `${receiptId}  ${issuerId}  ${receipt.receivedAt.toISOString().slice(0, 10)}  ` +
    `${decimal(receipt)} ${receipt.currency}  ${provider} ${providerRef}\n` +
    `  ${reasons[reason] ?? reason}${orderNumber ? ` (${orderNumber})` : ''}: ${goes}`
  )
}

function asJson(receipt: Receipt) {
  const { receiptId, issuerId, provider, providerRef, reason, orderNumber, refusal, state } = receipt
  return {
    receipt: receiptId,
    issuer: issuerId,
    provider,
    provider_ref: providerRef,
    amount: receipt.amount.toString(),
    currency: receipt.currency,
    reason,
    order: orderNumber,
    state,
    refusal,
    received_at: receipt.receivedAt.toISOString(),
  }
}

/** Throws SetupError when the issuer is not set up. */
export async function issuersOf(ctx: Context, issuerId: string | undefined): Promise<string[]> {
  if (issuerId === undefined) return (await listIssuers(ctx.db)).map((issuer) => issuer.issuerId)
  if (!(await findIssuer(ctx.db, issuerId))) throw new SetupError(`issuer ${issuerId} is not set up`)
  return [issuerId]
}

async function issuerOf(ctx: Context, receiptId: string, named: string | undefined): Promise<string> {
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(receiptId)
  for (const issuerId of isId ? await issuersOf(ctx, named) : []) {
    const found = await inIssuer(ctx.db, issuerId, (tx) =>
      tx
        .selectFrom('unmatched_receipt')
        .select('receipt_id')
        .where('issuer_id', '=', issuerId)
        .where('receipt_id', '=', receiptId)
        .executeTakeFirst(),
    )
    if (found) return issuerId
  }
  return inWords(new Refusal('payments/no_such_receipt'))
}

export const inWords = (error: unknown): never => sayRefusal(error, paymentRefusals)

const print: Print = (text) => void process.stdout.write(text)
