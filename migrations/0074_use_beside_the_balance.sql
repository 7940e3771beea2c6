-- What a batch of usage reads and writes of each of its cards, in fewer places: at ten million cards each place is a page
-- that is in no cache (bench/README.md has the figures).
set local lock_timeout = '5s';

-- What a card's use has come to stands beside its balance, which each use reads and writes anyway: usage_meter was a row a
-- card that was looked up twice and written once for each. Tax is taken over used_gross, so that no order of records
-- comes to another sum; part minutes are rounded up over voice_over_s.
alter table ledger_account
  -- All that use took off this balance, tax included.
  add column used_gross bigint not null default 0,
  -- Seconds of voice beyond the buckets, over the card's life.
  add column voice_over_s bigint not null default 0,
  add constraint use_only_adds_up check (used_gross >= 0 and voice_over_s >= 0) not valid;
-- A card whose money went back to its holder when it ended: days that an import may add bring it back no more. The only
-- one that has ended and may still have an end to come on its own row.
alter table card add column ended_for_good boolean not null default false;

-- Row security may bind the role that migrates: cards are seen issuer by issuer only.
do $$
declare v_issuer text;
begin
  for v_issuer in select issuer_id from issuer loop
    perform set_config('leb.issuer', v_issuer, true);
    update ledger_account a set used_gross = m.gross_minor, voice_over_s = m.voice_over_s
      from usage_meter m where m.issuer_id = v_issuer and a.issuer_id = v_issuer and a.card_id = m.card_id;
    update card c set ended_for_good = true
      from card_end n
     where n.issuer_id = v_issuer and n.outcome = 'refunded' and c.issuer_id = v_issuer and c.card_id = n.card_id;
  end loop;
  perform set_config('leb.issuer', '', true);
end $$;
drop table usage_meter;

-- As in 0054, in fewer places: the end beside the card is read only where it may have come (a day is more than clocks
-- differ by), add-ons and days only where any of the cards has one.
drop function usage_cards(text, text[], uuid[]);
create function usage_cards(p_issuer text, p_iccids text[], p_cards uuid[], p_now timestamptz) returns table (
  card_id uuid, iccid text, plan text, zone text, item_id uuid, sold_ms float8, activated_ms float8,
  activated_zone text, more_days int, expires_ms float8, lapsed_ms float8, data_left_mb bigint,
  voice_left_s bigint, sms_left bigint, state text, jurisdiction text, place tid, account_id uuid, currency text,
  free bigint, frozen_ms float8, closed_ms float8, voice_over_s bigint, used_gross bigint, buckets json, days json
) language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_cards uuid[] := p_cards;
  v_places tid[];
  v_buckets boolean;
  v_days boolean;
begin
  if cardinality(p_iccids) > 0 then
    v_cards := p_cards || array(
      select c.card_id from card c where c.issuer_id = p_issuer and c.iccid = any (p_iccids));
  end if;
  select array_agg(l.place) into v_places
    from (select a.ctid as place from ledger_account a
           where a.issuer_id = p_issuer and a.card_id = any (v_cards) order by a.account_id for no key update) l;
  v_buckets := exists (select from bucket b where b.issuer_id = p_issuer and b.card_id = any (v_cards)
                          and b.left_units > 0 and b.lapsed_at is null);
  v_days := exists (select from usage_day d where d.issuer_id = p_issuer and d.card_id = any (v_cards));
  -- A statement of its own after the locks: it sees each balance as it was locked, in the place where it was locked.
  -- One look-up a card in each table, said outright (offset 0): joins in another order would read whole tables.
  return query
    select k.card_id, k.iccid, k.plan, k.zone, k.item_id, round(date_part('epoch', k.sold_at) * 1000),
           round(date_part('epoch', k.activated_at) * 1000), k.activated_zone, k.more_days,
           round(date_part('epoch', k.expires_at) * 1000), round(date_part('epoch', k.lapsed_at) * 1000),
           k.data_left_mb, k.voice_left_s, k.sms_left, k.state, k.jurisdiction,
           a.ctid, a.account_id, a.currency, a.balance - a.held, round(date_part('epoch', a.frozen_at) * 1000),
           round(date_part('epoch', a.closed_at) * 1000), a.voice_over_s, a.used_gross,
           case when v_buckets then (
             select json_agg(json_build_object('bucket_id', b.bucket_id, 'kind', b.kind, 'left_units', b.left_units,
                      'expires_ms', (extract(epoch from b.expires_at) * 1000)::bigint) order by b.expires_at, b.bucket_id)
               from bucket b where b.issuer_id = p_issuer and b.card_id = k.card_id
                and b.left_units > 0 and b.lapsed_at is null) end,
           case when v_days then (
             select json_agg(json_build_object('day', d.day, 'data_mb', d.data_mb))
               from usage_day d where d.issuer_id = p_issuer and d.card_id = k.card_id) end
      from unnest(v_places) as l (place)
      join ledger_account a on a.ctid = l.place and a.issuer_id = p_issuer
     cross join lateral (
       select c.*,
              case when c.ended_for_good or c.expires_at < p_now + interval '1 day' then
                (select n.lapsed_at from card_end n where n.issuer_id = p_issuer and n.card_id = c.card_id) end as lapsed_at,
              (select o.jurisdiction from account o where o.issuer_id = p_issuer and o.account_id = c.account_id) as jurisdiction
         from card c where c.issuer_id = p_issuer and c.card_id = a.card_id offset 0) k;
end $$;

-- As in 0072, but that whoever has locked the balances may say where they lie (p_places), so that none is looked up again;
-- and what is taken is added to what was used.
drop function ledger_post_usage(text, text[], bytea[], uuid[], bigint[], bigint[], bigint[], boolean[], uuid, timestamptz);
create function ledger_post_usage(
  p_issuer text, p_keys text[], p_hashes bytea[], p_cards uuid[], p_gross bigint[], p_net bigint[], p_tax bigint[],
  p_late boolean[], p_posting uuid, p_at timestamptz, p_places tid[] default null, out answers text[], out affordable bigint[]
) language plpgsql security definer set search_path = pg_catalog, public, pg_temp
-- A plan made while the tables were small must not scan them when they are not.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  r record;
  v_late_posting constant uuid := leb_next_id(p_posting, 1);
  v_account uuid;
  v_left bigint;
  v_taken bigint;
  v_house int;
  v_place tid;
  v_moved int;
  v_debited tid[] := '{}';
  v_debits bigint[] := '{}';
  v_currencies text[] := '{}';
  v_revenue uuid[] := '{}';
  v_tax uuid[] := '{}';
  v_late uuid[] := '{}';
  -- What is entered on each of those, by currency: earned, taxed, borne by the house.
  v_net bigint[] := '{}';
  v_taxed bigint[] := '{}';
  v_borne bigint[] := '{}';
  v_from uuid[];
  v_places tid[] := p_places;
  v_found int := 0;
begin
  perform ledger_speaks_for(p_issuer);
  answers := array_fill('unknown'::text, array[cardinality(p_keys)]);
  affordable := array_fill(null::bigint, array[cardinality(p_keys)]);
  v_from := array_fill(null::uuid, array[cardinality(p_keys)]);

  if exists (select from unnest(p_gross, p_net, p_tax) as l (gross, net, tax)
              where (gross > 0 and net >= 0 and tax >= 0 and net + tax = gross) is not true) then
    raise exception 'a usage record does not add up' using errcode = 'LB012';
  end if;

  if v_places is null then
    with locked as materialized (
      select a.card_id, a.ctid as place from ledger_account a
       where a.issuer_id = p_issuer and a.card_id = any (p_cards) order by a.account_id for no key update)
    select array_agg(a.place order by l.ord) into v_places
      from unnest(p_cards) with ordinality as l (card_id, ord) left join locked a on a.card_id = l.card_id;
  end if;

  -- Locks and reads in one: a balance that had to be waited for is read as it was left. A key that was used meanwhile
  -- is not seen here, but by the insert below. Postings with a record's key are those of use that was drained into a
  -- settlement, and all from before batches were one posting.
  for r in
    select l.ord, l.late, l.gross, l.net, l.tax, a.ctid as place, a.account_id, a.currency, a.balance - a.held as free,
           a.frozen_at is not null as frozen, a.closed_at is not null as closed,
           coalesce(e.input_hash, k.input_hash) as known, coalesce(e.input_hash, k.input_hash) = l.hash as same
      from unnest(p_keys, p_hashes, p_cards, v_places, p_gross, p_net, p_tax, p_late) with ordinality
             as l (key, hash, card_id, place, gross, net, tax, late, ord)
      join ledger_account a on a.ctid = l.place and a.issuer_id = p_issuer and a.card_id = l.card_id
      left join lateral (
        select input_hash from ledger_entry where issuer_id = p_issuer and key = l.key offset 0) e on true
      left join lateral (
        select input_hash from ledger_posting where issuer_id = p_issuer and key = l.key offset 0) k on true
     order by a.account_id, l.ord
       for no key update of a
  loop
    v_found := v_found + 1;
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
      when r.known is not null then case when r.same then 'replayed' else 'key_reused' end
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
      v_net := v_net || 0::bigint;
      v_taxed := v_taxed || 0::bigint;
      v_borne := v_borne || 0::bigint;
    end if;
    if r.late then
      v_from[r.ord] := v_late[v_house];
      v_borne[v_house] := v_borne[v_house] + r.gross;
    else
      v_from[r.ord] := r.account_id;
      v_net[v_house] := v_net[v_house] + r.net;
      v_taxed[v_house] := v_taxed[v_house] + r.tax;
      v_left := v_left - r.gross;
      v_taken := v_taken + r.gross;
    end if;
  end loop;
  if v_taken > 0 then
    v_debited := v_debited || v_place;
    v_debits := v_debits || v_taken;
  end if;

  if v_found <> cardinality(array_remove(v_places, null)) then
    raise exception 'a balance was not where it had been locked' using errcode = '40001';
  end if;
  if 'unknown' = any (answers) then
    -- Its card is nobody's, but the key may be known all the same.
    for r in
      select l.ord, coalesce(e.input_hash, k.input_hash) = l.hash as same
        from unnest(p_keys, p_hashes, answers) with ordinality as l (key, hash, answer, ord)
        left join ledger_entry e on e.issuer_id = p_issuer and e.key = l.key
        left join ledger_posting k on k.issuer_id = p_issuer and k.key = l.key
       where l.answer = 'unknown' and coalesce(e.input_hash, k.input_hash) is not null
    loop
      answers[r.ord] := case when r.same then 'replayed' else 'key_reused' end;
    end loop;
  end if;

  if array_position(answers, 'posted') is null then
    return;
  end if;
  insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
  select p_issuer, p.posting_id, 'usage_batch:' || p.posting_id, sha256(convert_to('usage_batch/' || p.posting_id, 'UTF8')),
         p.reason, p_at
    from (values (p_posting, 'usage', false), (v_late_posting, 'late_usage', true)) as p (posting_id, reason, late)
   where exists (select from unnest(p_late, answers) as l (late, answer) where l.answer = 'posted' and l.late = p.late);

  insert into ledger_entry (issuer_id, posting_id, line, account_id, amount, key, input_hash)
  select p_issuer, case when l.late then v_late_posting else p_posting end, l.line, l.account_id, -l.gross, l.key, l.hash
    from unnest(p_keys, p_hashes, p_gross, p_late, v_from) with ordinality as l (key, hash, gross, late, account_id, line)
   where l.account_id is not null;

  insert into ledger_entry (issuer_id, posting_id, line, account_id, amount)
  select p_issuer, h.posting_id, cardinality(p_keys) + row_number() over (), h.account_id, h.amount
    from (select p_posting as posting_id, * from unnest(v_revenue, v_net)
          union all select p_posting, * from unnest(v_tax, v_taxed)
          union all select v_late_posting, * from unnest(v_revenue, v_borne)) as h (posting_id, account_id, amount)
   where h.amount <> 0;

  -- By their places: they are locked, so none has moved.
  update ledger_account a set balance = a.balance - d.amount, used_gross = a.used_gross + d.amount
    from unnest(v_debited, v_debits) as d (place, amount)
   where a.ctid = d.place and a.issuer_id = p_issuer;
  get diagnostics v_moved = row_count;
  if v_moved <> cardinality(v_debited) then
    raise exception 'a balance was not where it had been locked' using errcode = '40001';
  end if;

  -- The house's accounts are every batch's: locked as late as can be, and one after the other in their order.
  for r in
    select h.account_id, sum(h.amount) as amount
      from (select * from unnest(v_revenue, v_net) union all select * from unnest(v_revenue, v_borne)
            union all select * from unnest(v_tax, v_taxed)
            union all select account_id, -borne from unnest(v_late, v_borne) as b (account_id, borne))
             as h (account_id, amount)
     group by h.account_id having sum(h.amount) <> 0 order by h.account_id
  loop
    update ledger_account set balance = balance + r.amount where issuer_id = p_issuer and account_id = r.account_id;
  end loop;
end $$;
