import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard, seedCards, type Seeded } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { lockCardBalance } from './accounts.ts'
import { ledgerCheckCommand } from './check-command.ts'
import { checkBooks } from './check.ts'
import { corrupted as pastTheGates } from './past-the-gates.fixture.ts'
import { postUsage } from './post-usage.ts'

let ctx: TestWorld
let card: Seeded
let account: string
beforeAll(async () => {
  ctx = await openTestWorld()
  card = await seedCard(ctx, { balance: 1000n })
  await seedCards(ctx, [{ issuerId: 'roamly', currency: 'EUR' }, { balance: 0n }])
  const hash = createHash('sha256').digest()
  const line = { recordKey: 'one', hash, cardId: card.cardId, gross: 300n, net: 270n, tax: 30n, late: false }
  await inIssuer(ctx.db, 'leb', async (tx) => {
    await postUsage(ctx, tx, 'leb', [line])
    account = (await lockCardBalance(tx, card)).accountId
  })
})
afterAll(() => ctx.stop())

const corrupted = <T>(change: string, mend: string, work: () => Promise<T>) =>
  pastTheGates(ctx, { change, mend }, work)
const posting = `(select posting_id from ledger_posting where reason = 'usage')`
const faults = async () => {
  const check = await checkBooks(ctx)
  expect(check.ok).toBe(false)
  return check.issuers.flatMap((books) => books.faults.map((found) => ({ issuer: books.issuerId, ...found })))
}
const named = async () => (await faults()).map((found) => found.fault)

describe('leb ledger check', () => {
  it('says that books add up, and what it looked at', async () => {
    let said = ''
    expect(await ledgerCheckCommand(ctx, {}, (text) => void (said += text))).toBe(0)
    expect(said).toContain('leb  2 postings, 5 entries, 6 accounts: adds up')
    said = ''
    await ledgerCheckCommand(ctx, { json: true }, (text) => void (said += text))
    expect(JSON.parse(said)).toMatchObject({ ok: true, triggersOff: [], wrongRights: [], keptByRights: true })
  })

  it('names the entry that does not add up, and every balance and sum it falsifies', async () => {
    const at = `posting_id = ${posting} and line = 2`
    await corrupted(
      `update ledger_entry set amount = amount + 1 where ${at}`,
      `update ledger_entry set amount = amount - 1 where ${at}`,
      async () => {
        const found = await faults()
        expect(found.map((one) => one.fault)).toEqual([
          'posting_does_not_sum_to_zero',
          'balance_is_not_its_entries',
          'currency_does_not_add_up',
        ])
        expect(found[0]).toMatchObject({ issuer: 'leb', total: 1n, what: 'posting', says: 'off by 1 CNY' })
        let said = ''
        expect(await ledgerCheckCommand(ctx, {}, (text) => void (said += text))).toBe(1)
        expect(said).toMatch(/DOES NOT ADD UP[\s\S]+the first: posting [0-9a-f-]{36} \(off by 1 CNY\)/)
      },
    )
  })

  it('names a balance that was set by hand', async () => {
    await corrupted(
      `update ledger_account set balance = balance + 5 where account_id = '${account}'`,
      `update ledger_account set balance = balance - 5 where account_id = '${account}'`,
      async () => {
        const found = await faults()
        expect(found.map((one) => one.fault)).toEqual([
          'balance_is_not_its_entries',
          'currency_does_not_add_up',
        ])
        expect(found[0]).toMatchObject({
          id: account,
          says: 'holder_balance has 705 CNY, its entries sum to 700',
        })
      },
    )
  })

  it('names use beside a balance that nothing was posted for', async () => {
    await corrupted(
      `update ledger_account set used_gross = used_gross + 1 where account_id = '${account}'`,
      `update ledger_account set used_gross = used_gross - 1 where account_id = '${account}'`,
      async () =>
        expect(await faults()).toMatchObject([
          { fault: 'use_is_not_its_entries', total: 1n, id: account, says: 'used 301 CNY, posted 300' },
        ]),
    )
  })

  it('sees entries taken out whole, and ones whose posting or account is gone', async () => {
    await corrupted(
      `create table kept as select * from ledger_entry where posting_id = ${posting};
       delete from ledger_entry where posting_id = ${posting}`,
      `insert into ledger_entry overriding system value select * from kept; drop table kept`,
      async () =>
        expect(await named()).toEqual([
          'posting_without_entries',
          'balance_is_not_its_entries',
          'use_is_not_its_entries',
        ]),
    )
    await corrupted(
      `update ledger_posting set posting_id = gen_random_uuid() where reason = 'usage'`,
      `update ledger_posting set posting_id = (select e.posting_id from ledger_entry e
         where not exists (select 1 from ledger_posting p where p.posting_id = e.posting_id) limit 1) where reason = 'usage'`,
      async () =>
        expect(await named()).toEqual([
          'posting_without_entries',
          'entry_without_posting',
          'use_is_not_its_entries',
        ]),
    )
    const other = '00000000-0000-4000-8000-000000000000'
    await corrupted(
      `update ledger_account set account_id = '${other}' where account_id = '${account}'`,
      `update ledger_account set account_id = '${account}' where account_id = '${other}'`,
      async () => expect(await named()).toContain('entry_without_account'),
    )
  })

  it('sees a balance that was below zero once, though it is not now', async () => {
    const swap = `update ledger_entry e set seq = o.seq from ledger_entry o
      where e.account_id = '${account}' and o.account_id = e.account_id and o.seq <> e.seq`
    const unique = 'ledger_entry_account'
    await corrupted(
      `alter table ledger_entry alter column seq set generated by default; drop index ${unique}; ${swap}`,
      `${swap}; create unique index ${unique} on ledger_entry (issuer_id, account_id, seq);
       alter table ledger_entry alter column seq set generated always`,
      async () => {
        const found = await faults()
        expect(found.map((one) => one.fault)).toEqual(['holder_went_below_zero'])
        expect(found[0]!.says).toBe(`account ${account} then stood at -300`)
      },
    )
  })

  it('sees closed cards with money or with an open account, and held money without a hold', async () => {
    const card_is = (state: string, at: string) =>
      `update card set state = '${state}', closed_at = ${at} where card_id = '${card.cardId}'`
    await corrupted(card_is('closed', 'now()'), card_is('open', 'null'), async () =>
      expect(await named()).toEqual(['card_closed_account_open']),
    )
    await corrupted(
      `alter table ledger_account drop constraint closed_means_zero;
       update ledger_account set closed_at = now() where account_id = '${account}'`,
      `update ledger_account set closed_at = null where account_id = '${account}';
       alter table ledger_account add constraint closed_means_zero check (closed_at is null or balance = 0)`,
      async () => expect(await named()).toEqual(['closed_with_money']),
    )
    await corrupted(
      `update ledger_account set held = 10 where account_id = '${account}'`,
      `update ledger_account set held = 0 where account_id = '${account}'`,
      async () => expect(await named()).toEqual(['held_is_not_its_holds']),
    )
  })

  it('says which right to the books somebody has given away', async () => {
    await corrupted(
      'grant update on ledger_entry to leb_app',
      'revoke update on ledger_entry from leb_app',
      async () => {
        let said = ''
        expect(await ledgerCheckCommand(ctx, {}, (text) => void (said += text))).toBe(1)
        expect(said).toContain('lacks one: ledger_entry UPDATE')
      },
    )
  })

  it('says which trigger of the journal is switched off', async () => {
    await corrupted(
      'alter table ledger_entry disable trigger ledger_entry_append_only',
      'alter table ledger_entry enable trigger ledger_entry_append_only',
      async () =>
        expect(await checkBooks(ctx)).toMatchObject({
          ok: false,
          triggersOff: ['ledger_entry.ledger_entry_append_only'],
        }),
    )
    expect((await checkBooks(ctx)).ok).toBe(true)
  })
})
