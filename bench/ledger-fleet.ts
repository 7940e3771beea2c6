import pg from 'pg'

/** The n-th card of the bench, from 1: a UUID that SQL and JavaScript make alike. */
export function benchCard(n: number): string {
  return `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
}
export const sqlCard = (n: string) => `('00000000-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`

const rows_at_once = 500_000
// Fewer rows are written sooner than three tables' indexes are made anew.
const worth_reindexing = 1_000_000
const balance_minor = 1_000_000_000_000n

/**
 * Brings the fleet of issuer `leb` from `have` to `want` cards: activated, no bucket left, with money enough for any
 * bench. As a superuser past triggers, foreign keys and row security, and for millions with the indexes built after
 * the rows: ten million cards through the import would take half a day, and nothing of that is measured here. Checks
 * and unique keys hold as ever: an index that is built refuses what it would have refused. A thousand cards share an
 * account. For what is in no journal the bench itself answers: it counts what moved, not what stands.
 */
export async function growFleet(adminUrl: string, have: number, want: number): Promise<void> {
  const clients = await Promise.all([1, 2].map(() => connect(adminUrl)))
  const [first] = clients
  try {
    const many = want - have >= worth_reindexing
    if (many)
      await first!.query(
        `update pg_index set indisready = false, indisvalid = false
        where indrelid = any ($1::regclass[])`,
        [filled],
      )
    const starts: number[] = []
    for (let from = have + 1; from <= want; from += rows_at_once) starts.unshift(from)
    const fill = async (client: pg.Client) => {
      for (let from = starts.pop(); from !== undefined; from = starts.pop())
        await client.query(fleetSql(from, Math.min(want, from + rows_at_once - 1)))
    }
    await Promise.all(clients.map(fill))
    const wanting = many ? [...filled] : []
    const index = async (client: pg.Client) => {
      for (let table = wanting.pop(); table; table = wanting.pop())
        await client.query(`reindex table ${table}`)
    }
    await Promise.all(clients.map(index))
    // What autovacuum would do in an installation that grew by itself; a checkpoint, so that none falls into a window.
    await first!.query(`vacuum (analyze) ${filled.join(', ')}, account`)
    await first!.query('checkpoint')
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
}

const filled = ['card_end', 'ledger_account', 'card']

async function connect(adminUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'leb-bench-fleet' })
  await client.connect()
  await client.query(`set session_replication_role = replica; set synchronous_commit = off; set timezone = 'UTC';
    set maintenance_work_mem = '1GB'; set allow_system_table_mods = on`)
  return client
}

function fleetSql(from: number, to: number): string {
  const accounts = `generate_series(${Math.floor(from / 1000)}, ${Math.floor(to / 1000)}) a`
  return `
    insert into account (issuer_id, account_id, account_ref, holder_id, jurisdiction, locale, created_at)
    select 'leb', ${sqlCard('a')}, 'B' || a, ${sqlCard('a')}, 'CN', 'zh-CN', now() - interval '9 days' from ${accounts}
    on conflict do nothing;
    insert into card (issuer_id, card_id, account_id, iccid, plan, zone, sold_at, activated_at, expires_at, profile_state,
                      line_state, data_left_mb, voice_left_s, sms_left, currency, paid_minor, payment_provider,
                      payment_ref, invoice_no)
    select 'leb', ${sqlCard('n')}, ${sqlCard('(n / 1000)')}, '89999' || lpad(n::text, 14, '0'), 'LEB3', 'JP',
           now() - interval '2 days', now() - interval '1 day', now() + interval '30 days', 'Enabled', 'active', 0, 0, 0,
           'CNY', 12800, 'stripe', 'pi_' || n, 'INV-' || n
      from generate_series(${from}, ${to}) n;
    insert into card_end (issuer_id, card_id, lapses_at)
    select 'leb', ${sqlCard('n')}, now() + interval '30 days' from generate_series(${from}, ${to}) n;
    insert into ledger_account (issuer_id, account_id, kind, currency, card_id, balance)
    select 'leb', ${sqlCard('n')}, 'holder_balance', 'CNY', ${sqlCard('n')}, ${balance_minor}
      from generate_series(${from}, ${to}) n;`
}
