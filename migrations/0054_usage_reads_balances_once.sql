-- Usage with less work a card (bench/README.md has the figures): a balance is read by the statement that locks it.

-- As in 0010, with the end from beside the card (0051), and with times in milliseconds since 1970: to write and read six
-- of them as text took as long as a look-up.
drop function usage_cards(text, text[], uuid[]);
create function usage_cards(p_issuer text, p_iccids text[], p_cards uuid[]) returns table (
  card_id uuid, iccid text, plan text, zone text, item_id uuid, sold_ms float8, activated_ms float8,
  activated_zone text, more_days int, expires_ms float8, lapsed_ms float8, data_left_mb bigint,
  voice_left_s bigint, sms_left bigint, state text, jurisdiction text, account_id uuid, currency text, free bigint,
  frozen_ms float8, closed_ms float8, voice_over_s bigint, gross_minor bigint, buckets json, days json
) language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_cards uuid[];
  v_accounts uuid[];
  v_currencies text[];
  v_free bigint[];
  v_frozen timestamptz[];
  v_closed timestamptz[];
begin
  select array_agg(distinct named.card_id) into v_cards
    from (select k.card_id from unnest(p_iccids) as r (iccid)
           cross join lateral (select c.card_id from card c where c.issuer_id = p_issuer and c.iccid = r.iccid offset 0) k
          union all select unnest(p_cards)) as named;
  select array_agg(l.card_id), array_agg(l.account_id), array_agg(l.currency), array_agg(l.free),
         array_agg(l.frozen_at), array_agg(l.closed_at)
    into v_cards, v_accounts, v_currencies, v_free, v_frozen, v_closed
    from (select a.card_id, a.account_id, a.currency, a.balance - a.held as free, a.frozen_at, a.closed_at
            from ledger_account a where a.issuer_id = p_issuer and a.card_id = any (v_cards)
           order by a.account_id for no key update) l;
  -- One look-up a card in each table, said outright (offset 0): joins in another order would read whole tables.
  return query
    select k.*, r.account_id, r.currency, r.free, round(date_part('epoch', r.frozen_at) * 1000),
           round(date_part('epoch', r.closed_at) * 1000), m.voice_over_s, m.gross_minor,
           (select json_agg(json_build_object('bucket_id', b.bucket_id, 'kind', b.kind, 'left_units', b.left_units,
                     'expires_ms', (extract(epoch from b.expires_at) * 1000)::bigint) order by b.expires_at, b.bucket_id)
              from bucket b where b.issuer_id = p_issuer and b.card_id = r.card_id
               and b.left_units > 0 and b.lapsed_at is null),
           (select json_agg(json_build_object('day', d.day, 'data_mb', d.data_mb))
              from usage_day d where d.issuer_id = p_issuer and d.card_id = r.card_id)
      from unnest(v_cards, v_accounts, v_currencies, v_free, v_frozen, v_closed)
             as r (card_id, account_id, currency, free, frozen_at, closed_at)
     cross join lateral (
       select c.card_id, c.iccid, c.plan, c.zone, c.item_id, round(date_part('epoch', c.sold_at) * 1000),
              round(date_part('epoch', c.activated_at) * 1000), c.activated_zone, c.more_days,
              round(date_part('epoch', c.expires_at) * 1000), round(date_part('epoch', n.lapsed_at) * 1000),
              case when n.lapsed_at is null then c.data_left_mb else 0 end,
              case when n.lapsed_at is null then c.voice_left_s else 0 end,
              case when n.lapsed_at is null then c.sms_left else 0 end, c.state,
              (select o.jurisdiction from account o where o.issuer_id = p_issuer and o.account_id = c.account_id)
         from card c join card_end n on n.issuer_id = p_issuer and n.card_id = r.card_id
        where c.issuer_id = p_issuer and c.card_id = r.card_id offset 0) k
      left join lateral (
       select u.voice_over_s, u.gross_minor from usage_meter u
        where u.issuer_id = p_issuer and u.card_id = r.card_id offset 0) m on true;
end $$;

-- As in 0009, with the same answers, but for a key that another transaction has just used: the insert says so (23505),
-- and whoever calls tries again (src/ledger/post-usage.ts). `on conflict` would tell the log of each row twice.
create or replace function ledger_post_usage(
  p_issuer text, p_keys text[], p_hashes bytea[], p_cards uuid[], p_gross bigint[], p_net bigint[], p_tax bigint[],
  p_late boolean[], p_postings uuid[], p_at timestamptz, out answers text[], out affordable bigint[]
) language plpgsql security definer set search_path = pg_catalog, public, pg_temp
-- A plan made while the tables were small must not scan them when they are not.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  r record;
  v_account uuid;
  v_left bigint;
  v_taken bigint;
  v_house int;
  v_place tid;
  v_debited tid[] := '{}';
  v_debits bigint[] := '{}';
  v_currencies text[] := '{}';
  v_revenue uuid[] := '{}';
  v_tax uuid[] := '{}';
  v_late uuid[] := '{}';
  v_from uuid[];
  v_houses int[];
begin
  perform ledger_speaks_for(p_issuer);
  answers := array_fill('unknown'::text, array[cardinality(p_keys)]);
  affordable := array_fill(null::bigint, array[cardinality(p_keys)]);
  v_from := array_fill(null::uuid, array[cardinality(p_keys)]);
  v_houses := array_fill(null::int, array[cardinality(p_keys)]);

  if exists (select from unnest(p_gross, p_net, p_tax) as l (gross, net, tax)
              where (gross > 0 and net >= 0 and tax >= 0 and net + tax = gross) is not true) then
    raise exception 'a usage record does not add up' using errcode = 'LB012';
  end if;

  -- Locks and reads in one: a balance that had to be waited for is read as it was left. A key that was used meanwhile
  -- is not seen here, but by the insert below.
  for r in
    select l.ord, l.late, l.gross, a.ctid as place, a.account_id, a.currency, a.balance - a.held as free,
           a.frozen_at is not null as frozen, a.closed_at is not null as closed,
           k.posting_id is not null as known, k.input_hash is not distinct from l.hash as same
      from unnest(p_keys, p_hashes, p_cards, p_gross, p_late) with ordinality
             as l (key, hash, card_id, gross, late, ord)
      join ledger_account a on a.issuer_id = p_issuer and a.card_id = l.card_id
      left join lateral (
        select posting_id, input_hash from ledger_posting where issuer_id = p_issuer and key = l.key offset 0) k on true
     order by a.account_id, l.ord
       for no key update of a
  loop
    if r.account_id is distinct from v_account then
      if v_taken > 0 then
        v_debited := v_debited || v_place;
        v_debits := v_debits || v_taken;
      end if;
      v_account := r.account_id;
      v_place := r.place;
      v_left := r.free;
      v_taken := 0;
    end if;
    answers[r.ord] := case
      when r.known then case when r.same then 'replayed' else 'key_reused' end
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
    v_debited := v_debited || v_place;
    v_debits := v_debits || v_taken;
  end if;

  if 'unknown' = any (answers) then
    -- Its card is nobody's, but the key may be known all the same.
    for r in
      select l.ord, k.input_hash is not distinct from l.hash as same
        from unnest(p_keys, p_hashes, answers) with ordinality as l (key, hash, answer, ord)
        join ledger_posting k on k.issuer_id = p_issuer and k.key = l.key
       where l.answer = 'unknown'
    loop
      answers[r.ord] := case when r.same then 'replayed' else 'key_reused' end;
    end loop;
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

  -- By their places: they are locked, so none has moved.
  update ledger_account a set balance = a.balance - d.amount
    from unnest(v_debited, v_debits) as d (place, amount)
   where a.ctid = d.place and a.issuer_id = p_issuer;

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
