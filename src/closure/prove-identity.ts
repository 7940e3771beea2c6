import { type CodeFault, issueCode, useCode } from '../holder/access-code.ts'
import { countTry } from '../holder/rate-limits.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import { findIssuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { deadlines } from '../policy/clocks.ts'
import { type MoneyRules, moneyRules } from '../policy/money-rules.ts'
import { policyFor } from '../policy/policy.ts'
import type { Policy } from '../policy/policy-schema.ts'
import { isInTime, moneyOfWithdrawal, withdrawableUntil } from '../policy/withdrawal.ts'
import { type ClosureRow, readCaseCards } from './case.ts'
import type { Act, ClosureView } from './closure-view.ts'
import { markCardsClosing } from './mark-closing.ts'
import type { ClosureRefusal } from './refusals.ts'

type Which = { issuerId: string; closureId: string }

/**
 * Sends a new code to the contact the account already had. Throws Refusal closure/no_such_closure,
 * closure/already_undone. Does nothing when the closure is identified already.
 */
export async function sendIdentifyCode(ctx: Context, which: Which): Promise<void> {
  await inIssuer(ctx.db, which.issuerId, async (tx) => {
    const closure = await tx
      .selectFrom('closure')
      .select(['state', 'locale'])
      .where('issuer_id', '=', which.issuerId)
      .where('closure_id', '=', which.closureId)
      .executeTakeFirst()
    if (!closure) throw new Refusal('closure/no_such_closure')
    if (closure.state === 'undone') throw new Refusal('closure/already_undone')
    if (closure.state !== 'declared') return
    const { codeId } = await issueCode(ctx, tx, { ...which, purpose: 'identify' })
    const locale = closure.locale as 'zh-CN' | 'en'
    await queueNotice(ctx, tx, { ...which, kind: 'identify_code', codeId, locale })
  })
}

/**
 * The same for whoever asks from outside: counted first, so that nobody can fill a holder's mailbox. What was
 * declared without signing in is counted by the card, so that a new declaration is no new allowance.
 * Throws Refusal holder/too_often besides.
 */
export async function askForNewCode(ctx: Context, view: ClosureView, client: string): Promise<void> {
  const unproved = view.identity === 'not_signed_in' ? view.cards : []
  // By the account, whose address it is: to undo and declare again is no new allowance.
  const address = view.accountRef ?? view.closureId
  await countTry(ctx, view.issuerId, [
    { limit: 'code_per_client', who: client },
    { limit: 'code_per_address', who: address },
    { limit: 'code_per_address_a_day', who: address },
    ...unproved.map(({ iccid }) => ({ limit: 'unproved_code_per_card' as const, who: iccid })),
  ])
  await sendIdentifyCode(ctx, view)
}

const refusalFor: Record<CodeFault, ClosureRefusal> = {
  wrong: 'closure/code_wrong',
  expired: 'closure/code_expired',
  used: 'closure/code_used',
  too_many: 'closure/code_too_many',
}

/**
 * The code is bound to this closure and good once; spending it and starting the closing are one transaction.
 * `by` is `declarer` when the code came with what the receipt gave out, not with a session.
 * Throws Refusal closure/no_such_closure, already_undone, code_wrong, code_expired, code_used, code_too_many.
 */
export async function proveIdentity(
  ctx: Context,
  input: Which & { code: string; by?: 'declarer' | 'account' },
): Promise<void> {
  const { issuerId, closureId, by = 'account' } = input
  const outcome = await useCode(ctx, { ...input, purpose: 'identify' }, async (tx) => {
    const done = await tx
      .updateTable('closure')
      .set({ state: 'identified', identified_at: ctx.clock.now(), proved_by: by })
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .where('state', '=', 'declared')
      .returningAll()
      .executeTakeFirst()
    if (!done) return false
    if (done.identity === 'not_signed_in') await becomeHolders(ctx, tx, done)
    await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
    return true
  })
  if (outcome === 'ok') return
  const state = await stateOf(ctx, input)
  if (!state) throw new Refusal('closure/no_such_closure')
  if (state === 'undone') throw new Refusal('closure/already_undone')
  throw new Refusal(refusalFor[outcome])
}

/**
 * A declaration made without signing in is the holder's from here on: the cards are marked, and the law of the
 * holder's residence, as it stood at the declaration, takes the place of the issuer's where it is the sooner.
 */
async function becomeHolders(ctx: Context, tx: Tx, closure: ClosureRow): Promise<void> {
  const { issuer_id: issuerId, closure_id: closureId } = closure
  const cards = await readCaseCards(tx, issuerId, closureId)
  await markCardsClosing(
    tx,
    issuerId,
    cards.map((card) => card.cardId),
  )
  const { jurisdiction } = await tx
    .selectFrom('account')
    .select('jurisdiction')
    .where('issuer_id', '=', issuerId)
    .where('account_id', '=', closure.account_id)
    .executeTakeFirstOrThrow()
  const policy = policyFor(jurisdiction, closure.declared_at)
  const [first] = deadlines(policy, closure.act as Act, closure.declared_at)
  const due_at = first && first.dueAt < closure.due_at ? first.dueAt : closure.due_at
  const issuer = await findIssuer(tx, issuerId)
  const ordinary = moneyRules(policy.money, issuer?.rules.money ?? {})
  const money_rules = JSON.stringify(await rulesOfAct(tx, closure, { policy, jurisdiction, ordinary }))
  await tx
    .updateTable('closure')
    .set({ jurisdiction, policy_version: policy.version, due_at, money_rules })
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .execute()
}

/** A withdrawal that came in time is settled as one; one that came too late ends the contract as closing does. */
async function rulesOfAct(
  tx: Tx,
  closure: ClosureRow,
  law: { policy: Policy; jurisdiction: string; ordinary: MoneyRules },
): Promise<MoneyRules> {
  if (closure.act !== 'withdraw') return law.ordinary
  const sold = await tx
    .selectFrom('card as c')
    .innerJoin('closure_card as k', (join) =>
      join.onRef('k.issuer_id', '=', 'c.issuer_id').onRef('k.card_id', '=', 'c.card_id'),
    )
    .select('c.sold_at')
    .where('k.issuer_id', '=', closure.issuer_id)
    .where('k.closure_id', '=', closure.closure_id)
    .execute()
  const inTime = sold.every(({ sold_at }) =>
    isInTime(closure.declared_at, withdrawableUntil(law.policy, law.jurisdiction, sold_at)),
  )
  return inTime ? moneyOfWithdrawal(law.ordinary) : law.ordinary
}

async function stateOf(ctx: Context, which: Which): Promise<string | undefined> {
  const row = await inIssuer(ctx.db, which.issuerId, (tx) =>
    tx
      .selectFrom('closure')
      .select('state')
      .where('issuer_id', '=', which.issuerId)
      .where('closure_id', '=', which.closureId)
      .executeTakeFirst(),
  )
  return row?.state
}
