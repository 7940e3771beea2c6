-- The gate for many opening balances at once: what ledger_post does for one posting, in a few statements for all.
-- The same rules hold: a key counts once and with one content, the entries of each posting sum to zero in one
-- currency, a closed account takes nothing, balances are written here only. Rows are locked by card, the issuer's
-- opening account last; only a call that repeats cards can meet a closure's posting there, and inIssuer tries again.
set local lock_timeout = '5s';

-- Arrays run in parallel, one place a card; amounts are minor units, 0 or more. Answers how many postings were made.
-- Raises LB010 key_reused, LB012 unbalanced (currency differs, or an amount below zero), LB013 account_closed.
create function ledger_post_openings(
  p_issuer text, p_cards uuid[], p_currencies text[], p_amounts bigint[], p_keys text[], p_hashes bytea[],
  p_accounts uuid[], p_postings uuid[], p_at timestamptz
) returns bigint language plpgsql
-- Joins here are between this call's own rows only. Joined with the tables, which the planner takes for small until
-- they are analysed, a thousand cards took 900 ms and each batch longer than the one before.
set enable_nestloop = off
as $$
declare
  v_posted uuid[];
  v_accounts uuid[];
  v_postings uuid[];
  v_amounts bigint[];
  v_currencies text[];
  v_houses uuid[];
  v_house_currencies text[];
  v_other_currency boolean;
  v_closed boolean;
begin
  if exists (select 1 from unnest(p_amounts) as a (amount) where amount is null or amount < 0) then
    raise exception 'an opening balance is below zero' using errcode = 'LB012';
  end if;

  with made as (
    insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
    select p_issuer, r.posting_id, r.key, r.hash, 'opening', p_at
      from unnest(p_postings, p_keys, p_hashes, p_amounts) as r (posting_id, key, hash, amount)
     where r.amount > 0
    on conflict (issuer_id, key) do nothing
    returning posting_id
  )
  select coalesce(array_agg(posting_id), '{}') into v_posted from made;

  if cardinality(v_posted) < (select count(*) from unnest(p_amounts) as a (amount) where amount > 0)
     and exists (select 1 from unnest(p_keys, p_hashes, p_amounts) as r (key, hash, amount)
                  cross join lateral (select p.input_hash from ledger_posting p
                                       where p.issuer_id = p_issuer and p.key = r.key offset 0) known
                  where r.amount > 0 and known.input_hash is distinct from r.hash) then
    raise exception 'posting key used before with other content' using errcode = 'LB010';
  end if;

  with r as materialized (
    select u.account_id, u.card_id, u.currency, u.amount, u.posting_id, p.posting_id is not null as posted
      from unnest(p_accounts, p_cards, p_currencies, p_amounts, p_postings)
             as u (account_id, card_id, currency, amount, posting_id)
      left join unnest(v_posted) as p (posting_id) on p.posting_id = u.posting_id
  ), a as (
    insert into ledger_account as known (issuer_id, account_id, kind, currency, card_id, balance)
    select p_issuer, account_id, 'holder_balance', currency, card_id, case when posted then amount else 0 end
      from r order by card_id
    on conflict (issuer_id, card_id) where card_id is not null
      do update set balance = known.balance + excluded.balance
    returning known.account_id, known.card_id, known.currency, known.closed_at
  )
  select array_agg(a.account_id), array_agg(r.posting_id), array_agg(r.amount), array_agg(r.currency),
         bool_or(a.currency <> r.currency), bool_or(a.closed_at is not null)
    into v_accounts, v_postings, v_amounts, v_currencies, v_other_currency, v_closed
    from r join a on a.card_id = r.card_id where r.posted;
  if v_accounts is null then
    return 0;
  end if;
  if v_other_currency then
    raise exception 'an opening balance has another currency than its account' using errcode = 'LB012';
  end if;

  with house as (
    insert into ledger_account as known (issuer_id, account_id, kind, currency, balance)
    select p_issuer, gen_random_uuid(), 'opening', r.currency, -sum(r.amount)
      from unnest(v_currencies, v_amounts) as r (currency, amount) group by r.currency order by r.currency
    on conflict (issuer_id, kind, currency) where card_id is null
      do update set balance = known.balance + excluded.balance
    returning known.account_id, known.currency, known.closed_at
  )
  select array_agg(account_id), array_agg(currency), v_closed or bool_or(closed_at is not null)
    into v_houses, v_house_currencies, v_closed from house;
  if v_closed then
    raise exception 'the account is closed' using errcode = 'LB013';
  end if;

  insert into ledger_entry (issuer_id, posting_id, line, account_id, amount)
  select p_issuer, r.posting_id, side.line, side.account_id, side.amount
    from unnest(v_postings, v_accounts, v_currencies, v_amounts) as r (posting_id, account_id, currency, amount)
    join unnest(v_houses, v_house_currencies) as house (account_id, currency) on house.currency = r.currency
    cross join lateral (values (1, house.account_id, -r.amount), (2, r.account_id, r.amount))
      as side (line, account_id, amount);
  return cardinality(v_posted);
end $$;
