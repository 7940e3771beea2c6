import pg from 'pg'

/**
 * Whom LEB's pools act as: a role that owns nothing, so that row security binds it whoever logs in, and that has no
 * right to write the journal but through the gates (docs/adr/0012-the-books-by-rights.md).
 */
export const appRole = 'leb_app'

const journal = ['ledger_posting', 'ledger_entry', 'ledger_hold']
const read_only = [...journal, 'migration']
const account_inserts = ['issuer_id', 'account_id', 'kind', 'currency', 'card_id']
const account_updates = ['frozen_at', 'closed_at', 'used_gross', 'voice_over_s']
/** Whom the journal belongs to, and all that is LEB's with it. */
const owner = `(select relowner from pg_class where oid = 'public.ledger_entry'::regclass)`
const columns = (names: string[]) => names.join(', ')
const quoted = (names: string[]) => names.map((name) => `'${name}'`).join(', ')

/**
 * Gives the application role its rights in this database, when they are not what they should be. Run by `migrate`
 * under its lock, as the owner. A user who may not make or become the role changes nothing: `roleToActAs` says so.
 */
export async function grantRights(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ owner: boolean }>(
    `select pg_has_role(relowner, 'MEMBER') as owner from pg_class where oid = 'public.ledger_entry'::regclass`,
  )
  if (!rows[0]!.owner || !(await makeRole(client))) return
  if ((await wrongRights(client)).length === 0) return
  await client.query('begin')
  await client.query(`
    create schema if not exists pgboss;
    -- Servers that were upgraded from before 15 let everybody make functions beside the gates' own.
    revoke create on schema public from public;
    grant usage on schema public, pgboss to ${appRole};
    grant select, insert, update, delete on all tables in schema pgboss to ${appRole};
    grant usage, select on all sequences in schema pgboss to ${appRole};
    -- Not "all tables": one that is somebody else's (an extension's, a copy made by hand) is not ours to give.
    do $$
    declare t record;
    begin
      for t in select oid::regclass as name, relkind = 'S' as counts from pg_class
                where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S') and relowner = ${owner} loop
        execute format('revoke all on %s from ${appRole}, public', t.name);
        execute format('grant %s on %s to ${appRole}',
          case when t.counts then 'usage, select' else 'select, insert, update, delete' end, t.name);
      end loop;
    end $$;
    revoke insert, update, delete on ${columns([...read_only, 'ledger_account'])} from ${appRole};
    grant insert (${columns(account_inserts)}), update (${columns(account_updates)}) on ledger_account to ${appRole};
    -- The queue's own tables come after this, by its own migrations.
    alter default privileges in schema pgboss grant select, insert, update, delete on tables to ${appRole};
    alter default privileges in schema pgboss grant usage, select on sequences to ${appRole};
    do $$
    declare f regprocedure;
    begin
      for f in select oid from pg_proc where pronamespace = 'public'::regnamespace and prosecdef and proowner = ${owner} loop
        execute format('revoke all on function %s from public', f);
        execute format('grant execute on function %s to ${appRole}', f);
      end loop;
    end $$`)
  await client.query('commit')
}

/** True when the role is there and the one logged in may act as it, made so where that is allowed. */
async function makeRole(client: pg.Client): Promise<boolean> {
  for (const statement of [`create role ${appRole} nologin`, `grant ${appRole} to current_user`]) {
    const { there, member } = await readRole(client)
    if (member) return true
    if (there && statement.startsWith('create')) continue
    // Not allowed, or somebody else is just doing it for another database of this server.
    await client.query(statement).catch(() => undefined)
  }
  return (await readRole(client)).member
}

async function readRole(client: pg.Client): Promise<{ there: boolean; member: boolean }> {
  const { rows } = await client.query<{ there: boolean; member: boolean }>(
    `select count(*) > 0 as there,
            coalesce(bool_or(pg_has_role(current_user, oid,
              case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)), false) as member
       from pg_roles where rolname = $1`,
    [appRole],
  )
  return rows[0]!
}

/** Whether this database's user may act as the role, and which of the role's rights are not what they should be. */
export async function readRights(url: string): Promise<{ role: string | null; wrong: string[] }> {
  const client = new pg.Client({ connectionString: url, application_name: 'leb-rights' })
  await client.connect()
  try {
    const { member } = await readRole(client)
    return member ? { role: appRole, wrong: await wrongRights(client) } : { role: null, wrong: [] }
  } finally {
    await client.end()
  }
}

/**
 * What the application role may do that it must not, or can't do that it must: `table privilege`, nothing when all is
 * right. Asked of the server's own catalogue, so that it also sees what somebody granted by hand.
 */
export async function wrongRights(client: {
  query: (text: string) => Promise<{ rows: { wrong: string }[] }>
}): Promise<string[]> {
  const { rows } = await client.query(`
    select c.relname || ' ' || p.privilege as wrong
      from pg_class c
      cross join (values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('TRIGGER')) as p (privilege)
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relowner = ${owner}
       and has_table_privilege('${appRole}', c.oid, p.privilege) is distinct from (
         p.privilege = 'SELECT' or (p.privilege not in ('TRUNCATE', 'TRIGGER')
           and c.relname not in (${quoted([...read_only, 'ledger_account'])})))
    union all
    select a.attrelid::regclass || '.' || a.attname || ' ' || p.privilege
      from pg_attribute a cross join (values ('INSERT'), ('UPDATE')) as p (privilege)
     where a.attnum > 0 and not a.attisdropped
       and a.attrelid in (select ('public.' || t)::regclass from unnest(array[${quoted([...journal, 'ledger_account'])}]) t)
       and has_column_privilege('${appRole}', a.attrelid, a.attnum, p.privilege) is distinct from (
         a.attrelid = 'public.ledger_account'::regclass and (
           (p.privilege = 'INSERT' and a.attname in (${quoted(account_inserts)}))
           or (p.privilege = 'UPDATE' and a.attname in (${quoted(account_updates)}))))
    union all
    select f.oid::regprocedure || ' EXECUTE' from pg_proc f
     where f.pronamespace = 'public'::regnamespace and f.prosecdef and f.proowner = ${owner}
       and (not has_function_privilege('${appRole}', f.oid, 'EXECUTE')
            or f.proacl is null or exists (select 1 from aclexplode(f.proacl) x where x.grantee = 0))
    union all
    select n.nspname || ' USAGE' from pg_namespace n
     where n.nspname in ('public', 'pgboss') and not has_schema_privilege('${appRole}', n.oid, 'USAGE')
    union all
    select n.nspname || ' CREATE' from pg_namespace n
     where n.nspname in ('public', 'pgboss') and has_schema_privilege('${appRole}', n.oid, 'CREATE')
    union all
    select 'pgboss is missing' where to_regnamespace('pgboss') is null
    order by 1`)
  return rows.map((row) => row.wrong)
}
