import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { houseAccount, lockCardBalance } from './accounts.ts'
import { ledgerCheckCommand } from './check-command.ts'
import { checkBooks } from './check.ts'
import { holdMoney } from './holds.ts'
import { corrupted } from './past-the-gates.fixture.ts'
import { post } from './post.ts'
import { postUsage } from './post-usage.ts'

/** A card that was taken over with 10.00, used twice for 3.00 and 4.00, and topped up with 0.07 after it stood at 0. */
let ctx: TestWorld
let card: Seeded
let account: string
/** Posting ids in the order of the journal: the opening, two uses, a third that empties the card, the top-up. */
let postings: string[]
beforeAll(async () => {
  ctx = await openTestWorld()
  card = await seedCard(ctx, { balance: 1000n })
  account = await leb(async (tx) => (await lockCardBalance(tx, card)).accountId)
  for (const gross of [300n, 400n, 300n]) await use(gross)
  ctx.clock.advance({ hours: 1 })
  await leb(async (tx) => {
    const house = await houseAccount(ctx, tx, { issuerId: 'leb', kind: 'orders_in_hand', currency: 'CNY' })
    const entries = [
      { accountId: account, amount: 7n },
      { accountId: house, amount: -7n },
    ]
    await post(ctx, tx, { issuerId: 'leb', key: 'top', reason: 'top_up', entries })
  })
  postings = await leb(async (tx) => {
    const of = tx.selectFrom('ledger_entry').select('posting_id').where('issuer_id', '=', 'leb')
    return (await of.where('account_id', '=', account).orderBy('seq').execute()).map((row) => row.posting_id)
  })
})
afterAll(() => ctx.stop())

const leb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(ctx.db, 'leb', work)
const hash = createHash('sha256').digest()
const use = (gross: bigint) =>
  leb((tx) => {
    const line = { hash, cardId: card.cardId, gross, net: gross - 10n, tax: 10n, late: false }
    return postUsage(ctx, tx, 'leb', [{ ...line, recordKey: ctx.ids.next() }])
  })

/** What the check says of each fault: the entry and why it, or the first and last of what was summed. */
async function said(): Promise<Record<string, unknown>> {
  const { issuers } = await checkBooks(ctx)
  const name = (entry: { id: string } | null) =>
    entry?.id.replace(/^\S{36}/, (id) => `${postings.indexOf(id)}`)
  return Object.fromEntries(
    issuers.flatMap(({ faults }) =>
      faults.map(({ fault, entry, why, first, last }) => [
        fault,
        entry ? [why, name(entry)] : first ? ['none', name(first), name(last)] : [],
      ]),
    ),
  )
}
const changed = (postingNo: number, line: number, by: string) =>
  `update ledger_entry set amount = amount + ${by} where posting_id = '${postings[postingNo]}' and line = ${line};`
const changing = (places: [number, number][], work: () => Promise<unknown>) => {
  const sql = (by: string) => places.map(([no, line]) => changed(no, line, by)).join('')
  return corrupted(ctx, { change: sql('1'), mend: sql('-1') }, work)
}

it('names the entry that was changed, at each figure it falsifies, and not the first of its posting', async () => {
  await changing([[2, 2]], async () => {
    const it = ['off_by_as_much_as_its_account', '2/2']
    expect(await said()).toEqual({
      posting_does_not_sum_to_zero: it,
      balance_is_not_its_entries: it,
      currency_does_not_add_up: it,
    })
    let text = ''
    expect(await ledgerCheckCommand(ctx, {}, (more) => void (text += more))).toBe(1)
    expect(text).toMatch(
      /1 postings whose entries do not sum to zero; the first: posting \S+ \(off by 1 CNY\)\n    its posting and its account are off by the same, so it is: entry \S{36}\/2, 391 CNY on \w+ \S{36}, usage of 2026-11-22T10:00:00.000Z\n/,
    )
    text = ''
    await ledgerCheckCommand(ctx, { json: true }, (more) => void (text += more))
    const found = JSON.parse(text).issuers[0].faults[0]
    expect(found).toMatchObject({ total: '1', why: it[0], first: null, last: null })
    expect(found.entry).toEqual({
      id: `${postings[2]}/2`,
      account: expect.stringMatching(/^\S{36}$/),
      kind: expect.any(String),
      amount: '391',
      currency: 'CNY',
      at: '2026-11-22T10:00:00.000Z',
      reason: 'usage',
    })
  })
})

it('names the first of several by the order of the journal, whatever was changed last', async () => {
  await changing(
    [
      [3, 1],
      [1, 1],
    ],
    async () =>
      expect(await said()).toEqual({
        posting_does_not_sum_to_zero: ['first_in_a_posting_that_is_off', '1/1'],
        balance_is_not_its_entries: ['first_in_a_posting_that_is_off', '1/1'],
        currency_does_not_add_up: ['first_in_a_posting_that_is_off', '1/1'],
        use_is_not_its_entries: ['none', '1/1', '3/1'],
      }),
  )
})

it('says beside which entry one is missing', async () => {
  const gone = `posting_id = '${postings[1]}' and line = 1`
  const change = `create table kept as select * from ledger_entry where ${gone}; delete from ledger_entry where ${gone}`
  const mend = `insert into ledger_entry overriding system value select * from kept; drop table kept`
  await corrupted(ctx, { change, mend }, async () =>
    expect(await said()).toMatchObject({
      posting_does_not_sum_to_zero: ['first_in_a_posting_that_is_off', '1/2'],
      balance_is_not_its_entries: ['one_of_its_account_is_missing_beside_it', '1/2'],
    }),
  )
})

it('names first and last where a figure was changed that no entry stands beside', async () => {
  const add = (column: string, sum: number) =>
    `update ledger_account set ${column} = ${column} + ${sum} where account_id = '${account}'`
  await corrupted(ctx, { change: add('balance', 5), mend: add('balance', -5) }, async () => {
    expect(await said()).toEqual({
      balance_is_not_its_entries: ['none', '0/2', '4/1'],
      currency_does_not_add_up: [],
    })
    let text = ''
    await ledgerCheckCommand(ctx, {}, (more) => void (text += more))
    expect(text).toMatch(
      /has 12 CNY, its entries sum to 7\)\n    no entry shows where: its first is entry \S+, 1000 CNY/,
    )
    expect(text).toMatch(/    its last is entry \S+, 7 CNY on holder_balance \S+, top_up of 2026-11-22T11:00/)
  })
  await corrupted(ctx, { change: add('used_gross', 1), mend: add('used_gross', -1) }, async () =>
    expect(await said()).toEqual({ use_is_not_its_entries: ['none', '1/1', '3/1'] }),
  )
})

it('names an entry without its posting or account, with what is still known of it', async () => {
  const stray = '00000000-0000-4000-8000-000000000000'
  const renamed = (table: string, column: string, id: string) => ({
    change: `update ${table} set ${column} = '${stray}' where ${column} = '${id}'`,
    mend: `update ${table} set ${column} = '${id}' where ${column} = '${stray}'`,
  })
  await corrupted(ctx, renamed('ledger_posting', 'posting_id', postings[2]!), async () => {
    const { entry_without_posting: entry, posting_without_entries: posting } = await said()
    expect([entry, posting]).toEqual([['itself', '2/1'], []])
    const faults = (await checkBooks(ctx)).issuers[0]!.faults
    expect(faults[0]).toMatchObject({
      fault: 'posting_without_entries',
      id: stray,
      says: expect.stringMatching(/^usage of 2026-11-22/),
    })
    expect(faults[1]!.entry).toMatchObject({ reason: null, at: null, amount: -400n, kind: 'holder_balance' })
  })
  await corrupted(ctx, renamed('ledger_account', 'account_id', account), async () => {
    expect(await said()).toMatchObject({ entry_without_account: ['itself', '0/2'] })
    const faults = (await checkBooks(ctx)).issuers[0]!.faults
    expect(faults.find((one) => one.fault === 'entry_without_account')!.entry).toMatchObject({
      account,
      kind: null,
      currency: null,
      reason: 'opening',
    })
  })
})

it('names the entry that brought a holder below zero', async () => {
  // The taking over, as if it had been written last.
  const opening = `posting_id = '${postings[0]}' and account_id = '${account}'`
  const seq = (
    await leb((tx) =>
      tx
        .selectFrom('ledger_entry')
        .select('seq')
        .where('issuer_id', '=', 'leb')
        .where('posting_id', '=', postings[0]!)
        .where('account_id', '=', account)
        .executeTakeFirstOrThrow(),
    )
  ).seq
  const always = (word: string) => `alter table ledger_entry alter column seq set generated ${word};`
  await corrupted(
    ctx,
    {
      change: `${always('by default')} update ledger_entry set seq = 1000000 where ${opening}`,
      mend: `update ledger_entry set seq = ${seq} where ${opening}; ${always('always')}`,
    },
    async () => expect(await said()).toEqual({ holder_went_below_zero: ['itself', '1/1'] }),
  )
})

it('names the entry that left money on a closed account, and of an open one of a closed card the first and last', async () => {
  const change = `alter table ledger_account drop constraint closed_means_zero;
    update ledger_account set closed_at = now() where account_id = '${account}'`
  const mend = `update ledger_account set closed_at = null where account_id = '${account}';
    alter table ledger_account add constraint closed_means_zero check (closed_at is null or balance = 0)`
  await corrupted(ctx, { change, mend }, async () =>
    expect(await said()).toEqual({ closed_with_money: ['first_since_zero', '4/1'] }),
  )
  const state = (now: string, at: string) =>
    `update card set state = '${now}', closed_at = ${at} where card_id = '${card.cardId}'`
  await corrupted(ctx, { change: state('closed', 'now()'), mend: state('open', 'null') }, async () =>
    expect(await said()).toEqual({ card_closed_account_open: ['none', '0/2', '4/1'] }),
  )
})

it('names the first hold of what is held and should not be', async () => {
  const expiresAt = new Date(ctx.clock.now().getTime() + 3_600_000)
  const hold = {
    issuerId: 'leb',
    key: 'h',
    cardId: card.cardId,
    amount: 3n,
    reason: 'usage',
    expiresAt,
  } as const
  await leb((tx) => holdMoney(ctx, tx, hold))
  const set = (sum: number) => `update ledger_account set held = ${sum} where account_id = '${account}'`
  await corrupted(ctx, { change: set(5), mend: set(3) }, async () => {
    expect(await said()).toEqual({ held_is_not_its_holds: ['none', '0/2', '4/1'] })
    const { says } = (await checkBooks(ctx)).issuers[0]!.faults[0]!
    expect(says).toMatch(/^holds 5 CNY, its holds sum to 3, hold \S{36} first$/)
  })
})
