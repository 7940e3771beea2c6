import { nameBankAccount } from '../../src/closure/bank-account.ts'
import { declareClosure, type Declaration } from '../../src/closure/declare.ts'
import { keepUnanswered } from '../../src/closure/keep-unanswered.ts'
import { remindHolders } from '../../src/closure/remind-of-account.ts'
import { undoClosure } from '../../src/closure/undo.ts'
import { watchDeadlines } from '../../src/closure/watch-deadlines.ts'
import { putIssuer } from '../../src/issuer/issuer.ts'
import { inIssuer } from '../../src/platform/db.ts'
import type { Outside } from '../outside.ts'
import { lookAtPayment } from '../../src/payment/look-at-payment.ts'
import { seedCard, type SeedCard, type Seeded } from '../seed.ts'

/**
 * Closures in every state that a holder hardly ever sees, by name: all of the one who reads mail at `email`. Moves the
 * clock past the deadline of one of them.
 */
export async function rareClosures(leb: Outside, email: string): Promise<Record<string, string>> {
  const stored = leb.issuers.find(({ issuerId }) => issuerId === 'leb')!
  const money = { minimum_payout: { CNY: '2000' } }
  const payouts = { name: 'Sample Travel Cards Limited', iban: 'DE89370400440532013000' }
  const issuer = {
    ...stored,
    rules: { ...stored.rules, money },
    providers: { ...stored.providers, payouts },
  }
  await putIssuer(leb.db, issuer, leb.clock.now())
  const { line, payment } = leb.world.sims

  const declare = async (card: SeedCard, change: Partial<Declaration> = {}) =>
    declareCard(await seedCard(leb, { email, ...card }), change)
  const declareCard = (seeded: Seeded, change: Partial<Declaration> = {}) =>
    declareClosure(leb, {
      issuerId: 'leb',
      accountId: seeded.accountId,
      cardIds: [seeded.cardId],
      act: 'terminate',
      start: 'at_once',
      locale: 'zh-CN',
      zone: 'Asia/Shanghai',
      receivedBy: 'portal',
      // Proved at once: the pages of a closure that waits for its code are looked at elsewhere.
      identity: 'issuer_decision',
      ...change,
    })
  const close = async (card: SeedCard, change: Partial<Declaration> = {}) => {
    const receipt = await declare(card, change)
    await leb.look('leb', receipt.closureId)
    return receipt
  }
  /** Closed, and months later the payer's bank takes back what was paid for the card. */
  const closeAndTakeBack = async () => {
    const card = await seedCard(leb, { email, balance: 0n })
    const receipt = await declareCard(card)
    await leb.look('leb', receipt.closureId)
    payment.seed([{ id: card.paymentRef, amount: 20_000, currency: 'cny' }])
    leb.clock.advance({ days: 2 })
    const { id } = payment.disputes.open(card.paymentRef, { amount: 20_000 })!
    await lookAtPayment(leb, { issuerId: 'leb', id })
    return receipt
  }

  /** Its holder named no account until the day was over. */
  const keepUnclaimed = async ({ closureId }: { closureId: string }) => {
    await remindHolders(leb)
    await leb.sendMails('leb')
    await inIssuer(leb.db, 'leb', (tx) =>
      tx
        .updateTable('closure')
        .set({ account_wanted_until: new Date(leb.clock.now().getTime() - 1) })
        .where('closure_id', '=', closureId)
        .execute(),
    )
    await keepUnanswered(leb)
    await leb.look('leb', closureId)
  }

  const unclaimed = await close({ provider: 'bank', balance: 4_200n })
  line.failures.set({ mode: 'refuse' })
  const late = await close({})
  line.failures.set(undefined)
  leb.clock.advance({ days: 40 })
  await watchDeadlines(leb)
  await keepUnclaimed(unclaimed)

  payment.failures.set({ mode: 'down' })
  const silent = await close({})
  payment.failures.set(undefined)
  const wantsAccount = await close({ provider: 'bank', balance: 9_900n })
  const accountNoted = await close({ provider: 'bank', balance: 123_456_789n, paid: 200_000_000n })
  const { closureId } = accountNoted
  await nameBankAccount(leb, { issuerId: 'leb', closureId, iban: 'DE89370400440532013000', name: 'Li Lei' })
  await leb.look('leb', closureId)
  const kept = await close({ balance: 321n })
  const voucher = await close({ balance: 2_500n }, { voucher: true })
  const undone = await declare({}, { start: 'after_undo_window' })
  await undoClosure(leb, { issuerId: 'leb', closureId: undone.closureId })
  const closed = await close({ eid: null })
  const takenBack = await closeAndTakeBack()
  await leb.sendMails('leb')
  const all = {
    late,
    silent,
    wantsAccount,
    accountNoted,
    kept,
    unclaimed,
    voucher,
    undone,
    closed,
    takenBack,
  }
  return Object.fromEntries(Object.entries(all).map(([name, { number }]) => [name, number]))
}
