import { sql } from 'kysely'
import { moneyJson } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { type CaseCard, type ClosureRow, readCaseCards } from './case.ts'
import {
  type Act,
  type BlockReason,
  type CardInClosure,
  type ClosureView,
  type Covers,
} from './closure-view.ts'
import { arrivalOf } from '../payout/arrival.ts'
import { hasBankDetails } from '../payout/bank-details.ts'
import { isByHand, liveParts } from '../payout/parts.ts'
import type { MoneyRules } from '../policy/money-rules.ts'
import { countedIn } from '../policy/counted-in.ts'
import { policyByVersion } from '../policy/policy.ts'
import { chargedBackSince } from '../payout/charged-back-since.ts'
import { readJournal } from './journal.ts'
import { lineAfterUndo } from './line-after-undo.ts'
import { nameWays } from './name-payments.ts'
import { readBalances } from './read-balances.ts'
import { type BlockRow, isHolders, stepViews } from './step-views.ts'

export type WhichClosure = { issuerId: string } & ({ closureId: string } | { number: string })

/** One closure as anybody may be shown it who may see it at all; undefined when there is none. */
export function readClosure(ctx: Context, which: WhichClosure): Promise<ClosureView | undefined> {
  return inIssuer(ctx.db, which.issuerId, async (tx) => {
    const closure = await tx
      .selectFrom('closure')
      .selectAll()
      .where('issuer_id', '=', which.issuerId)
      .$if('number' in which, (q) => q.where('number', '=', (which as { number: string }).number))
      .$if('closureId' in which, (q) =>
        q.where('closure_id', '=', (which as { closureId: string }).closureId),
      )
      .executeTakeFirst()
    return closure && viewOf(ctx, tx, closure)
  })
}

/** Whose a closure is, and whether its declarer was proved: as much as decides who may have its documents. */
export async function readWhose(tx: Tx, issuerId: string, number: string) {
  const closure = await tx
    .selectFrom('closure')
    .select(['closure_id', 'account_id', 'identity', 'identified_at', 'proved_by'])
    .where('issuer_id', '=', issuerId)
    .where('number', '=', number)
    .executeTakeFirst()
  return (
    closure && {
      closureId: closure.closure_id,
      accountId: closure.account_id,
      identity: closure.identity as ClosureView['identity'],
      identifiedAt: closure.identified_at,
      provedBy: closure.proved_by as ClosureView['provedBy'],
    }
  )
}

type Listed = { issuerId: string; accountIds: string[]; before?: string | undefined; limit?: number }

/** A page of `listClosures`; `older` is the `before` of the next one, null on the last. */
export async function pageOfClosures(
  ctx: Context,
  input: Listed & { limit: number },
): Promise<{ closures: ClosureView[]; older: string | null }> {
  // One more than is shown tells whether there is another page.
  const found = await listClosures(ctx, { ...input, limit: input.limit + 1 })
  const closures = found.slice(0, input.limit)
  return { closures, older: found.length > input.limit ? closures.at(-1)!.number : null }
}

/**
 * The closures of some accounts, newest first, from the one after `before` on. Throws Refusal closure/no_such_closure
 * where that is no closure of theirs.
 */
export function listClosures(
  ctx: Context,
  { issuerId, accountIds, before, limit = 100 }: Listed,
): Promise<ClosureView[]> {
  if (accountIds.length === 0) return Promise.resolve([])
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const own = tx
      .selectFrom('closure')
      .where('issuer_id', '=', issuerId)
      .where('account_id', 'in', accountIds)
    const last = before
      ? await own
          .select(['declared_at', 'closure_id'])
          .where('number', '=', before)
          .executeTakeFirstOrThrow(() => new Refusal('closure/no_such_closure'))
      : undefined
    const rows = await own
      .selectAll()
      .$if(last !== undefined, (q) =>
        q.where(sql<boolean>`(declared_at, closure_id) < (${last?.declared_at}, ${last?.closure_id})`),
      )
      .orderBy('declared_at', 'desc')
      .orderBy('closure_id', 'desc')
      .limit(limit)
      .execute()
    const views: ClosureView[] = []
    for (const row of rows) views.push(await viewOf(ctx, tx, row))
    return views
  })
}

async function viewOf(ctx: Context, tx: Tx, closure: ClosureRow): Promise<ClosureView> {
  const { issuer_id: issuerId, closure_id: closureId } = closure
  const [cards, journal] = [
    await readCaseCards(tx, issuerId, closureId),
    await readJournal(tx, issuerId, closureId),
  ]
  const account = await tx
    .selectFrom('account as a')
    .leftJoin('holder as h', (j) =>
      j.onRef('h.issuer_id', '=', 'a.issuer_id').onRef('h.holder_id', '=', 'a.holder_id'),
    )
    .select(['a.account_ref', 'a.holder_id'])
    // As isHolderErased (privacy/vault.ts).
    .select((e) => e('h.wrapped_key', 'is', null).as('is_erased'))
    .where('a.issuer_id', '=', issuerId)
    .where('a.account_id', '=', closure.account_id)
    .executeTakeFirstOrThrow()
  await nameWays(
    ctx,
    tx,
    { issuerId, holderId: account.holder_id },
    cards.flatMap((card) => card.parts),
  )
  const documents = await tx
    .selectFrom('document')
    .select(['kind', 'issued_at', 'sha256'])
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .orderBy('issued_at')
    .orderBy('kind', 'desc')
    .execute()
  const open = closure.state !== 'closed' && closure.state !== 'undone'
  const blocks = await readBlocks(tx, closure)
  const given = await hasBankDetails(tx, { issuerId, closureId })
  return {
    ...plainFacts(closure),
    accountRef: account.account_ref,
    late: open && isHolders(closure) && closure.due_at < ctx.clock.now(),
    canUndo: open && closure.no_return_at === null,
    wantsVoucher: closure.payout_choice === 'voucher',
    paysAsWithdrawal: isHolders(closure) && (closure.money_rules as MoneyRules | null)?.withdrawn === true,
    isHolderErased: Boolean(account.is_erased),
    bankAccountGiven: given,
    accountWantedUntil: !given && blocks.some(isForAccount) ? closure.account_wanted_until : null,
    lineAfterUndo: closure.state === 'undone' ? lineAfterUndo(cards, journal) : null,
    cards: await withBalances(tx, issuerId, cards, closure),
    steps: stepViews(closure, cards, journal, blocks),
    documents: documents.map((d) => ({
      kind: d.kind as 'slip' | 'certificate',
      issuedAt: d.issued_at,
      sha256: d.sha256,
    })),
  }
}

function plainFacts(closure: ClosureRow) {
  return {
    issuerId: closure.issuer_id,
    closureId: closure.closure_id,
    number: closure.number,
    covers: closure.covers as Covers,
    act: closure.act as Act,
    state: closure.state as ClosureView['state'],
    locale: closure.locale as 'zh-CN' | 'en',
    zone: closure.zone,
    policyVersion: closure.policy_version,
    declaredAt: closure.declared_at,
    dueAt: closure.due_at,
    undoUntil: closure.undo_until,
    noReturnAt: closure.no_return_at,
    undoneAt: closure.undone_at,
    undoneBy: closure.undone_by as ClosureView['undoneBy'],
    identity: closure.identity as ClosureView['identity'],
    cardEnded: closure.received_by === 'expiry',
    identifiedAt: closure.identified_at,
    provedBy: closure.proved_by as ClosureView['provedBy'],
    closedAt: closure.closed_at,
    toldAt: closure.told_at,
  }
}

const isForAccount = ({ reason, owner }: BlockRow) => reason === 'bank_details_needed' && owner === 'holder'

async function readBlocks(tx: Tx, closure: ClosureRow): Promise<BlockRow[]> {
  const rows = await tx
    .selectFrom('closure_block')
    .select(['reason', 'owner', 'scope_id', 'opened_at'])
    .where('issuer_id', '=', closure.issuer_id)
    .where('closure_id', '=', closure.closure_id)
    .where('cleared_at', 'is', null)
    .orderBy('opened_at')
    .execute()
  return rows.map((row) => ({
    reason: row.reason as BlockReason,
    owner: row.owner as BlockRow['owner'],
    scopeId: row.scope_id,
    since: row.opened_at,
  }))
}

async function withBalances(
  tx: Tx,
  issuerId: string,
  cards: CaseCard[],
  closure: ClosureRow,
): Promise<CardInClosure[]> {
  const cardIds = cards.map((card) => card.cardId)
  const money = await readBalances(tx, issuerId, cardIds)
  // Of the few of which a bank has taken something.
  const taken = cardIds.filter((id) => (money.get(id)?.takenBack.length ?? 0) > 0)
  const closureId = closure.closure_id
  const inDoubt = await chargedBackSince(tx, { issuerId, closureId, cardIds: taken })
  const policy = countedIn(policyByVersion(closure.policy_version), closure.zone)
  const shown = closure.identity !== 'not_signed_in' || closure.identified_at !== null
  return cards.map((card) => {
    const amount = card.settledMinor ?? money.get(card.cardId)?.balance ?? 0n
    return {
      cardId: card.cardId,
      iccid: card.iccid,
      plan: card.plan,
      zone: card.zone,
      expiresAt: card.expiresAt,
      balance: shown ? moneyJson({ amount, currency: card.currency }) : null,
      payout: payoutOf(card),
      lines: (card.settlement?.lines ?? []).map((line) => ({
        kind: line.kind,
        amount: { amount: line.amount, currency: card.currency },
        tax: line.tax === undefined ? null : { amount: line.tax, currency: card.currency },
        code: line.code ?? null,
      })),
      parts: card.parts.map((part) => ({
        partId: part.partId,
        route: part.route,
        amount: moneyJson(part),
        state: part.state,
        refusal: part.refusal,
        reference: part.reference,
        settledAt: part.paidAt,
        arrivesBy: arrivalOf(policy, part),
        byHand: isByHand(part),
        claimUntil: part.claimUntil,
        paidWith: part.paidWith ?? null,
      })),
      takenBack: money.get(card.cardId)?.takenBack ?? [],
      isOwedInDoubt: inDoubt.has(card.cardId),
    }
  })
}

/** A card's parts in one line, as long as nobody wants to know more. */
function payoutOf(card: CaseCard): CardInClosure['payout'] {
  const live = liveParts(card.parts)
  const [first] = live
  if (!first || card.settledMinor === null) return null
  const times = live.map((part) => part.paidAt?.getTime() ?? null)
  const last = times.includes(null) ? null : Math.max(...times.map(Number))
  return {
    route: first.route,
    amount: moneyJson({ amount: card.settledMinor, currency: card.currency }),
    reference: live.length === 1 ? first.reference : null,
    settledAt: last === null ? null : new Date(last),
  }
}
