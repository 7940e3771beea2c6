-- Usage is written without `on conflict`, which tells the log of each row twice: whoever calls takes a key that another
-- transaction has just used (23505) for what it is, and tries again (src/ledger/post-usage.ts, src/usage/write-usage.ts).
set local lock_timeout = '5s';

-- Room beside each row for its next version, so that a new sum touches no index.
alter table usage_meter set (fillfactor = 80);

-- As in 0009, with the same answers.
create or replace function ledger_post_usage(
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

  if array_position(answers, 'posted') is null then
    return;
  end if;
  insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
  select p_issuer, l.posting_id, l.key, l.hash, case when l.late then 'late_usage' else 'usage' end, p_at
    from unnest(p_postings, p_keys, p_hashes, p_late, answers) as l (posting_id, key, hash, late, answer)
   where l.answer = 'posted';

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
