import pg from 'pg'

/** The n-th card of the bench, from 1: a UUID that SQL and JavaScript make alike. */
export function benchCard(n: number): string {
  return `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
}
export const sqlCard = (n: string) => `('00000000-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`

const rows_at_once = 500_000
const balance_minor = 1_000_000_000_000n

/**
 * Brings the fleet of issuer `leb` from `have` to `want` cards: activated, no bucket left, with money enough for any
 * bench. As a superuser past triggers, constraints and row security: ten million cards through the import would take
 * half a day, and nothing of that is measured here. A thousand cards share an account. For what is in no journal the
 * bench itself answers: it counts what moved, not what stands.
 */
export async function growFleet(adminUrl: string, have: number, want: number): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'leb-bench-fleet' })
  await client.connect()
  try {
    await client.query(
      `set session_replication_role = replica; set synchronous_commit = off; set timezone = 'UTC'`,
    )
    for (let from = have + 1; from <= want; from += rows_at_once) {
      const to = Math.min(want, from + rows_at_once - 1)
      await client.query(fleetSql(from, to))
    }
    // What autovacuum would do in an installation that grew by itself; a checkpoint, so that none falls into a window.
    await client.query('vacuum analyze card')
    await client.query('vacuum analyze ledger_account')
    await client.query('vacuum analyze account')
    await client.query('checkpoint')
  } finally {
    await client.end()
  }
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
    insert into ledger_account (issuer_id, account_id, kind, currency, card_id, balance)
    select 'leb', ${sqlCard('n')}, 'holder_balance', 'CNY', ${sqlCard('n')}, ${balance_minor}
      from generate_series(${from}, ${to}) n;`
}
