-- The gate for many opening balances at once: what ledger_post does for one posting, in one statement per table.
-- The same rules hold: a key counts once and with one content, accounts are locked in sorted order, the entries of
-- each posting sum to zero in one currency, a closed account takes nothing, balances are written here only.
set local lock_timeout = '5s';

-- Arrays run in parallel, one place a card; amounts are minor units, 0 or more. Answers how many postings were made.
-- Raises LB010 key_reused, LB012 unbalanced (currency differs, or an amount below zero), LB013 account_closed.
create function ledger_post_openings(
  p_issuer text, p_cards uuid[], p_currencies text[], p_amounts bigint[], p_keys text[], p_hashes bytea[],
  p_accounts uuid[], p_postings uuid[], p_at timestamptz
) returns bigint language plpgsql as $$
declare
  v_posted uuid[];
  v_touched uuid[];
begin
  if exists (select 1 from unnest(p_amounts) as a (amount) where amount is null or amount < 0) then
    raise exception 'an opening balance is below zero' using errcode = 'LB012';
  end if;

  insert into ledger_account (issuer_id, account_id, kind, currency)
  select p_issuer, gen_random_uuid(), 'opening', c from (select distinct unnest(p_currencies) as c order by 1) d
  on conflict (issuer_id, kind, currency) where card_id is null do nothing;

  insert into ledger_account (issuer_id, account_id, kind, currency, card_id)
  select p_issuer, r.account_id, 'holder_balance', r.currency, r.card_id
    from unnest(p_accounts, p_currencies, p_cards) as r (account_id, currency, card_id)
  on conflict (issuer_id, card_id) where card_id is not null do nothing;

  with made as (
    insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
    select p_issuer, r.posting_id, r.key, r.hash, 'opening', p_at
      from unnest(p_postings, p_keys, p_hashes, p_amounts) as r (posting_id, key, hash, amount)
     where r.amount > 0
    on conflict (issuer_id, key) do nothing
    returning posting_id
  )
  select coalesce(array_agg(posting_id), '{}') into v_posted from made;

  if exists (select 1 from unnest(p_keys, p_hashes, p_amounts) as r (key, hash, amount)
               join ledger_posting p on p.issuer_id = p_issuer and p.key = r.key
              where r.amount > 0 and p.input_hash is distinct from r.hash) then
    raise exception 'posting key used before with other content' using errcode = 'LB010';
  end if;
  if v_posted = '{}' then
    return 0;
  end if;

  -- Two look-ups, each by its own index: one condition with "or" makes the planner read the whole table.
  select array_agg(account_id) into v_touched from (
    select account_id from ledger_account where issuer_id = p_issuer and card_id = any (p_cards)
    union all
    select account_id from ledger_account
     where issuer_id = p_issuer and kind = 'opening' and currency = any (p_currencies) and card_id is null) t;
  perform 1 from ledger_account
   where issuer_id = p_issuer and account_id = any (v_touched) order by account_id for no key update;

  if exists (select 1 from unnest(p_cards, p_currencies) as r (card_id, currency)
               join ledger_account a on a.issuer_id = p_issuer and a.card_id = r.card_id
              where a.currency <> r.currency) then
    raise exception 'an opening balance has another currency than its account' using errcode = 'LB012';
  end if;
  if exists (select 1 from ledger_account
              where issuer_id = p_issuer and account_id = any (v_touched) and closed_at is not null) then
    raise exception 'the account is closed' using errcode = 'LB013';
  end if;

  insert into ledger_entry (issuer_id, posting_id, line, account_id, amount)
  select p_issuer, r.posting_id, side.line, side.account_id, side.amount
    from unnest(p_postings, p_cards, p_currencies, p_amounts) as r (posting_id, card_id, currency, amount)
    join ledger_account card on card.issuer_id = p_issuer and card.card_id = r.card_id
    join ledger_account house on house.issuer_id = p_issuer and house.kind = 'opening'
                             and house.currency = r.currency and house.card_id is null
    cross join lateral (values (1, house.account_id, -r.amount), (2, card.account_id, r.amount))
      as side (line, account_id, amount)
   where r.posting_id = any (v_posted);

  update ledger_account a
     set balance = a.balance + s.amount
    from (select account_id, sum(amount) as amount from ledger_entry
           where issuer_id = p_issuer and posting_id = any (v_posted) group by account_id) s
   where a.issuer_id = p_issuer and a.account_id = s.account_id;
  return cardinality(v_posted);
end $$;
