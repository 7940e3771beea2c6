import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { migrate } from './migrate.ts'
import { wrongRights } from './rights.ts'

const name = `m_${randomBytes(8).toString('hex')}`
const databaseUrl = inject('postgresUrl').replace(/\/[^/]*$/, `/${name}`)
let owner: pg.Client
const admin = new pg.Client({ connectionString: inject('postgresAdminUrl') })
beforeAll(async () => {
  await admin.connect()
  // The role that migrates is no superuser: row security binds it.
  await admin.query(`create database ${name} owner leb`)
  owner = new pg.Client({ connectionString: databaseUrl })
})
afterAll(async () => {
  await owner.end()
  await admin.query(`drop database ${name} with (force)`)
  await admin.end()
})

it('gives each card of an installation from before the payment it was sold with, whoever its issuer is', async () => {
  await migrate(databaseUrl, '0007')
  await owner.connect()
  for (const issuer of ['leb', 'roamly']) await seedOldCard(issuer)
  await migrate(databaseUrl)
  for (const issuer of ['leb', 'roamly']) {
    await owner.query(`select set_config('leb.issuer', $1, false)`, [issuer])
    const { rows } = await owner.query(
      'select issuer_id, provider, provider_ref, amount_minor::int as amount from payment',
    )
    expect(rows).toEqual([
      { issuer_id: issuer, provider: 'stripe', provider_ref: `pi_${issuer}`, amount: 12_800 },
    ])
  }
})

it('keeps what was known of the ends of cards, on their own row or beside it', async () => {
  await inDatabase(async (url, client) => {
    await migrate(url, '0050')
    for (const issuer of ['leb', 'roamly']) await seedOldCard(issuer, client)
    await client.query(`select set_config('leb.issuer', 'leb', false)`)
    await client.query(`update card set lapsed_at = expires_at, told = 2, expiry_outcome = 'kept', ended_before = true,
      kept_until = expires_at + interval '3 days'`)
    await migrate(url)
    const { rows: kept } = await client.query(
      `select n.lapses_at = c.expires_at + interval '3 days' as lapses, n.kept_until = n.lapses_at as kept, told, outcome,
              ended_before, n.lapsed_at = c.expires_at as lapsed from card c join card_end n using (issuer_id, card_id)`,
    )
    expect(kept).toEqual([
      { lapses: true, kept: true, told: 2, outcome: 'kept', ended_before: true, lapsed: true },
    ])
    await client.query(`select set_config('leb.issuer', 'roamly', false)`)
    const { rows: open } = await client.query(
      `select n.lapses_at = c.expires_at as lapses, told, outcome from card c join card_end n using (issuer_id, card_id)`,
    )
    expect(open).toEqual([{ lapses: true, told: 0, outcome: null }])
    await client.query(`update card set state = 'closing'`)
    expect((await client.query('select lapses_at from card_end')).rows).toEqual([{ lapses_at: null }])
    await client.query(`update card set state = 'open'`)
    const { rows: again } = await client.query(
      `select n.lapses_at = c.expires_at as lapses from card c join card_end n using (issuer_id, card_id)`,
    )
    expect(again).toEqual([{ lapses: true }])
  })
})

// Postings of usage from before batches were one posting (0072) have their record's key themselves.
it('still knows each record that was booked by a posting of its own, and whose turn it is to write the books', async () => {
  await inDatabase(async (url, client) => {
    await migrate(url, '0071')
    await seedOldCard('leb', client)
    const card = await client.query<{ card_id: string }>(
      `insert into ledger_account (issuer_id, account_id, kind, currency, card_id, balance)
       select 'leb', gen_random_uuid(), 'holder_balance', 'CNY', card_id, 500 from card returning card_id`,
    )
    const take = async (key: string, gross: number, postings: string) => {
      const { rows } = await client.query<{ answers: string[] }>(
        `select answers from ledger_post_usage('leb', array[$1], array[sha256($1::text::bytea)], array[$2::uuid],
           array[$3::bigint], array[$3::bigint], array[0::bigint], array[false], ${postings}, now())`,
        [key, card.rows[0]!.card_id, gross],
      )
      return rows[0]!.answers
    }
    expect(await take('usage:old', 7, 'array[gen_random_uuid()]')).toEqual(['posted'])
    await migrate(url)
    expect(await wrongRights(client)).not.toContainEqual(expect.stringContaining('ledger_'))
    await client.query(`set role leb_app; select set_config('leb.issuer', 'leb', false)`)
    expect(await take('usage:old', 7, 'gen_random_uuid()')).toEqual(['replayed'])
    expect(await take('usage:new', 5, 'gen_random_uuid()')).toEqual(['posted'])
    expect(await take('usage:new', 5, 'gen_random_uuid()')).toEqual(['replayed'])
    const { rows } = await client.query(
      `select a.balance::int, (select sum(amount)::int from ledger_entry e where e.account_id = a.account_id) as moved
         from ledger_account a where a.card_id is not null`,
    )
    expect(rows).toEqual([{ balance: 488, moved: -12 }])
    await client.query('reset role')
  })
})

it('keeps what use came to, and who was given everything back when a card ended, from before 0074', async () => {
  await inDatabase(async (url, client) => {
    await migrate(url, '0073')
    for (const issuer of ['leb', 'roamly']) {
      await seedOldCard(issuer, client)
      await client.query(`select set_config('leb.issuer', $1, false)`, [issuer])
      await client.query(
        `insert into ledger_account (issuer_id, account_id, kind, currency, card_id, balance)
         select issuer_id, gen_random_uuid(), 'holder_balance', 'CNY', card_id, 500 from card`,
      )
    }
    await client.query(`insert into usage_meter select issuer_id, card_id, 61, 700 from card`)
    await client.query(`update card_end set lapsed_at = now(), outcome = 'refunded'`)
    await migrate(url)
    const read = async (issuer: string) => {
      await client.query(`select set_config('leb.issuer', $1, false)`, [issuer])
      const { rows } = await client.query(
        `select l.used_gross::int as used, l.voice_over_s::int as voice, c.ended_for_good as over
           from ledger_account l join card c using (issuer_id, card_id)`,
      )
      return rows
    }
    expect(await read('roamly')).toEqual([{ used: 700, voice: 61, over: true }])
    expect(await read('leb')).toEqual([{ used: 0, voice: 0, over: false }])
  })
})

it('forgets where a holder lived that 0075 noted beside the end of a card made while they moved', async () => {
  await inDatabase(async (url, client) => {
    await migrate(url, '0075')
    for (const issuer of ['leb', 'roamly']) await seedOldCard(issuer, client)
    await client.query(`update card_end set jurisdiction = 'CH'`)
    await migrate(url)
    const read = async (issuer: string) => {
      await client.query(`select set_config('leb.issuer', $1, false)`, [issuer])
      return (await client.query('select jurisdiction from card_end')).rows
    }
    expect(await read('roamly')).toEqual([{ jurisdiction: null }])
    expect(await read('leb')).toEqual([{ jurisdiction: 'CN' }])
  })
})

async function inDatabase(work: (url: string, client: pg.Client) => Promise<void>): Promise<void> {
  const other = `${name}_ends`
  await admin.query(`create database ${other} owner leb`)
  const url = databaseUrl.replace(name, other)
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    await work(url, client)
  } finally {
    await client.end()
    await admin.query(`drop database ${other} with (force)`)
  }
}

async function seedOldCard(issuer: string, client = owner): Promise<void> {
  await client.query(`select set_config('leb.issuer', $1, false)`, [issuer])
  await client.query(
    `insert into issuer (issuer_id, name, brand, rules, providers, jurisdiction, created_at)
     values ($1, '{}', '{}', '{}', '{}', 'CN', now())`,
    [issuer],
  )
  await client.query(
    `with h as (insert into holder (issuer_id, holder_id, wrapped_key, created_at)
                values ($1, gen_random_uuid(), '\\x00', now()) returning holder_id),
          a as (insert into account (issuer_id, account_id, account_ref, holder_id, jurisdiction, locale, created_at)
                select $1, gen_random_uuid(), 'A1', holder_id, 'CN', 'en', now() from h returning account_id)
     insert into card (issuer_id, card_id, account_id, iccid, plan, zone, sold_at, expires_at, profile_state, line_state,
       data_left_mb, voice_left_s, sms_left, currency, paid_minor, payment_provider, payment_ref, invoice_no)
     select $1, gen_random_uuid(), account_id, '8999901000000000018', 'LEB3', 'JP', now(), now() + interval '90 days',
            'Released', 'inactive', 0, 0, 0, 'CNY', 12800, 'stripe', 'pi_' || $1, 'I-1' from a`,
    [issuer],
  )
}
