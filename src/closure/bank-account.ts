import { queueNotice } from '../notice/queue-notice.ts'
import { keepBankDetails } from '../payout/bank-details.ts'
import { checkBankAccount } from '../payout/check-bank-account.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'

/**
 * The holder names the account that the transfers of a closure go to, or another one as long as none is with the bank.
 * The contact that the account always had hears of it. Throws those of checkBankAccount, and Refusal
 * closure/no_such_closure, closure/already_undone, payout/prove_first, payout/no_transfer_wanted, payout/person_gone.
 */
export async function nameBankAccount(
  ctx: Context,
  input: { issuerId: string; closureId: string; iban: string; name: string },
): Promise<void> {
  const details = checkBankAccount(input)
  const { issuerId, closureId } = input
  await inIssuer(ctx.db, issuerId, async (tx) => {
    const closure = await lock(tx, issuerId, closureId)
    if (!closure) throw new Refusal('closure/no_such_closure')
    if (closure.state === 'undone') throw new Refusal('closure/already_undone')
    // Nobody writes into a holder's vault who has not proved to be the holder.
    if (closure.identity === 'not_signed_in' && !closure.identified_at)
      throw new Refusal('payout/prove_first')
    if (!(await isWanted(tx, issuerId, closureId))) throw new Refusal('payout/no_transfer_wanted')
    const place = { issuerId, itemId: closureId, holderId: closure.holder_id }
    if (!(await keepBankDetails(ctx, tx, place, details))) throw new Refusal('payout/person_gone')
    await queueNotice(ctx, tx, {
      issuerId,
      closureId,
      kind: 'bank_details_noted',
      locale: closure.locale as 'zh-CN' | 'en',
    })
    await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
  })
}

function lock(tx: Tx, issuerId: string, closureId: string) {
  return tx
    .selectFrom('closure as o')
    .innerJoin('account as a', (j) =>
      j.onRef('a.issuer_id', '=', 'o.issuer_id').onRef('a.account_id', '=', 'o.account_id'),
    )
    .select(['o.state', 'o.identity', 'o.identified_at', 'o.locale', 'a.holder_id'])
    .where('o.issuer_id', '=', issuerId)
    .where('o.closure_id', '=', closureId)
    .forNoKeyUpdate('o')
    .executeTakeFirst()
}

/** A transfer waits, or may still come of what is not settled or not paid yet. */
async function isWanted(tx: Tx, issuerId: string, closureId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('closure_card as k')
    .leftJoin('payout_part as p', (j) =>
      j
        .onRef('p.issuer_id', '=', 'k.issuer_id')
        .onRef('p.closure_id', '=', 'k.closure_id')
        .onRef('p.card_id', '=', 'k.card_id'),
    )
    .select('k.card_id')
    .where('k.issuer_id', '=', issuerId)
    .where('k.closure_id', '=', closureId)
    .where((e) =>
      e.or([
        e('k.settled_minor', 'is', null),
        e.and([e('p.state', '=', 'waiting'), e('p.route', 'in', ['bank_transfer', 'original_payment'])]),
      ]),
    )
    .executeTakeFirst()
  return row !== undefined
}
