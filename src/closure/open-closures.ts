import { sql } from 'kysely'
import { partOf, partsOfK } from '../payout/parts.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { accountWords, type AskedSoFar, blockWords } from './block-words.ts'
import type { ClosureRow } from './case.ts'
import type { BlockReason, Covers, StepName } from './closure-view.ts'
import { type Journal, readJournals } from './journal.ts'
import { type BlockRow, isHolders, stepViews } from './step-views.ts'

/**
 * A closure that is not done, or that is closed and owes again what its holder claimed or a bank sent back; as staff see
 * it in a list. Numbers only, nothing personal.
 */
export type OpenClosure = {
  issuer: string
  number: string
  covers: Covers
  account: string
  /** ICCIDs. */
  cards: string[]
  state: 'declared' | 'identified' | 'closing' | 'closed'
  /** The step it stands at, and since when: since it is blocked, or the step before it was done. */
  step: StepName
  since: Date
  dueAt: Date
  late: boolean
  /** `leb`: nobody has to act, it is under way. */
  turn: 'holder' | 'staff' | 'provider' | 'leb'
  /** In plain words. */
  why: string
  /** All that is open, what presses most first. */
  blocks: { reason: BlockReason; turn: BlockRow['owner']; since: Date; why: string }[]
}

type Which = { issuerId: string; late?: boolean; blocked?: boolean }

// A page is read in one transaction and few statements.
const page_size = 500

/** Those of an issuer, the first that is due first; read page by page. */
export async function* openClosures(ctx: Context, which: Which): AsyncGenerator<OpenClosure> {
  let after: ClosureRow | undefined
  do {
    const { rows, views } = await inIssuer(ctx.db, which.issuerId, (tx) => readPage(ctx, tx, which, after))
    yield* views
    after = rows.length === page_size ? rows.at(-1) : undefined
  } while (after)
}

async function readPage(ctx: Context, tx: Tx, which: Which, after: ClosureRow | undefined) {
  const now = ctx.clock.now()
  const rows = await tx
    .selectFrom('closure')
    .selectAll()
    .where('issuer_id', '=', which.issuerId)
    .where('undone_at', 'is', null)
    .where('closure_id', 'in', idsOf(which))
    .$if(which.late === true, (q) =>
      q.where('due_at', '<', now).where(isOfHolder).where('closed_at', 'is', null),
    )
    .$if(after !== undefined, (q) =>
      q.where(sql<boolean>`(due_at, closure_id) > (${after?.due_at}, ${after?.closure_id})`),
    )
    .orderBy('due_at')
    .orderBy('closure_id')
    .limit(page_size)
    .execute()
  if (rows.length === 0) return { rows, views: [] }
  const facts = await readFacts(tx, which.issuerId, rows)
  return { rows, views: rows.map((row) => viewOf(row, facts, now)) }
}

/** As isHolders (step-views.ts). */
const isOfHolder = sql<boolean>`(identified_at is not null or identity = 'signed_in')`
/** By the indexes of the few that are open: most closures of an issuer are done. An order's part has no closure. */
const idsOf = ({ issuerId, blocked = false }: Which) => sql<string>`(
  select b.closure_id from closure_block b where b.issuer_id = ${issuerId} and b.cleared_at is null
  ${
    blocked
      ? sql``
      : sql`union select o.closure_id from closure o
     where o.issuer_id = ${issuerId} and o.closed_at is null and o.undone_at is null
     union select p.closure_id from payout_part p
     where p.issuer_id = ${issuerId} and p.route = 'original_payment' and p.state in ('waiting', 'sent')
     union select p.closure_id from payout_part p
     where p.issuer_id = ${issuerId} and p.route = 'bank_transfer' and p.state in ('waiting', 'sent')`
  })`

type Facts = {
  accounts: Map<string, string>
  cards: Map<string, Awaited<ReturnType<typeof readCards>>>
  blocks: Map<string, BlockRow[]>
  journals: Map<string, Journal>
  reminders: Map<string, AskedSoFar['last']>
}

async function readFacts(tx: Tx, issuerId: string, rows: ClosureRow[]): Promise<Facts> {
  const ids = rows.map((row) => row.closure_id)
  const accounts = await tx
    .selectFrom('account')
    .select(['account_id', 'account_ref'])
    .where('issuer_id', '=', issuerId)
    .where(
      'account_id',
      'in',
      rows.map((row) => row.account_id),
    )
    .execute()
  return {
    accounts: new Map(accounts.map((one) => [one.account_id, one.account_ref])),
    cards: Map.groupBy(await readCards(tx, issuerId, ids), (card) => card.closureId),
    blocks: Map.groupBy(await readBlocks(tx, issuerId, ids), (block) => block.closureId),
    journals: await readJournals(tx, issuerId, ids),
    reminders: await readLastReminders(tx, issuerId, rows),
  }
}

async function readCards(tx: Tx, issuerId: string, closureIds: string[]) {
  const rows = await tx
    .selectFrom('closure_card as k')
    .innerJoin('card as c', (j) =>
      j.onRef('c.issuer_id', '=', 'k.issuer_id').onRef('c.card_id', '=', 'k.card_id'),
    )
    .select(['k.closure_id', 'c.card_id', 'c.iccid', partsOfK.as('parts')])
    .where('k.issuer_id', '=', issuerId)
    .where('k.closure_id', 'in', closureIds)
    .orderBy('c.iccid')
    .execute()
  return rows.map((row) => ({
    closureId: row.closure_id,
    cardId: row.card_id,
    iccid: row.iccid,
    parts: row.parts.map(partOf),
  }))
}

async function readBlocks(tx: Tx, issuerId: string, closureIds: string[]) {
  const rows = await tx
    .selectFrom('closure_block')
    .select(['closure_id', 'reason', 'owner', 'scope_id', 'opened_at'])
    .where('issuer_id', '=', issuerId)
    .where('closure_id', 'in', closureIds)
    .where('cleared_at', 'is', null)
    .orderBy('opened_at')
    .execute()
  return rows.map((row) => ({
    closureId: row.closure_id,
    reason: row.reason as BlockReason,
    owner: row.owner as BlockRow['owner'],
    scopeId: row.scope_id,
    since: row.opened_at,
  }))
}

/** What became of the last reminder to name an account, where it was queued. */
async function readLastReminders(tx: Tx, issuerId: string, rows: ClosureRow[]): Promise<Facts['reminders']> {
  const ids = rows.filter((row) => row.bank_asked_at && row.bank_reminders === 2).map((row) => row.closure_id)
  if (ids.length === 0) return new Map()
  const notices = await tx
    .selectFrom('notice')
    .select(['closure_id', 'state'])
    .where('issuer_id', '=', issuerId)
    .where('closure_id', 'in', ids)
    .where('kind', '=', 'bank_details_reminder')
    .orderBy('created_at')
    .execute()
  const became = { sent: 'out', waiting: 'waiting', refused: 'lost', dropped: 'lost' } as const
  // The last of each is the one that stays.
  return new Map(notices.map((one) => [one.closure_id!, became[one.state as keyof typeof became]]))
}

const pressing = { staff: 0, holder: 1, provider: 2 }

function viewOf(row: ClosureRow, facts: Facts, now: Date): OpenClosure {
  const cards = facts.cards.get(row.closure_id) ?? []
  const open = facts.blocks.get(row.closure_id) ?? []
  const steps = stepViews(row, cards, facts.journals.get(row.closure_id) ?? new Map(), open)
  const at = steps.findIndex(({ state }) => state !== 'done')
  const step = steps.at(at)!
  const done = steps.slice(0, Math.max(at, 0)).flatMap((one) => one.at ?? [])
  // A closed one owes again, since some time after its end.
  const begun = [...done, row.closed_at ?? row.declared_at]
  const before = new Date(Math.max(...begun.map(Number)))
  const blocks = blocksOf(row, open, facts.reminders.get(row.closure_id) ?? null)
  const [first] = blocks
  return {
    issuer: row.issuer_id,
    number: row.number,
    covers: row.covers as Covers,
    account: facts.accounts.get(row.account_id)!,
    cards: cards.map((card) => card.iccid),
    state: row.state as OpenClosure['state'],
    step: step.step,
    since: step.block?.since ?? before,
    dueAt: row.due_at,
    late: row.closed_at === null && isHolders(row) && row.due_at < now,
    turn: first?.turn ?? (step.step === 'identify' ? 'holder' : 'leb'),
    why: first?.why ?? underWay(row, step.step),
    blocks,
  }
}

/** Two cards that wait for the same are told once. */
function blocksOf(row: ClosureRow, open: BlockRow[], last: AskedSoFar['last']): OpenClosure['blocks'] {
  const told = open.map(({ reason, owner: turn, since }) => {
    const asked = { at: row.bank_asked_at, last }
    const words = reason === 'bank_details_needed' ? accountWords(turn, asked) : blockWords[reason]
    return { reason, turn, since, why: words.replaceAll(/\bN\b/g, row.number) }
  })
  const once = new Map(told.toReversed().map((block) => [`${block.reason} ${block.turn}`, block]))
  return [...once.values()].toSorted(
    (a, b) => pressing[a.turn] - pressing[b.turn] || a.since.getTime() - b.since.getTime(),
  )
}

function underWay({ undo_until: until }: ClosureRow, step: StepName): string {
  if (step === 'identify') return 'the code that was mailed has not been entered'
  if (step === 'undo_window' && until) return `can be undone until ${until.toISOString()}`
  return 'under way: nobody has to act'
}
