import { sql } from 'kysely'
import type { Answer } from '../adapters/answer.ts'
import type { LineDone } from '../adapters/line/port.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import type { Look } from '../platform/jobs.ts'
import type { Leases } from '../platform/leases.ts'
import { readLine } from '../privacy/vault.ts'

const cards_a_look = 200
const at_once = 8
const longest_pause_seconds = 300
/** A card that is being closed is the closure's; whether that was undone is looked at so often. */
const closing_seconds = 60

/**
 * One look of a worker at the lines of one issuer: carries out what dry_cut wishes, and queues the next look for when
 * something is to be asked again. Every wish of a card has a key of its own, and the next is begun only when the
 * network has answered the one before, so that a resumption can't overtake the suspension it undoes.
 */
export async function lookAtLines(ctx: Context, leases: Leases, look: Look): Promise<void> {
  const { issuerId } = look
  const release = await leases.take(`${issuerId}/${look.id}`)
  if (!release) return lookAgain(ctx, look, inSeconds(ctx, 1))
  try {
    await endDays(ctx, issuerId)
    const due = await readDue(ctx, issuerId)
    const next = async () => {
      for (let cardId = due.shift(); cardId; cardId = due.shift()) await carryOut(ctx, issuerId, cardId)
    }
    await Promise.all(Array.from({ length: at_once }, next))
    const at = await nextTime(ctx, issuerId)
    if (at) await lookAgain(ctx, look, at)
  } finally {
    await release()
  }
}

type Step =
  | { kind: 'nothing' }
  | { kind: 'order'; wish: number; line: { iccid: string; msisdn?: string; imsi?: string } }

/** Brings one line to where it is wished, or as far as the network lets it now. */
async function carryOut(ctx: Context, issuerId: string, cardId: string): Promise<void> {
  const line = await ctx.providers.of(issuerId).line()
  for (;;) {
    const step = await inIssuer(ctx.db, issuerId, (tx) => nextStep(ctx, tx, issuerId, cardId))
    if (step.kind === 'nothing') return
    const order = { ...step.line, key: `usage:${cardId}:${step.wish}` }
    const answer = await (isOff(step.wish) ? line.suspend(order) : line.resume(order))
    const went_on = await inIssuer(ctx.db, issuerId, (tx) =>
      hear(ctx, tx, { issuerId, cardId }, step.wish, answer),
    )
    if (!went_on) return
  }
}

const isOff = (wish: number) => wish % 2 === 1

/** What is to be ordered now, written down before it is. */
async function nextStep(ctx: Context, tx: Tx, issuerId: string, cardId: string): Promise<Step> {
  const row = await lockRow(tx, issuerId, cardId)
  if (!row || row.told === row.wish || row.refused !== null) return { kind: 'nothing' }
  const set = (values: object) => rowOf(tx, issuerId, cardId).set(values).execute()
  const { wish, asked, told, state } = row
  if (state === 'closed') {
    await tx.deleteFrom('dry_cut').where('issuer_id', '=', issuerId).where('card_id', '=', cardId).execute()
    return { kind: 'nothing' }
  }
  if (asked === told && isOff(told) === isOff(wish)) {
    await set({ asked: wish, told: wish })
    return { kind: 'nothing' }
  }
  // What is under way is always seen to its end. Nothing new is begun at a line that a closure has, but to take back
  // a resumption of ours that reached the network after the closure's own suspension.
  const takesBack = state === 'frozen' && isOff(wish) && told > 0
  if (asked === told && state !== 'open' && !takesBack) {
    await set({ next_at: inSeconds(ctx, closing_seconds) })
    return { kind: 'nothing' }
  }
  const order = asked > told ? asked : wish
  if (asked === told) await set({ asked: order })
  const line = await readLine(ctx, tx, { issuerId, cardId })
  return {
    kind: 'order',
    wish: order,
    line: { iccid: row.iccid, ...(line && { msisdn: line.msisdn, imsi: line.imsi }) },
  }
}

/** Writes the network's answer down; true when it did what was asked, so that the next wish can be looked at. */
async function hear(
  ctx: Context,
  tx: Tx,
  { issuerId, cardId }: { issuerId: string; cardId: string },
  wish: number,
  answer: Answer<LineDone>,
): Promise<boolean> {
  const row = await lockRow(tx, issuerId, cardId)
  // Another worker heard of it first.
  if (!row || row.asked !== wish || row.told >= wish) return false
  const set = (values: object) => rowOf(tx, issuerId, cardId).set(values).execute()
  const now = ctx.clock.now()
  switch (answer.kind) {
    case 'done': {
      const backWhileClosing = !isOff(wish) && row.state !== 'open'
      await set({
        told: wish,
        failures: 0,
        next_at: now,
        ...(isOff(wish) ? { cut_at: now, back_at: null } : { back_at: now }),
        ...(backWhileClosing && row.wish === wish && { wish: wish + 1 }),
      })
      // The closure says itself how a line of its own stands.
      if (row.state === 'open') await setLineState(tx, issuerId, cardId, isOff(wish) ? 'suspended' : 'active')
      return true
    }
    case 'pending':
      await set({ next_at: inSeconds(ctx, Math.max(1, answer.askAgainInMs / 1000)) })
      return false
    case 'unknown':
      await set({
        failures: row.failures + 1,
        next_at: inSeconds(ctx, Math.min(2 ** Math.min(row.failures, 9), longest_pause_seconds)),
      })
      return false
    case 'refused':
      ctx.log.warn('the network refused a line order for a card that ran dry', {
        issuer: issuerId,
        code: answer.code,
      })
      await set({ asked: row.told, refused: answer.code })
      return false
  }
}

async function lockRow(tx: Tx, issuerId: string, cardId: string) {
  return tx
    .selectFrom('dry_cut as d')
    .innerJoin('card as c', (join) =>
      join.onRef('c.issuer_id', '=', 'd.issuer_id').onRef('c.card_id', '=', 'd.card_id'),
    )
    .select(['d.wish', 'd.asked', 'd.told', 'd.failures', 'd.refused', 'c.state', 'c.iccid'])
    .where('d.issuer_id', '=', issuerId)
    .where('d.card_id', '=', cardId)
    .forNoKeyUpdate('d')
    .executeTakeFirst()
}

const rowOf = (tx: Tx, issuerId: string, cardId: string) =>
  tx.updateTable('dry_cut').where('issuer_id', '=', issuerId).where('card_id', '=', cardId)

async function setLineState(tx: Tx, issuerId: string, cardId: string, state: string): Promise<void> {
  await tx
    .updateTable('card')
    .set({ line_state: state })
    .where('issuer_id', '=', issuerId)
    .where('card_id', '=', cardId)
    .where('state', '=', 'open')
    .execute()
}

/** Cards that were off only for the day: their plan has its next one. */
async function endDays(ctx: Context, issuerId: string): Promise<void> {
  const now = ctx.clock.now()
  await inIssuer(ctx.db, issuerId, (tx) =>
    sql`update dry_cut set wish = wish + 1, until = null, next_at = ${now}, failures = 0, refused = null
         where issuer_id = ${issuerId} and until <= ${now} and wish % 2 = 1`.execute(tx),
  )
}

async function readDue(ctx: Context, issuerId: string): Promise<string[]> {
  const rows = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('dry_cut')
      .select('card_id')
      .where('issuer_id', '=', issuerId)
      .whereRef('told', '<', 'wish')
      .where('refused', 'is', null)
      .where('next_at', '<=', ctx.clock.now())
      .orderBy('next_at')
      .limit(cards_a_look)
      .execute(),
  )
  return rows.map((row) => row.card_id)
}

async function nextTime(ctx: Context, issuerId: string): Promise<Date | null> {
  const { rows } = await inIssuer(ctx.db, issuerId, (tx) =>
    sql<{ at: Date | null }>`
      select least(
        (select min(next_at) from dry_cut where issuer_id = ${issuerId} and told < wish and refused is null),
        (select min(until) from dry_cut where issuer_id = ${issuerId} and until is not null and wish % 2 = 1)) as at`.execute(
      tx,
    ),
  )
  return rows[0]?.at ?? null
}

const inSeconds = (ctx: Context, seconds: number) => new Date(ctx.clock.now().getTime() + seconds * 1000)

function lookAgain(ctx: Context, look: Look, at: Date): Promise<void> {
  return inIssuer(ctx.db, look.issuerId, (tx) => ctx.jobs.look(tx, 'line', look, at))
}
