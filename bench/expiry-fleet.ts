import pg from 'pg'

export const expiring_from_minutes = 60

/**
 * Cards of one issuer whose time came within the last hour, in no order, each with an account of its own, a balance
 * that stands in the journal and the last warning behind it. As a superuser past triggers and row security: a million
 * cards through the import would take an hour, and nothing of that is measured here.
 */
export async function growExpired(adminUrl: string, issuerId: string, count: number): Promise<void> {
  await asAdmin(adminUrl, async (client) => {
    await client.query(`set session_replication_role = replica; set synchronous_commit = off`)
    const { rows } = await client.query<{ a: string; c: string; l: string; p: string; h: string }>(
      `select gen_random_uuid() as a, gen_random_uuid() as c, gen_random_uuid() as l, gen_random_uuid() as p,
              gen_random_uuid() as h`,
    )
    const first = rows[0]!
    const id = (of: keyof typeof first, n = 'n') => `leb_next_id('${first[of]}', ${n})`
    const cards = `from generate_series(1, ${count}) n`
    const ends = `now() - interval '1 minute'
      - ${expiring_from_minutes - 1} * interval '1 minute' * ((hashint8(n) & 65535) / 65536.0)`
    await client.query(`
      insert into account (issuer_id, account_id, account_ref, holder_id, jurisdiction, locale, created_at)
      select '${issuerId}', ${id('a')}, 'B' || n, ${id('a')}, 'CH', 'en', now() - interval '9 days' ${cards};
      insert into card (issuer_id, card_id, account_id, iccid, plan, zone, sold_at, activated_at, expires_at,
                        profile_state, line_state, data_left_mb, voice_left_s, sms_left, currency, paid_minor,
                        payment_provider, payment_ref, invoice_no)
      select '${issuerId}', ${id('c')}, ${id('a')}, '8999' || lpad(n::text, 15, '0'), 'LEB3', 'JP',
             now() - interval '9 days', now() - interval '3 days', ${ends},
             'Enabled', 'active', 200, 60, 5, 'EUR', 2000, 'stripe', 'pi_' || n, 'INV-' || n ${cards};
      insert into card_end (issuer_id, card_id, lapses_at, told, jurisdiction)
      select '${issuerId}', ${id('c')}, ${ends}, 3, 'CH' ${cards};
      insert into ledger_account (issuer_id, account_id, kind, currency, card_id, balance)
      select '${issuerId}', ${id('l')}, 'holder_balance', 'EUR', ${id('c')}, 1000 + n % 1000 ${cards};
      insert into ledger_account (issuer_id, account_id, kind, currency, balance)
      select '${issuerId}', '${first.h}', 'opening', 'EUR', -sum(1000 + n % 1000) ${cards};
      insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
      select '${issuerId}', ${id('p')}, 'opening:' || ${id('c')}, '', 'opening', now() ${cards};
      insert into ledger_entry (issuer_id, posting_id, line, account_id, amount)
      select '${issuerId}', ${id('p')}, line, case line when 1 then '${first.h}' else ${id('l')} end,
             case line when 1 then -1 else 1 end * (1000 + n % 1000) ${cards}, generate_series(1, 2) line;`)
  })
}

/** What autovacuum would do in an installation that grew by itself; and a checkpoint, so that each side starts alike. */
export async function settle(adminUrl: string, vacuum: boolean): Promise<void> {
  await asAdmin(adminUrl, async (client) => {
    if (vacuum) await client.query('vacuum (analyze, freeze)')
    await client.query('checkpoint')
  })
}

/**
 * The reference: the same entries, balances and card ends by one plain statement, in one posting for all due cards of the
 * issuer. No warning looked at, no hold, closing or jurisdiction respected, no record written, nobody told.
 */
export async function lapsePlainly(adminUrl: string, issuerId: string): Promise<number> {
  return asAdmin(adminUrl, async (client) => {
    await client.query(`insert into ledger_account (issuer_id, account_id, kind, currency)
      values ('${issuerId}', gen_random_uuid(), 'lapsed_balance', 'EUR')`)
    const house = `(select account_id from ledger_account
      where issuer_id = '${issuerId}' and kind = 'lapsed_balance' and currency = 'EUR')`
    const started = performance.now()
    await client.query(`
      with due as materialized (
        select c.card_id, l.account_id, l.balance, row_number() over () as line
          from card_end c join ledger_account l on l.issuer_id = c.issuer_id and l.card_id = c.card_id
         where c.issuer_id = '${issuerId}' and c.lapses_at <= now()
           and l.balance > 0
      ), posting as materialized (
        select gen_random_uuid() as posting_id
      ), posted as (
        insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
        select '${issuerId}', posting_id, 'lapse:' || posting_id, '', 'lapse', now() from posting
      ), entered as (
        insert into ledger_entry (issuer_id, posting_id, line, account_id, amount)
        select '${issuerId}', posting_id, line, account_id, -balance from posting cross join due
        union all
        select '${issuerId}', posting_id, 0, ${house}, (select sum(balance) from due) from posting
      ), taken as (
        update ledger_account l set balance = 0 from due
         where l.issuer_id = '${issuerId}' and l.account_id = due.account_id
      ), given as (
        update ledger_account set balance = balance + (select sum(balance) from due)
         where issuer_id = '${issuerId}' and account_id = ${house}
      ), ended as (
        update card_end c set lapsed_at = now(), lapses_at = null, told = 0, outcome = 'lapsed'
          from due where c.issuer_id = '${issuerId}' and c.card_id = due.card_id
      )
      select count(*) from due`)
    return (performance.now() - started) / 1000
  })
}

/** What stands after a sweep, from the rows themselves. */
export async function countEnds(adminUrl: string, issuerId: string) {
  return asAdmin(adminUrl, async (client) => {
    const { rows } = await client.query<{ open: string; entries: string; records: string; wrong: boolean }>(`
      select (select count(*) from card_end where issuer_id = '${issuerId}' and lapsed_at is null) as open,
             (select count(*) from ledger_entry e join ledger_posting p using (issuer_id, posting_id)
               where e.issuer_id = '${issuerId}' and p.reason = 'lapse' and e.amount < 0) as entries,
             (select count(*) from expiry_notice where issuer_id = '${issuerId}' and mail_rank = 2) as records,
             (select coalesce(sum(balance), 0) <> 0 from ledger_account where issuer_id = '${issuerId}') as wrong`)
    const { open, entries, records, wrong } = rows[0]!
    return { open: Number(open), entries: Number(entries), records: Number(records), wrong }
  })
}

async function asAdmin<T>(adminUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'leb-bench-expiry' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
