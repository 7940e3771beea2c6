import { sql } from 'kysely'
import { expect } from 'vitest'
import { atExpiry } from '../../src/expiry/expiry-rules.ts'
import { grace_seconds } from '../../src/expiry/sweep-expiry.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { type Currency, currencies } from './acts.ts'
import { paymentsOf, type Play } from './play.ts'
import { issuerId, type Stage } from './stage.ts'

type Account = {
  account_id: string
  kind: string
  currency: string
  card_id: string | null
  balance: bigint
  held: bigint
}

export function readAccounts({ leb }: Stage): Promise<Account[]> {
  return inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('ledger_account')
      .select(['account_id', 'kind', 'currency', 'card_id', 'balance', 'held'])
      .where('issuer_id', '=', issuerId)
      .orderBy('account_id')
      .execute(),
  )
}

/** After each step: every currency adds up to nothing, and no holder owes anything. */
export async function balancesHold(stage: Stage): Promise<void> {
  const accounts = await readAccounts(stage)
  for (const currency of new Set(accounts.map((one) => one.currency)))
    expect(sumOf(accounts.filter((one) => one.currency === currency))).toBe(0n)
  for (const { balance, held } of accounts.filter((one) => one.kind === 'holder_balance')) {
    expect(held).toBeGreaterThanOrEqual(0n)
    expect(balance).toBeGreaterThanOrEqual(held)
  }
}

/** Every order has been told to its end: what was set aside for it was taken, or is free again. */
export async function nothingStaysSetAside(stage: Stage): Promise<void> {
  expect((await readAccounts(stage)).filter((one) => one.held > 0n)).toEqual([])
}

const sumOf = (accounts: Pick<Account, 'balance'>[]) => accounts.reduce((sum, one) => sum + one.balance, 0n)

/** The journal read from its first entry on, by another hand than `leb ledger check`, ends in the balances that are kept. */
export async function journalReplays(stage: Stage): Promise<void> {
  const { leb } = stage
  const accounts = await readAccounts(stage)
  const entries = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('ledger_entry')
      .select(['account_id', 'posting_id', 'amount'])
      .where('issuer_id', '=', issuerId)
      .orderBy('seq')
      .execute(),
  )
  const kept = new Map(accounts.map((one) => [one.account_id, one]))
  const stands = new Map(accounts.map((one) => [one.account_id, 0n]))
  const posted = new Map<string, bigint>()
  for (const { account_id, posting_id, amount } of entries) {
    const { kind, currency } = kept.get(account_id)!
    const now = stands.get(account_id)! + amount
    if (kind === 'holder_balance') expect(now).toBeGreaterThanOrEqual(0n)
    stands.set(account_id, now)
    const of = `${posting_id} ${currency}`
    posted.set(of, (posted.get(of) ?? 0n) + amount)
  }
  expect([...posted].filter(([, sum]) => sum !== 0n)).toEqual([])
  expect([...stands]).toEqual(accounts.map((one) => [one.account_id, one.balance]))
}

/** What others say: provider and bank have what the books say that they have, and nobody got more than was paid. */
export async function othersAgree(play: Play): Promise<void> {
  const { stage, statement } = play
  const accounts = await readAccounts(stage)
  const house = (kind: string, currency: Currency) =>
    sumOf(accounts.filter((one) => one.kind === kind && one.currency === currency))
  for (const currency of currencies) {
    const moved = stage.sim.balance.lines().filter((line) => line.currency === currency.toLowerCase())
    expect(-house('cash_at_provider', currency)).toBe(
      BigInt(moved.reduce((sum, line) => sum + line.gross, 0)),
    )
    const lines = statement.map((line) => line.split(';')).filter((line) => line[2] === currency)
    expect(-house('cash_at_bank', currency)).toBe(
      lines.reduce((sum, line) => sum + BigInt(line[1]!.replace('.', '')), 0n),
    )
  }
  for (const { ref, amount } of paymentsOf(play)) {
    const given = stage.sim.refunds(ref).filter((refund) => refund.status !== 'failed')
    expect(BigInt(given.reduce((sum, refund) => sum + refund.amount, 0))).toBeLessThanOrEqual(amount)
  }
}

/** What the gate told the network that it took off balances is what the journal took off them, card by card. */
export async function usageIsBookedOnce({ stage: { leb }, cards, batches, charged }: Play): Promise<void> {
  const { rows } = await inIssuer(leb.db, issuerId, (tx) =>
    sql<{ card_id: string; minor: bigint }>`
      select a.card_id, -sum(e.amount)::bigint as minor from ledger_entry e
        join ledger_posting p using (issuer_id, posting_id)
        join ledger_account a on a.issuer_id = e.issuer_id and a.account_id = e.account_id
       where p.reason = 'usage' and a.card_id = any(${cards.map((card) => card.cardId)}::uuid[])
       group by 1`.execute(tx),
  )
  const booked = new Map(rows.map((row) => [row.card_id, row.minor]))
  for (const { cardId, iccid } of cards) {
    const records = new Set(
      batches
        .flat()
        .filter((one) => one.iccid === iccid)
        .map((one) => one.recordId),
    )
    const told = [...records].reduce((sum, id) => sum + charged.get(id)!, 0n)
    expect(booked.get(cardId) ?? 0n).toBe(told)
  }
}

/** What was sold and is neither earned nor given back is what the house still owes a service for. */
export async function deferredIsUnearned(stage: Stage): Promise<void> {
  const { rows } = await inIssuer(stage.leb.db, issuerId, (tx) =>
    sql<{ currency: Currency; minor: bigint }>`
      select o.currency, sum(o.net_minor - o.earned_minor
                             - coalesce((i.terms->'balance'->>o.currency)::bigint, 0))::bigint as minor
        from purchase_order o join catalogue_item i using (issuer_id, item_id)
       where o.state = 'delivered' and o.kind <> 'top_up' group by 1`.execute(tx),
  )
  const accounts = await readAccounts(stage)
  for (const currency of currencies) {
    const deferred = accounts.filter((one) => one.kind === 'deferred_revenue' && one.currency === currency)
    expect(sumOf(deferred)).toBe(rows.find((row) => row.currency === currency)?.minor ?? 0n)
  }
}

/** So long at least, from the sweep that finds it on, is kept what nobody was told of in time. */
export const kept_hours = 72

/**
 * No open card keeps money, in whatever currency, that was over when a sweep ran `kept_hours` ago: it lapsed, or is on
 * its way back. Where the law has it kept for years, it is still there.
 */
export async function nothingOutlivesItsCard({ stage, accounts }: Play, sweptAt: Date): Promise<void> {
  const { leb } = stage
  const until = new Date(sweptAt.getTime() - grace_seconds * 1000)
  for (const { accountId, live } of accounts) {
    const rule = atExpiry(stage.issuer(), live, leb.clock.now())
    if (rule.kind === 'keep' && rule.days * 24 > kept_hours) continue
    const rows = await inIssuer(leb.db, issuerId, (tx) =>
      tx
        .selectFrom('card as c')
        .innerJoin('ledger_account as l', 'l.card_id', 'c.card_id')
        .select(['c.iccid', 'l.balance', 'l.currency'])
        .where('c.account_id', '=', accountId)
        .where('c.state', '=', 'open')
        .where('c.expires_at', '<=', until)
        .where('l.balance', '>', 0n)
        .execute(),
    )
    expect(rows).toEqual([])
  }
}

/** Everything that was ever told comes again, last things first: no balance moves. */
export async function toldAgainChangesNothing(stage: Stage, tellAgain: () => Promise<void>): Promise<void> {
  const before = await readAccounts(stage)
  await tellAgain()
  expect(await readAccounts(stage)).toEqual(before)
}
