import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { checkBooks } from './check.ts'
import { closeEmptyBalance, freezeBalance, houseAccount, lockCardBalance } from './accounts.ts'
import { post } from './post.ts'
import { postUsage, type UsageLine } from './post-usage.ts'

let ctx: TestWorld
let card: Seeded
let other: Seeded
beforeAll(async () => void (ctx = await openTestWorld()))
afterAll(() => ctx.stop())
beforeEach(async () => {
  card = await seedCard(ctx, { balance: 1000n })
  other = await seedCard(ctx, { balance: 50n, currency: 'JPY' })
})

const leb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(ctx.db, 'leb', work)
const usage = (cardId: string, gross: bigint, given: Partial<UsageLine> = {}): UsageLine => {
  const recordKey = given.recordKey ?? `usage:${ctx.ids.next()}`
  const hash = createHash('sha256').update(`${cardId}/${gross}`).digest()
  const tax = gross / 10n
  return { recordKey, hash, cardId, gross, net: gross - tax, tax, late: false, ...given }
}
const take = async (lines: UsageLine[]) => leb((tx) => postUsage(ctx, tx, 'leb', lines))
const answers = async (lines: UsageLine[]) => (await take(lines)).map((line) => line.answer)
const left = (of: Seeded) => leb(async (tx) => (await lockCardBalance(tx, of)).amount)
const houses = () =>
  leb(async (tx) => {
    const { rows } = await sql<{ kind: string; currency: string; balance: bigint }>`
      select kind, currency, balance from ledger_account where card_id is null`.execute(tx)
    return Object.fromEntries(rows.map((row) => [`${row.kind} ${row.currency}`, row.balance]))
  })
/** The posting that a record's line stands in, lines in their order: account, minor units, key. */
const postingOf = ({ recordKey }: UsageLine) =>
  leb(async (tx) => {
    const { rows } = await sql<{ reason: string; account: string; amount: bigint; key: string | null }>`
      select p.reason, a.kind || ' ' || a.currency as account, e.amount, e.key
        from ledger_entry named join ledger_posting p using (issuer_id, posting_id)
        join ledger_entry e using (issuer_id, posting_id) join ledger_account a on a.account_id = e.account_id
       where named.key = ${recordKey}
       order by e.key is null, case when e.key is null then a.kind end, a.currency, e.line`.execute(tx)
    return { reason: rows[0]?.reason, lines: rows.map((row) => [row.account, row.amount, row.key]) }
  })
async function wrongBalances(): Promise<bigint> {
  const { rows } = await leb((tx) =>
    sql<{ wrong: bigint }>`
      select count(*) as wrong from ledger_account a where a.balance <> coalesce(
        (select sum(e.amount) from ledger_entry e where e.account_id = a.account_id), 0)`.execute(tx),
  )
  return rows[0]!.wrong
}

describe('usage', () => {
  it('takes each record off its own card, and gives net and tax to the house', async () => {
    const before = await houses()
    expect(
      await answers([usage(card.cardId, 300n), usage(other.cardId, 20n), usage(card.cardId, 100n)]),
    ).toEqual(['posted', 'posted', 'posted'])
    expect([await left(card), await left(other)]).toEqual([600n, 30n])
    const after = await houses()
    const gained = (name: string) => after[name]! - (before[name] ?? 0n)
    expect([gained('revenue CNY'), gained('tax_payable CNY')]).toEqual([360n, 40n])
    expect([gained('revenue JPY'), gained('tax_payable JPY')]).toEqual([18n, 2n])
    expect(await wrongBalances()).toBe(0n)
  })

  it('writes one posting a batch, of a line a record and one a house account and currency', async () => {
    await leb((tx) => freezeBalance(ctx, tx, other))
    const third = await seedCard(ctx, { balance: 50n, currency: 'JPY' })
    const line = usage(card.cardId, 300n)
    const late = usage(other.cardId, 20n, { late: true })
    await take([line, usage(card.cardId, 100n), late, usage(third.cardId, 10n), usage(third.cardId, 60n)])
    expect(await postingOf(line)).toEqual({
      reason: 'usage',
      lines: [
        ['holder_balance CNY', -300n, line.recordKey],
        ['holder_balance CNY', -100n, expect.any(String)],
        ['holder_balance JPY', -10n, expect.any(String)],
        ['revenue CNY', 360n, null],
        ['revenue JPY', 9n, null],
        ['tax_payable CNY', 40n, null],
        ['tax_payable JPY', 1n, null],
      ],
    })
    expect(await postingOf(late)).toEqual({
      reason: 'late_usage',
      lines: [
        ['late_usage JPY', -20n, late.recordKey],
        ['revenue JPY', 20n, null],
      ],
    })
    expect(await wrongBalances()).toBe(0n)
    expect((await checkBooks(ctx)).issuers.flatMap(({ faults }) => faults)).toEqual([])
  })

  it('knows a key that a posting of its own has: drained, or from before batches were one posting', async () => {
    const line = usage(card.cardId, 10n)
    await leb(async (tx) => {
      const { accountId, currency } = await lockCardBalance(tx, card)
      const revenue = await houseAccount(ctx, tx, { issuerId: 'leb', kind: 'revenue', currency })
      const entries = [
        { accountId, amount: -10n },
        { accountId: revenue, amount: 10n },
      ]
      await post(ctx, tx, { issuerId: 'leb', key: line.recordKey, reason: 'usage', entries })
    })
    expect(await answers([line, { ...line, cardId: ctx.ids.next() }])).toEqual(['key_reused', 'key_reused'])
    expect(await left(card)).toBe(990n)
  })

  it('takes nobody’s word for where a balance lies', async () => {
    const placeOf = async (of: Seeded) => {
      const read = (tx: Tx) =>
        sql<{ place: string }>`select ctid as place from ledger_account where card_id = ${of.cardId}`.execute(
          tx,
        )
      return (await leb(read)).rows[0]!.place
    }
    const place = await placeOf(card)
    expect(await answers([usage(card.cardId, 10n, { place })])).toEqual(['posted'])
    expect(await placeOf(card)).not.toBe(place)
    for (const wrong of [place, await placeOf(other)])
      await expect(take([usage(card.cardId, 10n, { place: wrong })])).rejects.toMatchObject({ code: '40001' })
    expect([await left(card), await left(other)]).toEqual([990n, 50n])
  })

  it('stops a card at the line, and lets a smaller record after it through', async () => {
    const said = await take([usage(card.cardId, 900n), usage(card.cardId, 101n), usage(card.cardId, 100n)])
    expect(said).toEqual([
      { answer: 'posted' },
      { answer: 'insufficient', affordable: 100n },
      { answer: 'posted' },
    ])
    expect(await left(card)).toBe(0n)
  })

  it('takes a record once, however often and wherever it comes', async () => {
    const line = usage(card.cardId, 10n)
    expect(await answers([line, { ...line }])).toEqual(['posted', 'replayed'])
    expect(await answers([line])).toEqual(['replayed'])
    expect(await left(card)).toBe(990n)
  })

  it('refuses a key that comes with other content, in one call or the next', async () => {
    const line = usage(card.cardId, 10n)
    const changed = usage(card.cardId, 11n, { recordKey: line.recordKey })
    expect(await answers([line, changed])).toEqual(['posted', 'key_reused'])
    expect(await answers([changed])).toEqual(['key_reused'])
  })

  it('a record that did not fit is taken when it comes again after a top-up', async () => {
    const line = usage(other.cardId, 60n)
    expect(await answers([line, { ...line }])).toEqual(['insufficient', 'insufficient'])
    expect(await left(other)).toBe(50n)
  })

  it('leaves frozen, closed and unknown cards alone, and answers each by itself', async () => {
    await leb((tx) => freezeBalance(ctx, tx, card))
    await take([usage(other.cardId, 50n)])
    await leb((tx) => closeEmptyBalance(ctx, tx, other))
    const lines = [usage(card.cardId, 1n), usage(other.cardId, 1n), usage(ctx.ids.next(), 1n)]
    expect(await answers(lines)).toEqual(['frozen', 'closed', 'unknown'])
    expect(await left(card)).toBe(1000n)
  })

  it('books what was reported late on the house, whatever has become of the card', async () => {
    await leb((tx) => freezeBalance(ctx, tx, card))
    const before = await houses()
    expect(await answers([usage(card.cardId, 70n, { late: true })])).toEqual(['posted'])
    const after = await houses()
    expect(after['late_usage CNY']! - (before['late_usage CNY'] ?? 0n)).toBe(-70n)
    expect(after['revenue CNY']! - before['revenue CNY']!).toBe(70n)
    expect(await left(card)).toBe(1000n)
  })

  it('refuses a line that does not add up, and moves nothing', async () => {
    for (const wrong of [{ net: 5n }, { gross: 0n, net: 0n, tax: 0n }, { net: 11n, tax: -1n }]) {
      await expect(take([usage(card.cardId, 10n), usage(card.cardId, 10n, wrong)])).rejects.toMatchObject({
        code: 'LB012',
      })
    }
    expect(await left(card)).toBe(1000n)
  })

  it('from many connections at once, with cards in any order, never overdraws and never deadlocks', async () => {
    const batch = (at: number) => {
      const lines = [usage(card.cardId, 30n), usage(other.cardId, 3n)]
      return at % 2 === 0 ? lines : lines.reverse()
    }
    const said = await Promise.all(Array.from({ length: 40 }, (_, at) => answers(batch(at))))
    expect(said.flat().filter((answer) => answer === 'posted')).toHaveLength(33 + 16)
    expect([await left(card), await left(other)]).toEqual([10n, 2n])
    expect(await wrongBalances()).toBe(0n)
  })

  it('takes one of two records that come with one key for two cards at the same moment', async () => {
    for (let round = 0; round < 10; round++) {
      const line = usage(card.cardId, 2n)
      const elsewhere = usage(other.cardId, 3n, { recordKey: line.recordKey })
      const said = await Promise.all([answers([line]), answers([elsewhere])])
      expect(said.flat().toSorted()).toEqual(['key_reused', 'posted'])
    }
    expect(await wrongBalances()).toBe(0n)
  })

  it('speaks for the issuer of its transaction only', async () => {
    const foreign = inIssuer(ctx.db, 'roamly', (tx) => postUsage(ctx, tx, 'leb', [usage(card.cardId, 1n)]))
    await expect(foreign).rejects.toMatchObject({ code: 'LB018' })
  })
})
