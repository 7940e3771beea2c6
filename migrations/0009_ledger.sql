-- The gate for usage, reservations, and an order of entries that a statement can be read in.
-- From here on the gates are the only way into the journal: they run with the owner's rights (security definer)
-- for an application role that has none there (src/platform/rights.ts, docs/adr/0012-the-books-by-rights.md).
-- Every gate locks cards first, by account id, and the house's accounts last, by account id.
set local lock_timeout = '5s';

alter table ledger_account
  add column held bigint not null default 0,
  drop constraint holder_balance_not_negative;
alter table ledger_account
  add constraint holder_balance_not_negative
    check (kind <> 'holder_balance' or (held >= 0 and balance >= held)),
  add constraint only_holders_hold check (kind = 'holder_balance' or held = 0),
  -- Room beside each row for its next version, so that a debit touches no index.
  set (fillfactor = 85);

-- The order in which an account's entries were written: drawn while its row is locked, whatever the clocks said.
alter table ledger_entry add column seq bigint generated always as identity;
drop index ledger_entry_account;
create unique index ledger_entry_account on ledger_entry (issuer_id, account_id, seq);

-- Only the gates write here, naming accounts they have locked, and neither accounts nor postings can go: what the
-- foreign keys kept is kept by that, and proved by `leb ledger check`. They locked the house's accounts once an entry,
-- through every version those rows had: 160 of 185 ms for a hundred records.
alter table ledger_entry
  drop constraint ledger_entry_issuer_id_posting_id_fkey,
  drop constraint ledger_entry_issuer_id_account_id_fkey;
alter table ledger_posting drop constraint ledger_posting_issuer_id_fkey;
create trigger ledger_account_stays before delete or truncate on ledger_account
  for each statement execute function refuse_change();

-- Money set aside: neither spent nor to be spent on anything else, until it is posted, released or its time is over.
create table ledger_hold (
  issuer_id  text not null references issuer,
  hold_id    uuid not null,
  key        text not null,
  input_hash bytea not null,
  account_id uuid not null,
  amount     bigint not null check (amount > 0),
  reason     text not null,
  state      text not null default 'held' check (state in ('held', 'posted', 'released', 'expired')),
  held_at    timestamptz not null,
  expires_at timestamptz not null check (expires_at > held_at),
  ended_at   timestamptz,
  posting_id uuid,
  primary key (issuer_id, hold_id),
  unique (issuer_id, key),
  foreign key (issuer_id, account_id) references ledger_account,
  foreign key (issuer_id, posting_id) references ledger_posting,
  check ((state = 'held') = (ended_at is null)),
  check ((state = 'posted') = (posting_id is not null))
);
create index ledger_hold_open on ledger_hold (issuer_id, expires_at) where state = 'held';
create index ledger_hold_account on ledger_hold (issuer_id, account_id) where state = 'held';
alter table ledger_hold enable row level security;
alter table ledger_hold force row level security;
create policy one_issuer on ledger_hold using (issuer_id = leb_issuer()) with check (issuer_id = leb_issuer());

-- A gate runs as its owner, whom row security may not bind: it speaks for the transaction's own issuer or not at all.
create function ledger_speaks_for(p_issuer text) returns void language plpgsql stable as $$
begin
  if p_issuer is distinct from leb_issuer() then
    raise exception 'the transaction does not speak for this issuer' using errcode = 'LB018';
  end if;
end $$;

alter function ledger_post_openings(text, uuid[], text[], bigint[], text[], bytea[], uuid[], uuid[], timestamptz)
  rename to ledger_write_openings;
create function ledger_post_openings(
  p_issuer text, p_cards uuid[], p_currencies text[], p_amounts bigint[], p_keys text[], p_hashes bytea[],
  p_accounts uuid[], p_postings uuid[], p_at timestamptz
) returns bigint language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform ledger_speaks_for(p_issuer);
  return ledger_write_openings(p_issuer, p_cards, p_currencies, p_amounts, p_keys, p_hashes, p_accounts, p_postings,
                               p_at);
end $$;

-- One posting. p_entries: [{"account": uuid, "amount": text}] in minor units, one currency per account.
-- p_close: accounts that end with it (their holds are let go). p_despite_freeze: frozen accounts it may still debit.
-- Answers 'posted' or 'replayed'; raises LB010 key_reused, LB011 unknown_account, LB012 unbalanced,
-- LB013 account_closed, LB014 account_frozen. A balance below zero or below what is held is refused by the table
-- itself (holder_balance_not_negative): a handler here would cost a subtransaction for every posting.
drop function ledger_post(text, uuid, text, bytea, text, timestamptz, jsonb, uuid[]);
create function ledger_post(
  p_issuer text, p_posting uuid, p_key text, p_hash bytea, p_reason text, p_at timestamptz, p_entries jsonb,
  p_close uuid[] default '{}', p_despite_freeze uuid[] default '{}'
) returns text language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  v_hash bytea;
  v_accounts uuid[];
  v_amounts bigint[];
  v_unknown boolean;
  v_closed boolean;
  v_frozen boolean;
begin
  perform ledger_speaks_for(p_issuer);
  insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
  values (p_issuer, p_posting, p_key, p_hash, p_reason, p_at)
  on conflict (issuer_id, key) do nothing;
  if not found then
    select input_hash into v_hash from ledger_posting where issuer_id = p_issuer and key = p_key;
    if v_hash is distinct from p_hash then
      raise exception 'posting key used before with other content' using errcode = 'LB010';
    end if;
    return 'replayed';
  end if;

  select array_agg((e->>'account')::uuid order by ord), array_agg((e->>'amount')::bigint order by ord)
    into v_accounts, v_amounts from jsonb_array_elements(p_entries) with ordinality as t (e, ord);
  perform 1 from ledger_account
   where issuer_id = p_issuer and account_id = any (v_accounts)
   order by card_id is null, account_id for no key update;

  select bool_or(a.account_id is null), bool_or(a.closed_at is not null),
         -- A frozen balance takes no debit but the closure's own, which closes the account in the same posting.
         bool_or(a.frozen_at is not null and e.amount < 0
                 and not e.account_id = any (p_close) and not e.account_id = any (p_despite_freeze))
    into v_unknown, v_closed, v_frozen
    from unnest(v_accounts, v_amounts) as e (account_id, amount)
    left join ledger_account a on a.issuer_id = p_issuer and a.account_id = e.account_id;
  if v_unknown is null then
    raise exception 'a posting without entries' using errcode = 'LB012';
  end if;
  if v_unknown then
    raise exception 'an entry names no account of this issuer' using errcode = 'LB011';
  end if;
  if exists (select 1 from unnest(v_accounts, v_amounts) as e (account_id, amount)
               join ledger_account a on a.issuer_id = p_issuer and a.account_id = e.account_id
              group by a.currency having sum(e.amount) <> 0) then
    raise exception 'entries do not sum to zero' using errcode = 'LB012';
  end if;
  if v_closed then
    raise exception 'the account is closed' using errcode = 'LB013';
  end if;
  if v_frozen then
    raise exception 'the balance is frozen for closing' using errcode = 'LB014';
  end if;

  insert into ledger_entry (issuer_id, posting_id, line, account_id, amount)
  select p_issuer, p_posting, ord, e.account_id, e.amount
    from unnest(v_accounts, v_amounts) with ordinality as e (account_id, amount, ord);
  if cardinality(p_close) > 0 then
    update ledger_hold set state = 'released', ended_at = p_at
     where issuer_id = p_issuer and account_id = any (p_close) and state = 'held';
  end if;
  update ledger_account a
     set balance = a.balance + s.amount,
         held = case when a.account_id = any (p_close) then 0 else a.held end,
         closed_at = case when a.account_id = any (p_close) then p_at else a.closed_at end
    from (select e.account_id, sum(e.amount) as amount
            from unnest(v_accounts, v_amounts) as e (account_id, amount) group by 1) s
   where a.issuer_id = p_issuer and a.account_id = s.account_id;
  return 'posted';
end $$;

-- The house's account, made when missing.
create function ledger_house_account(p_issuer text, p_kind text, p_currency text) returns uuid language plpgsql as $$
declare
  v_account uuid;
begin
  select account_id into v_account from ledger_account
   where issuer_id = p_issuer and kind = p_kind and currency = p_currency and card_id is null;
  if v_account is null then
    insert into ledger_account (issuer_id, account_id, kind, currency)
    values (p_issuer, gen_random_uuid(), p_kind, p_currency)
    on conflict (issuer_id, kind, currency) where card_id is null do nothing;
    select account_id into v_account from ledger_account
     where issuer_id = p_issuer and kind = p_kind and currency = p_currency and card_id is null;
  end if;
  return v_account;
end $$;

-- Many usage records of many cards, one posting each: gross off the card, net to revenue, tax to tax_payable; one
-- reported late is borne by late_usage, whole to revenue: nobody pays it, so no tax falls due. Arrays run in parallel, one place a record;
-- minor units of the card's currency, gross = net + tax > 0. Records of one card are taken in the order of the
-- arrays: one that no longer fits is answered 'insufficient' with what was left, and a smaller one after it may fit.
-- Answers posted, replayed, key_reused, insufficient, frozen, closed or unknown for each; raises LB012 unbalanced,
-- and 40001 where another transaction has just used the key for another card (trying again then says key_reused).
create function ledger_post_usage(
  p_issuer text, p_keys text[], p_hashes bytea[], p_cards uuid[], p_gross bigint[], p_net bigint[], p_tax bigint[],
  p_late boolean[], p_postings uuid[], p_at timestamptz, out answers text[], out affordable bigint[]
) language plpgsql security definer set search_path = pg_catalog, public, pg_temp
-- A plan made while the tables were small must not scan them when they are not.
set enable_seqscan = off
as $$
declare
  r record;
  v_account uuid;
  v_left bigint;
  v_taken bigint;
  v_house int;
  v_debited uuid[] := '{}';
  v_debits bigint[] := '{}';
  v_currencies text[] := '{}';
  v_revenue uuid[] := '{}';
  v_tax uuid[] := '{}';
  v_late uuid[] := '{}';
  v_from uuid[];
  v_houses int[];
  v_wanted int;
  v_made int;
begin
  perform ledger_speaks_for(p_issuer);
  answers := array_fill(null::text, array[cardinality(p_keys)]);
  affordable := array_fill(null::bigint, array[cardinality(p_keys)]);
  v_from := array_fill(null::uuid, array[cardinality(p_keys)]);
  v_houses := array_fill(null::int, array[cardinality(p_keys)]);

  -- In a statement of its own: what follows has to see what the transactions we waited for have written.
  perform 1 from ledger_account
   where issuer_id = p_issuer and card_id = any (p_cards) order by account_id for no key update;

  for r in
    select l.ord, l.late, l.gross, l.net, l.tax, a.account_id, a.currency, a.free, a.frozen, a.closed,
           k.posting_id is not null as known, k.input_hash is not distinct from l.hash as same
      from unnest(p_keys, p_hashes, p_cards, p_gross, p_net, p_tax, p_late) with ordinality
             as l (key, hash, card_id, gross, net, tax, late, ord)
      left join lateral (
        select account_id, currency, balance - held as free, frozen_at is not null as frozen,
               closed_at is not null as closed
          from ledger_account where issuer_id = p_issuer and card_id = l.card_id offset 0) a on true
      left join lateral (
        select posting_id, input_hash from ledger_posting where issuer_id = p_issuer and key = l.key offset 0) k on true
     order by a.account_id, l.ord
  loop
    if r.gross <= 0 or r.net < 0 or r.tax < 0 or r.net + r.tax is distinct from r.gross then
      raise exception 'a usage record does not add up' using errcode = 'LB012';
    end if;
    if r.account_id is distinct from v_account then
      if v_taken > 0 then
        v_debited := v_debited || v_account;
        v_debits := v_debits || v_taken;
      end if;
      v_account := r.account_id;
      v_left := r.free;
      v_taken := 0;
    end if;
    answers[r.ord] := case
      when r.known then case when r.same then 'replayed' else 'key_reused' end
      when r.account_id is null then 'unknown'
      when r.late then 'posted'
      when r.closed then 'closed'
      when r.frozen then 'frozen'
      when r.gross > v_left then 'insufficient'
      else 'posted' end;
    if answers[r.ord] = 'insufficient' then
      affordable[r.ord] := v_left;
    end if;
    continue when answers[r.ord] <> 'posted';

    v_house := array_position(v_currencies, r.currency);
    if v_house is null then
      v_currencies := v_currencies || r.currency;
      v_house := cardinality(v_currencies);
      v_revenue := v_revenue || ledger_house_account(p_issuer, 'revenue', r.currency);
      v_tax := v_tax || ledger_house_account(p_issuer, 'tax_payable', r.currency);
      v_late := v_late || ledger_house_account(p_issuer, 'late_usage', r.currency);
    end if;
    v_houses[r.ord] := v_house;
    if r.late then
      v_from[r.ord] := v_late[v_house];
    else
      v_from[r.ord] := r.account_id;
      v_left := v_left - r.gross;
      v_taken := v_taken + r.gross;
    end if;
  end loop;
  if v_taken > 0 then
    v_debited := v_debited || v_account;
    v_debits := v_debits || v_taken;
  end if;

  v_wanted := cardinality(array_positions(answers, 'posted'));
  if v_wanted = 0 then
    return;
  end if;
  insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
  select p_issuer, l.posting_id, l.key, l.hash, case when l.late then 'late_usage' else 'usage' end, p_at
    from unnest(p_postings, p_keys, p_hashes, p_late, answers) as l (posting_id, key, hash, late, answer)
   where l.answer = 'posted'
  on conflict (issuer_id, key) do nothing;
  get diagnostics v_made = row_count;
  if v_made < v_wanted then
    raise exception 'a usage record was posted by another transaction meanwhile' using errcode = '40001';
  end if;

  insert into ledger_entry (issuer_id, posting_id, line, account_id, amount)
  select p_issuer, l.posting_id, e.line, e.account_id, e.amount
    from unnest(p_postings, v_from, v_houses, p_gross, p_net, p_tax, p_late)
           as l (posting_id, from_account, house, gross, net, tax, late)
    cross join lateral (values
      (1, l.from_account, -l.gross),
      (2, v_revenue[l.house], case when l.late then l.gross else l.net end),
      (3, v_tax[l.house], case when l.late then 0 else l.tax end)) as e (line, account_id, amount)
   where l.house is not null and e.amount <> 0;

  update ledger_account a set balance = a.balance - d.amount
    from unnest(v_debited, v_debits) as d (account_id, amount)
   where a.issuer_id = p_issuer and a.account_id = d.account_id;

  -- The house's accounts are every batch's: locked as late as can be, and one after the other in their order.
  for r in
    select h.account_id, sum(h.amount) as amount
      from unnest(v_houses, p_gross, p_net, p_tax, p_late) as l (house, gross, net, tax, late)
      cross join lateral (values
        (v_late[l.house], case when l.late then -l.gross else 0 end),
        (v_revenue[l.house], case when l.late then l.gross else l.net end),
        (v_tax[l.house], case when l.late then 0 else l.tax end)) as h (account_id, amount)
     where l.house is not null group by h.account_id having sum(h.amount) <> 0 order by h.account_id
  loop
    update ledger_account set balance = balance + r.amount where issuer_id = p_issuer and account_id = r.account_id;
  end loop;
end $$;

-- Sets a card's money aside until p_until. Answers the hold and 'held' or 'replayed'; raises LB010 key_reused,
-- LB011 unknown_account, LB013 account_closed, LB014 account_frozen, LB016 hold_ended when p_until is not to come; more
-- than is free is refused by the table.
create function ledger_hold_open(
  p_issuer text, p_hold uuid, p_key text, p_hash bytea, p_card uuid, p_amount bigint, p_reason text,
  p_at timestamptz, p_until timestamptz, out hold uuid, out answer text
) language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  v_account ledger_account;
  v_known ledger_hold;
begin
  perform ledger_speaks_for(p_issuer);
  select * into v_account from ledger_account where issuer_id = p_issuer and card_id = p_card for no key update;
  if not found then
    raise exception 'no balance of this issuer' using errcode = 'LB011';
  end if;
  select * into v_known from ledger_hold where issuer_id = p_issuer and key = p_key;
  if found then
    if v_known.input_hash is distinct from p_hash then
      raise exception 'hold key used before with other content' using errcode = 'LB010';
    end if;
    hold := v_known.hold_id;
    answer := 'replayed';
    return;
  end if;
  if v_account.closed_at is not null then
    raise exception 'the account is closed' using errcode = 'LB013';
  end if;
  if v_account.frozen_at is not null then
    raise exception 'the balance is frozen for closing' using errcode = 'LB014';
  end if;
  if p_until <= p_at then
    raise exception 'the hold would be over before it began' using errcode = 'LB016';
  end if;
  insert into ledger_hold (issuer_id, hold_id, key, input_hash, account_id, amount, reason, held_at, expires_at)
  values (p_issuer, p_hold, p_key, p_hash, v_account.account_id, p_amount, p_reason, p_at, p_until)
  on conflict (issuer_id, key) do nothing;
  if not found then
    raise exception 'the key was used by another transaction meanwhile' using errcode = '40001';
  end if;
  update ledger_account set held = held + p_amount
   where issuer_id = p_issuer and account_id = v_account.account_id;
  hold := p_hold;
  answer := 'held';
end $$;

-- Locks the hold and, before it, its balance; raises LB011 when there is none.
create function ledger_hold_lock(p_issuer text, p_hold uuid) returns ledger_hold language plpgsql as $$
declare
  v_hold ledger_hold;
begin
  perform 1 from ledger_account where issuer_id = p_issuer and account_id =
    (select account_id from ledger_hold where issuer_id = p_issuer and hold_id = p_hold) for no key update;
  select * into v_hold from ledger_hold where issuer_id = p_issuer and hold_id = p_hold for update;
  if not found then
    raise exception 'no hold of this issuer' using errcode = 'LB011';
  end if;
  return v_hold;
end $$;

-- Ends a hold with a posting that takes all of it or a part; the rest is free again. A balance frozen since lets it
-- through: the money was set aside before. Answers like ledger_post and raises what it raises, and LB016 hold_ended
-- when it was released or its time is over, LB017 when the posting takes nothing or more than was held.
create function ledger_hold_post(
  p_issuer text, p_hold uuid, p_posting uuid, p_hash bytea, p_reason text, p_at timestamptz, p_entries jsonb
) returns text language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  v_hold ledger_hold;
  v_taken numeric;
begin
  perform ledger_speaks_for(p_issuer);
  v_hold := ledger_hold_lock(p_issuer, p_hold);
  if v_hold.state <> 'posted' then
    if v_hold.state <> 'held' or v_hold.expires_at <= p_at then
      raise exception 'the hold is over' using errcode = 'LB016';
    end if;
    select -sum((e->>'amount')::bigint) into v_taken
      from jsonb_array_elements(p_entries) e where (e->>'account')::uuid = v_hold.account_id;
    if v_taken is null or v_taken <= 0 or v_taken > v_hold.amount then
      raise exception 'the posting takes % of % held', coalesce(v_taken, 0), v_hold.amount using errcode = 'LB017';
    end if;
    update ledger_account set held = held - v_hold.amount
     where issuer_id = p_issuer and account_id = v_hold.account_id;
  end if;
  if ledger_post(p_issuer, p_posting, 'hold/' || v_hold.key, p_hash, p_reason, p_at, p_entries, '{}',
                 array[v_hold.account_id]) = 'replayed' then
    return 'replayed';
  end if;
  update ledger_hold set state = 'posted', ended_at = p_at, posting_id = p_posting
   where issuer_id = p_issuer and hold_id = p_hold;
  return 'posted';
end $$;

-- Lets the money go. Answers 'released', or 'replayed' when it was let go before; raises LB016 when it was posted.
create function ledger_hold_release(p_issuer text, p_hold uuid, p_at timestamptz) returns text language plpgsql
security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  v_hold ledger_hold;
begin
  perform ledger_speaks_for(p_issuer);
  v_hold := ledger_hold_lock(p_issuer, p_hold);
  if v_hold.state = 'posted' then
    raise exception 'the hold was posted' using errcode = 'LB016';
  end if;
  if v_hold.state <> 'held' then
    return 'replayed';
  end if;
  update ledger_hold set state = 'released', ended_at = p_at where issuer_id = p_issuer and hold_id = p_hold;
  update ledger_account set held = held - v_hold.amount
   where issuer_id = p_issuer and account_id = v_hold.account_id;
  return 'released';
end $$;

-- Frees what is held past its time, the oldest first, at most p_limit; answers how many holds ended.
create function ledger_hold_sweep(p_issuer text, p_at timestamptz, p_limit int) returns bigint language plpgsql
security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  v_holds uuid[];
  v_accounts uuid[];
  v_ended bigint;
begin
  perform ledger_speaks_for(p_issuer);
  select array_agg(hold_id), array_agg(account_id) into v_holds, v_accounts
    from (select hold_id, account_id from ledger_hold
           where issuer_id = p_issuer and state = 'held' and expires_at <= p_at order by expires_at limit p_limit) due;
  perform 1 from ledger_account
   where issuer_id = p_issuer and account_id = any (v_accounts) order by account_id for no key update;
  with ended as (
    update ledger_hold set state = 'expired', ended_at = p_at
     where issuer_id = p_issuer and hold_id = any (v_holds) and state = 'held' returning account_id, amount
  ), freed as (
    update ledger_account a set held = a.held - e.amount
      from (select account_id, sum(amount) as amount from ended group by 1) e
     where a.issuer_id = p_issuer and a.account_id = e.account_id returning 1
  )
  select count(*) into v_ended from ended;
  return v_ended;
end $$;
