import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { errorFields } from '../platform/log.ts'
import { guestDetails } from '../policy/guest-details.ts'
import { eraseGuest } from './buyer.ts'
import { closePayPage, endUnpaid, type Unpaid } from './end-unpaid.ts'

// A sweep's share; what is over waits a minute.
const most_at_once = 200
// A provider that can't say whether its page was paid is waited for no longer than this.
const wait_for_provider_hours = 24
const forget_forms_hours = 48

type Overdue = Unpaid & { pay_until: Date }

/**
 * Orders that nobody paid in time end, and their guest's person is erased. The page where one could be paid is closed
 * first; money that comes all the same is given back by itself (src/payment/give-back.ts). Answers how many lapsed.
 */
export async function lapseOrders(ctx: Context): Promise<number> {
  let lapsed = 0
  for (const { issuerId } of await listIssuers(ctx.db)) {
    const unpaid = await inIssuer(ctx.db, issuerId, (tx) => overdue(tx, issuerId, ctx.clock.now()))
    for (const order of unpaid) {
      // An issuer whose provider can't be opened must not hold up the others.
      const closed = await isClosed(ctx, issuerId, order).catch((error: unknown) => {
        ctx.log.warn('a payment page could not be closed', { issuer: issuerId, ...errorFields(error) })
        return false
      })
      if (!closed) continue
      if (await inIssuer(ctx.db, issuerId, (tx) => endUnpaid(ctx, tx, issuerId, order))) lapsed++
    }
    await inIssuer(ctx.db, issuerId, async (tx) => {
      await forgetForms(tx, issuerId, ctx.clock.now())
      await eraseUndelivered(ctx, tx, issuerId)
    })
  }
  return lapsed
}

function overdue(tx: Tx, issuerId: string, now: Date): Promise<Overdue[]> {
  return tx
    .selectFrom('purchase_order')
    .select(['order_id', 'holder_id', 'pay_by', 'payment_ref', 'pay_until'])
    .where('issuer_id', '=', issuerId)
    .where('state', '=', 'awaiting_payment')
    .where('pay_until', '<', now)
    .orderBy('pay_until')
    .limit(most_at_once)
    .execute()
}

/** Whether it can't be paid any more. One that was paid at the last moment is looked at instead. */
async function isClosed(ctx: Context, issuerId: string, order: Overdue): Promise<boolean> {
  const page = await closePayPage(ctx, issuerId, order)
  if (page !== 'unknown') return page === 'closed'
  return ctx.clock.now().getTime() - order.pay_until.getTime() > wait_for_provider_hours * 3_600_000
}

/** A form is sent twice within minutes, a call repeated within a day: later its hash would only tell on somebody. */
async function forgetForms(tx: Tx, issuerId: string, now: Date): Promise<void> {
  await tx
    .updateTable('purchase_order')
    .set({ place_hash: null })
    .where('issuer_id', '=', issuerId)
    .where('place_hash', 'is not', null)
    .where('created_at', '<', new Date(now.getTime() - forget_forms_hours * 3_600_000))
    .execute()
}

/**
 * A guest whose order ended without a delivery has nothing of ours: the mail that said so has long been sent. One whose
 * order lapsed was erased with it, unless they had another one then.
 */
async function eraseUndelivered(ctx: Context, tx: Tx, issuerId: string): Promise<void> {
  for (const jurisdiction of await jurisdictionsOfGuests(tx, issuerId)) {
    const { undelivered_days: days } = guestDetails(jurisdiction, ctx.clock.now())
    const before = new Date(ctx.clock.now().getTime() - days * 86_400_000)
    const due = await undelivered(tx, issuerId)
      .select('o.holder_id')
      .distinct()
      .where('o.jurisdiction', '=', jurisdiction)
      .where((e) => e(e.fn.coalesce('o.refunded_at', 'o.pay_until'), '<', before))
      .limit(most_at_once)
      .execute()
    for (const { holder_id: holderId } of due) await eraseGuest(ctx, tx, { issuerId, holderId })
  }
}

async function jurisdictionsOfGuests(tx: Tx, issuerId: string): Promise<string[]> {
  const rows = await undelivered(tx, issuerId).select('o.jurisdiction').distinct().execute()
  return rows.map(({ jurisdiction }) => jurisdiction)
}

/** Orders of guests that are over, and whose guest is still known. */
function undelivered(tx: Tx, issuerId: string) {
  return tx
    .selectFrom('purchase_order as o')
    .innerJoin('holder as h', (j) =>
      j.onRef('h.issuer_id', '=', 'o.issuer_id').onRef('h.holder_id', '=', 'o.holder_id'),
    )
    .where('o.issuer_id', '=', issuerId)
    .where('o.state', 'in', ['refunded', 'lapsed'])
    .where('o.account_id', 'is', null)
    .where('h.erased_at', 'is', null)
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('account as a')
            .select('a.account_id')
            .whereRef('a.issuer_id', '=', 'h.issuer_id')
            .whereRef('a.holder_id', '=', 'h.holder_id'),
        ),
      ),
    )
}
