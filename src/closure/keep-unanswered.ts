import { sql } from 'kysely'
import { wantsAccount } from '../payout/closures-without-account.ts'
import { notePart, partOf, partsOfK, type PayoutPart } from '../payout/parts.ts'
import { newParts, writeParts } from '../payout/write-settlement.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { claimUntil } from '../policy/clocks.ts'
import { policyByVersion } from '../policy/policy.ts'
import { askHolder, firstReminderAt } from './ask-holder.ts'
import { eachDue } from './each-due.ts'

/**
 * Money that waits for an account which nobody has named in the policy's time (`unclaimed`), after two reminders that
 * told the day, is kept: it stays owed to its holder, who can ask for it, and the closure goes on to its certificate and
 * the erasure (docs/adr/0035). Each closure once.
 */
export async function keepUnanswered(ctx: Context): Promise<void> {
  const isDue = isOver(ctx.clock.now())
  await eachDue(ctx, { sweep: 'keep_unanswered', isDue, first: 'account_wanted_until' }, (tx, which) =>
    keep(ctx, tx, which),
  )
}

/** Rows of `closure` whose day is over and whose reminders wait to be sent no more (notice/name-it-by.ts). */
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
    .select(['policy_version', 'declared_at', 'zone', 'locale', 'bank_asked_at'])
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .where(isOver(now))
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!closure) return
  const policy = policyByVersion(closure.policy_version)
  const cards = await partsByCard(tx, which)
  const waiting = await waitingForAccount(tx, which, firstReminderAt(closure.bank_asked_at!))
  const reminded = new Set(waiting.flatMap(({ partId, isReminded }) => (isReminded ? partId : [])))
  await keepParts(ctx, tx, which, { cards, reminded, until: claimUntil(policy, now) })
  const isAnythingOpen = cards.flat().some(isOpenTransfer)
  const facts = waiting.some(({ isReminded }) => !isReminded)
    ? await askHolder(ctx, tx, {
        ...which,
        policy,
        declaredAt: closure.declared_at,
        zone: closure.zone,
        locale: closure.locale as 'zh-CN' | 'en',
      })
    : lookedAtAgain(now, isAnythingOpen)
  // A worker that has the closure in hand does not know the new parts: the new version stops it.
  await tx
    .updateTable('closure')
    .set((e) => ({ ...facts, ...(reminded.size > 0 && { version: e('version', '+', 1n) }) }))
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .execute()
  await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
}

type Keeping = { cards: PayoutPart[][]; reminded: Set<string>; until: string }

/** A part of its own takes the place of each, in the lists as well; nobody waits for an account any more. */
async function keepParts(ctx: Context, tx: Tx, which: Which, { cards, reminded, until }: Keeping) {
  const { issuerId, closureId } = which
  for (const parts of cards)
    for (const part of parts.filter(({ partId }) => reminded.has(partId))) {
      await notePart(tx, issuerId, part, { state: 'refused', refusal: 'no_account_named' })
      const { cardId, currency, amount } = part
      const after = Math.max(...parts.map(({ ord }) => ord))
      const planned = [{ route: 'kept' as const, paymentId: null, amount }]
      const made = newParts(ctx, { cardId, currency, after, refOf: () => null }, planned)
      const kept = made.map((one) => ({ ...one, claimUntil: until }))
      await writeParts(tx, which, kept)
      parts.push(...kept)
    }
  if (reminded.size === 0) return
  await tx
    .updateTable('closure_block')
    .set({ cleared_at: ctx.clock.now() })
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .where('scope_id', 'in', [...reminded])
    .where('cleared_at', 'is', null)
    .execute()
}

/** The parts of each card. */
async function partsByCard(tx: Tx, { issuerId, closureId }: Which): Promise<PayoutPart[][]> {
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
 * refund that staff made on the provider's page for what is owed (steps/count-by-hand.ts). `isReminded`: they waited
 * before the first reminder, so that both were about them.
 */
async function waitingForAccount(tx: Tx, { issuerId, closureId }: Which, firstReminder: Date) {
  const { rows } = await sql<{ partId: string; isReminded: boolean }>`
    select p.part_id as "partId", min(o.opened_at) < ${firstReminder} as "isReminded"
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
  return rows
}

const look_again_days = 1

/**
 * What an account was named for, or what something else holds, may wait for one again: as long as a transfer is open the
 * closure is looked at every day. Nobody was told of that day.
 */
function lookedAtAgain(now: Date, isAnythingOpen: boolean) {
  if (!isAnythingOpen) return { bank_asked_at: null, account_wanted_until: null }
  return { account_wanted_until: new Date(now.getTime() + look_again_days * 86_400_000) }
}
