import { declareClosure, type Declaration } from '../src/closure/declare.ts'
import { readClosure } from '../src/closure/read-closure.ts'
import { putIssuer } from '../src/issuer/issuer.ts'
import { inIssuer } from '../src/platform/db.ts'
import type { IssuerMoney } from '../src/policy/money-rules.ts'
import type { Outside } from './outside.ts'
import type { Seeded } from './seed.ts'

/** Sets what an issuer keeps and gives back; the rest of it stays. */
export async function setMoney(leb: Outside, issuerId: string, money: IssuerMoney): Promise<void> {
  const issuer = leb.issuers.find((one) => one.issuerId === issuerId)!
  const payouts = { name: 'Sample Travel Cards', iban: 'DE89370400440532013000' }
  const set = {
    ...issuer,
    rules: { ...issuer.rules, money },
    providers: { ...issuer.providers, payouts },
  }
  await putIssuer(leb.db, set, leb.clock.now())
}

/** One more payment of a card, `day` days after it was sold. */
export async function addPayment(
  leb: Outside,
  card: Seeded,
  payment: { ref: string; amount: bigint; currency: string; day: number },
): Promise<string> {
  const paymentId = leb.ids.next()
  await inIssuer(leb.db, card.issuerId, (tx) =>
    tx
      .insertInto('payment')
      .values({
        issuer_id: card.issuerId,
        payment_id: paymentId,
        card_id: card.cardId,
        provider: 'stripe',
        provider_ref: payment.ref,
        currency: payment.currency,
        amount_minor: payment.amount,
        received_at: new Date(Date.UTC(2026, 10, 1 + payment.day)),
      })
      .execute(),
  )
  return paymentId
}

/** Declares by the issuer's own decision and works on it until it rests. */
export async function closeCard(
  leb: Outside,
  card: Pick<Seeded, 'issuerId' | 'accountId' | 'cardId'>,
  change: Partial<Declaration> = {},
): Promise<string> {
  const { closureId } = await declareClosure(leb, {
    issuerId: card.issuerId,
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'Europe/Berlin',
    receivedBy: 'cli',
    identity: 'issuer_decision',
    ...change,
  })
  await leb.look(card.issuerId, closureId)
  return closureId
}

/** Each part as `route state amount refusal`, in order. */
export async function partsOf(leb: Outside, issuerId: string, closureId: string): Promise<string[]> {
  const rows = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('payout_part')
      .select(['route', 'state', 'amount_minor', 'refusal'])
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .orderBy('ord')
      .execute(),
  )
  return rows.map((row) => `${row.route} ${row.state} ${row.amount_minor} ${row.refusal ?? ''}`.trim())
}

export async function stateOf(leb: Outside, issuerId: string, closureId: string): Promise<string> {
  const view = (await readClosure(leb, { issuerId, closureId }))!
  return view.steps.find((step) => step.block)?.block?.reason ?? view.state
}

/** Balance of each account of the house that is not 0, in one currency, and the sum of all, which must be 0. */
export async function books(
  leb: Outside,
  issuerId: string,
  currency: string,
): Promise<Record<string, bigint>> {
  const rows = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('ledger_account')
      .select((e) => ['kind', e.fn.sum<string>('balance').as('balance')])
      .where('issuer_id', '=', issuerId)
      .where('currency', '=', currency)
      .groupBy('kind')
      .execute(),
  )
  const known = rows.map((row) => [row.kind, BigInt(row.balance)] as const).filter(([, sum]) => sum !== 0n)
  if (known.reduce((all, [, sum]) => all + sum, 0n) !== 0n) throw new Error('the books do not add up')
  return Object.fromEntries(known)
}
