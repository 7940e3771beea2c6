import { sql } from 'kysely'
import { listIssuers } from '../issuer/issuer.ts'
import { wantsAccount } from '../payout/closures-without-account.ts'
import { notePart, partOf, partsOfK, type PayoutPart } from '../payout/parts.ts'
import { newParts, writeParts } from '../payout/write-settlement.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { claimUntil } from '../policy/clocks.ts'
import { policyByVersion } from '../policy/policy.ts'

// A sweep's share; what is over waits a minute.
const most_at_once = 200

/**
 * Money that waits for an account which nobody has named in the policy's time (`unclaimed`), after two reminders that
 * told the day, is kept: it stays owed to its holder, who can ask for it, and the closure goes on to its certificate and
 * the erasure (docs/adr/0035). Each closure by itself, so that a worker that dies has kept some, and each once.
 */
export async function keepUnanswered(ctx: Context): Promise<void> {
  for (const { issuerId } of await listIssuers(ctx.db)) {
    const due = await inIssuer(ctx.db, issuerId, (tx) =>
      tx
        .selectFrom('closure')
        .select('closure_id')
        .where('issuer_id', '=', issuerId)
        .where(isOver(ctx.clock.now()))
        .orderBy('account_wanted_until')
        .limit(most_at_once)
        .execute(),
    )
    for (const { closure_id: closureId } of due)
      await inIssuer(ctx.db, issuerId, (tx) => keep(ctx, tx, { issuerId, closureId }))
  }
}

/** Rows of `closure` whose day is over and whose last reminder is out, not only queued. */
const isOver = (now: Date) => sql<boolean>`account_wanted_until is not null and account_wanted_until < ${now}
  and bank_asked_at is not null and bank_reminders = 2 and not exists (
  select 1 from notice n where n.issuer_id = closure.issuer_id and n.closure_id = closure.closure_id
     and n.kind = 'bank_details_reminder' and n.state = 'waiting')`

type Which = { issuerId: string; closureId: string }

/** Under the lock that naming an account, an undo, staff and workers take first: one of them wins. */
async function keep(ctx: Context, tx: Tx, which: Which): Promise<void> {
  const { issuerId, closureId } = which
  const now = ctx.clock.now()
  const closure = await tx
    .selectFrom('closure')
    .select('policy_version')
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .where(isOver(now))
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!closure) return
  const cards = await transfersOf(tx, which)
  const waiting = await waitingForAccount(tx, which)
  if (waiting.size === 0) return lookLater(tx, which, { now, isOpen: cards.flat().some(isOpenTransfer) })
  const until = claimUntil(policyByVersion(closure.policy_version), now)
  for (const parts of cards)
    for (const part of parts.filter(({ partId }) => waiting.has(partId))) {
      await notePart(tx, issuerId, part, { state: 'refused', refusal: 'no_account_named' })
      const { cardId, currency, amount } = part
      const after = Math.max(...parts.map(({ ord }) => ord))
      const planned = [{ route: 'kept' as const, paymentId: null, amount }]
      const made = newParts(ctx, { cardId, currency, after, refOf: () => null }, planned)
      const kept = made.map((one) => ({ ...one, claimUntil: until }))
      await writeParts(tx, which, kept)
      parts.push(...kept)
    }
  await tx
    .updateTable('closure_block')
    .set({ cleared_at: now })
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .where('scope_id', 'in', [...waiting])
    .where('cleared_at', 'is', null)
    .execute()
  // A worker that has the closure in hand does not know the new parts: the new version stops it.
  await tx
    .updateTable('closure')
    .set((e) => ({ bank_asked_at: null, account_wanted_until: null, version: e('version', '+', 1n) }))
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .execute()
  await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
}

/** The parts of each card. */
async function transfersOf(tx: Tx, { issuerId, closureId }: Which): Promise<PayoutPart[][]> {
  const rows = await tx
    .selectFrom('closure_card as k')
    .select(partsOfK.as('parts'))
    .where('k.issuer_id', '=', issuerId)
    .where('k.closure_id', '=', closureId)
    .execute()
  return rows.map((row) => row.parts.map(partOf))
}

const isOpenTransfer = ({ route, state }: PayoutPart) =>
  route === 'bank_transfer' && (state === 'waiting' || state === 'sent')

/**
 * Transfers that wait for nothing but an account that their holder was asked for: not for a worker, either, who takes a
 * refund that staff made on the provider's page for what is owed (steps/count-by-hand.ts).
 */
async function waitingForAccount(tx: Tx, { issuerId, closureId }: Which): Promise<Set<string>> {
  const { rows } = await sql<{ part_id: string }>`
    select p.part_id
      from payout_part p join closure on closure.issuer_id = p.issuer_id and closure.closure_id = p.closure_id
      join closure_block o on o.issuer_id = p.issuer_id and o.closure_id = p.closure_id and o.scope_id = p.part_id
                          and o.cleared_at is null
     where p.issuer_id = ${issuerId} and p.closure_id = ${closureId}
       and p.route = 'bank_transfer' and p.state = 'waiting' and ${wantsAccount}
       and not exists (
         select 1 from refund_by_hand h
           join payment y on y.issuer_id = h.issuer_id and y.provider = h.provider and y.provider_ref = h.payment_ref
          where h.issuer_id = p.issuer_id and y.card_id = p.card_id and h.left_minor > 0
            and h.state in ('waiting', 'counts'))
     group by p.part_id
    having bool_and(o.reason = 'bank_details_needed' and o.owner = 'holder')`.execute(tx)
  return new Set(rows.map((row) => row.part_id))
}

// Nobody was told of this day: it only says when to look again.
const look_again_days = 1

/** An account was named, or something else holds the money: as long as a transfer may come back it is looked at again. */
async function lookLater(tx: Tx, { issuerId, closureId }: Which, at: { now: Date; isOpen: boolean }) {
  const again = new Date(at.now.getTime() + look_again_days * 86_400_000)
  await tx
    .updateTable('closure')
    .set({ account_wanted_until: at.isOpen ? again : null })
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .execute()
}
