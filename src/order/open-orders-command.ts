import { issuersNamed } from '../issuer/issuers-named.ts'
import type { Context } from '../platform/context.ts'
import { type Counts, minuteUtc, printList } from '../platform/print-list.ts'
import { orderPrefix } from '../payment/find-order-number.ts'
import { type OpenOrder, openOrders } from './open-orders.ts'

export type OpenOptions = { issuer?: string; late?: boolean; blocked?: boolean; json?: boolean }

// XXXX-XXXXX, after the prefix that says whose order it is.
const drawn_signs = 10
const turns = { buyer: 'the buyer’s turn', staff: 'YOUR TURN', provider: 'the provider’s turn' }
const kinds = { card: 'card', top_up: 'top-up', add_on: 'add-on' }
const states: Partial<Record<OpenOrder['state'], string>> = {
  awaiting_payment: 'waiting for payment',
  paid: 'delivering',
  refunding: 'giving the money back',
}

/**
 * `leb order status --open`: the orders that are not done, by issuer, oldest first. Answers the exit code. Throws
 * SetupError for an issuer that is not set up.
 */
export async function openOrdersCommand(
  ctx: Context,
  options: OpenOptions & { out?: (text: string) => void },
): Promise<number> {
  const { late = false, blocked = false, json = false } = options
  const issuers = await issuersNamed(ctx, options.issuer)
  const widest = Math.max(18, ...issuers.map((id) => orderPrefix(id).length + drawn_signs))
  async function* all() {
    for (const issuerId of issuers)
      for await (const order of openOrders(ctx, { issuerId }))
        if ((!late || order.late) && (!blocked || order.blocked)) yield order
  }
  return printList(all(), {
    json,
    out: options.out ?? ((text) => void process.stdout.write(text)),
    name: 'orders',
    head: `${'NUMBER'.padEnd(widest)}  ${'WHAT'.padEnd(6)}  DUE (UTC)`,
    lines: (one) => linesOf(one, widest),
    counts: { open: 0, late: 0, blocked: 0, staff: 0, buyer: 0, provider: 0 },
    count,
    sums,
  })
}

function linesOf(
  { number, kind, state, since, dueAt, late, turn, why }: OpenOrder,
  widest: number,
): string[] {
  const due = dueAt ? `${minuteUtc(dueAt)}${late ? '  LATE' : ''}` : '-'
  const whose = turn === 'leb' ? '' : `${turns[turn]}: `
  return [
    `${number.padEnd(widest)}  ${kinds[kind].padEnd(6)}  ${due}`,
    `  ${states[state] ?? state} since ${minuteUtc(since)}; ${whose}${why}`,
  ]
}

function count({ late, blocked, turn }: OpenOrder, counts: Counts): void {
  counts['open']!++
  if (late) counts['late']!++
  if (!blocked) return
  counts['blocked']!++
  counts[turn]!++
}

function sums({ open, late, blocked, staff, buyer, provider }: Counts): string {
  if (open === 0) return 'No such order is open'
  const whose = blocked === 0 ? '' : ` (yours ${staff}, buyers’ ${buyer}, providers’ ${provider})`
  return `${open} open, ${late} late, ${blocked} blocked${whose}`
}
