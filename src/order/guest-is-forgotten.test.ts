import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { unzip } from '../../test/unzip.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import { inIssuer } from '../platform/db.ts'
import { exportAccount } from '../privacy/export-person.ts'
import { readPerson } from '../privacy/vault.ts'
import { lapseOrders } from './lapse-orders.ts'

let leb: Outside
let shop: Shop
beforeEach(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterEach(() => leb.stop())

const asLeb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(leb.db, 'leb', work)
const email = 'sun.wukong@example.com'
const name = 'Sun Wukong'
const guest = { kind: 'guest' as const, email, name, live: 'CN' }

/** Every row of every table that says any of this, as `table: row`. */
async function rowsThatSay(...words: string[]): Promise<string[]> {
  const found: string[] = []
  await asLeb(async (tx) => {
    const { rows: tables } = await leb.pool.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema in ('public', 'pgboss')`,
    )
    for (const { name: table } of tables) {
      const { rows } = await sql<{ row: string }>`
        select t::text as row from ${sql.raw(table)} t`.execute(tx)
      for (const { row } of rows)
        if (words.some((word) => row.toLowerCase().includes(word.toLowerCase())))
          found.push(`${table}: ${row}`)
    }
  })
  return found
}
/** What only keys make readable: rows of the vault and its indexes that are somebody's. */
const kept = (holderId: string) =>
  asLeb(async (tx) => {
    const of = (table: 'vault_item' | 'vault_index') =>
      tx.selectFrom(table).select('holder_id').where('holder_id', '=', holderId).execute()
    const { wrapped_key: key } = await tx
      .selectFrom('holder')
      .select('wrapped_key')
      .where('holder_id', '=', holderId)
      .executeTakeFirstOrThrow()
    return { rows: (await of('vault_item')).length + (await of('vault_index')).length, key }
  })
const nothing = { rows: 0, key: null }

it('leaves nothing of a guest whose order nobody paid', async () => {
  const placed = await shop.place({ buyer: guest })
  const { holderId } = await shop.view(placed)
  expect(await asLeb((tx) => readPerson(leb, tx, 'leb', holderId))).toMatchObject({ email, name })
  leb.clock.advance({ hours: 25 })
  await lapseOrders(leb)
  expect(await kept(holderId)).toEqual(nothing)
  leb.clock.advance({ hours: 24 })
  await lapseOrders(leb)
  expect(await rowsThatSay(email, name, 'wukong')).toEqual([])
  const { place_hash: hash } = await asLeb((tx) =>
    tx.selectFrom('purchase_order').select('place_hash').executeTakeFirstOrThrow(),
  )
  expect(hash).toBeNull()
})

it('leaves nothing of a guest whose money went back, on the day that policy names', async () => {
  const placed = await shop.place({ buyer: guest })
  await shop.pay(placed)
  await putCatalogue(leb, 'leb', { items: [], withdraw: ['LEB3'] })
  await shop.hear(placed)
  await shop.look(placed)
  await leb.sendMails('leb')
  const { holderId, state } = await shop.view(placed)
  expect(state).toBe('refunded')
  leb.clock.advance({ days: 29 })
  await lapseOrders(leb)
  expect((await kept(holderId)).key).not.toBeNull()
  leb.clock.advance({ days: 1, seconds: 1 })
  await lapseOrders(leb)
  expect(await kept(holderId)).toEqual(nothing)
  expect(await rowsThatSay(email, name, 'wukong')).toEqual([])
})

it('keeps the address that a card was delivered to, and says on which ground', async () => {
  const placed = await shop.buy({ buyer: guest })
  const { holderId } = await shop.view(placed)
  leb.clock.advance({ days: 400 })
  await lapseOrders(leb)
  expect((await kept(holderId)).key).not.toBeNull()
  expect(await rowsThatSay(email, 'wukong')).toEqual([])
  const { account_id: accountId } = await asLeb((tx) =>
    tx.selectFrom('account').select('account_id').where('holder_id', '=', holderId).executeTakeFirstOrThrow(),
  )
  const taken = unzip(await exportAccount(leb, { issuerId: 'leb', accountId }))
  expect(JSON.parse(taken.get('data.json')!)).toMatchObject({
    orders: [{ personal_data: { until: { en: 'until the account is closed' }, basis: 'GDPR Art. 6(1)(b)' } }],
  })
})
