import { sql } from 'kysely'
import { decimal } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { owedOfByHand } from './return-failed.ts'
import { inWords, issuersOf } from './payments-command.ts'

type Print = (text: string) => void
type Options = { issuer?: string; json?: boolean; out?: Print }
type Row = {
  refund: string
  payment: string
  amount_minor: bigint
  left_minor: bigint
  /** Of one that failed: what it had counted for and is owed again. */
  owed_minor: bigint | null
  currency: string
  state: string
  made_at: Date
  iccid: string | null
  order: string | null
  closure: string | null
}

/**
 * `leb payments by-hand`: refunds made on the provider's own page that LEB could match with nothing, or that failed there
 * after they had been; oldest first.
 */
export async function byHandCommand(ctx: Context, options: Options): Promise<number> {
  const out = options.out ?? print
  const all: (Row & { issuer: string })[] = []
  for (const issuer of await issuersOf(ctx, options.issuer))
    for (const row of await inIssuer(ctx.db, issuer, (tx) => list(tx, issuer))) all.push({ ...row, issuer })
  if (options.json) out(`${JSON.stringify({ by_hand: all.map(asJson) })}\n`)
  else if (all.length === 0) out("No refund made on the provider's page waits for you.\n")
  else for (const row of all) out(`${describe(row.issuer, row)}\n`)
  return 0
}

async function list(tx: Tx, issuerId: string): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select h.refund_ref as refund, h.payment_ref as payment, h.amount_minor, h.left_minor, h.owed as owed_minor,
           h.currency, h.state, h.made_at, c.iccid, o.number as order,
           (select k.number from closure_card x join closure k using (issuer_id, closure_id)
             where x.issuer_id = p.issuer_id and x.card_id = p.card_id and x.live limit 1) as closure
      from (select *, case when state = 'over' then ${owedOfByHand} end as owed
              from refund_by_hand where issuer_id = ${issuerId}) h
      join payment p using (issuer_id, payment_id)
      left join card c on c.issuer_id = p.issuer_id and c.card_id = p.card_id
      left join purchase_order o on o.issuer_id = p.issuer_id and o.order_id = p.order_id
     where h.left_minor > 0 and h.state in ('waiting', 'counts') or h.owed is not null
     order by h.made_at, h.refund_ref limit 1000`.execute(tx)
  return rows
}

const asJson = (row: Row & { issuer: string }) => ({
  ...row,
  amount_minor: row.amount_minor.toString(),
  left_minor: row.left_minor.toString(),
  owed_minor: row.owed_minor?.toString() ?? null,
})

function describe(issuer: string, row: Row): string {
  const { owed_minor: owed } = row
  const money = { amount: owed ?? row.left_minor, currency: row.currency }
  const about = [row.iccid && `card ${row.iccid}`, row.order && `order ${row.order}`].filter(Boolean)
  const closing = row.closure && owed === null ? `, being closed by ${row.closure}` : ''
  const next =
    owed !== null
      ? `failed at the provider after it had counted, and is owed again: ${payAgain(row)}`
      : row.state === 'counts'
        ? 'counts toward what closing the card pays'
        : `waits for you: leb payments counts ${row.refund}, or leb payments besides ${row.refund}`
  return (
    `${row.refund}  ${issuer}  ${row.made_at.toISOString().slice(0, 10)}  ${decimal(money)} ${row.currency} of ${row.payment}\n` +
    `  ${about.join(', ') || 'no card'}${closing}: ${next}`
  )
}

/** The holder of a closed card names an account, or is erased and can't: then only staff know where to. */
function payAgain({ closure, iccid, order }: Row): string {
  if (closure)
    return `leb payout file sends it when its holder has named an account; or send it, then leb paid ${closure} --iccid ${iccid} --reference TEXT`
  return `send it, then leb order paid ${order} --reference TEXT`
}

type Decision = { refund: string; decision: 'counts' | 'besides' }

/**
 * `leb payments counts` and `leb payments besides`: staff say what a refund by hand was for, and who waits for that
 * goes on. Answers the exit code. Throws AnsweredNo when no such refund waits.
 */
export async function decideByHandCommand(ctx: Context, input: Options & Decision): Promise<number> {
  const { refund, decision } = input
  for (const issuerId of await issuersOf(ctx, input.issuer)) {
    const isHere = await inIssuer(ctx.db, issuerId, (tx) => decide(ctx, tx, { issuerId, refund, decision }))
    if (!isHere) continue
    const words =
      decision === 'counts' ? 'counts toward what is owed' : 'is noted as given besides what is owed'
    const out = input.out ?? print
    out(input.json ? `${JSON.stringify({ refund, decision })}\n` : `${refund} ${words}\n`)
    return 0
  }
  return inWords(new Refusal('payments/no_such_refund'))
}

async function decide(
  ctx: Context,
  tx: Tx,
  { issuerId, refund, decision }: { issuerId: string } & Decision,
): Promise<boolean> {
  const row = await tx
    .updateTable('refund_by_hand')
    .set({ state: decision })
    .where('issuer_id', '=', issuerId)
    .where('refund_ref', '=', refund)
    .where('state', 'in', ['waiting', 'counts'])
    .where('left_minor', '>', 0n)
    .returning('payment_ref')
    .executeTakeFirst()
  if (!row) return false
  // The look clears the way for closings and orders that wait for this (take-refunds-by-hand.ts).
  await ctx.jobs.look(tx, 'payment', { issuerId, id: `refunds:${row.payment_ref}` })
  return true
}

const print: Print = (text) => void process.stdout.write(text)
