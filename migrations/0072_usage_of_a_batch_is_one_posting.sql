-- What a batch of usage takes is one collective posting: a line for each record, named by the record's own key, and one
-- for each account of the house in each currency (docs/adr/0022). A posting and two house lines a record were two fifths
-- of all that a record wrote.
set local lock_timeout = '5s';

-- A line of a collective posting that is known and answered by a key of its own, as a posting is by its key.
alter table ledger_entry
  add column key text,
  add column input_hash bytea,
  add constraint a_key_with_its_hash check ((key is null) = (input_hash is null)) not valid;
create unique index ledger_entry_key on ledger_entry (issuer_id, key) where key is not null;

-- As in 0054, but for the one posting (two, where something was reported late). A key that another transaction has just
-- used is told by the insert (23505), and whoever calls tries again (src/ledger/post-usage.ts).
drop function ledger_post_usage(text, text[], bytea[], uuid[], bigint[], bigint[], bigint[], boolean[], uuid[], timestamptz);
create function ledger_post_usage(
  p_issuer text, p_keys text[], p_hashes bytea[], p_cards uuid[], p_gross bigint[], p_net bigint[], p_tax bigint[],
  p_late boolean[], p_posting uuid, p_at timestamptz, out answers text[], out affordable bigint[]
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
begin
  perform ledger_speaks_for(p_issuer);
  answers := array_fill('unknown'::text, array[cardinality(p_keys)]);
  affordable := array_fill(null::bigint, array[cardinality(p_keys)]);
  v_from := array_fill(null::uuid, array[cardinality(p_keys)]);

  if exists (select from unnest(p_gross, p_net, p_tax) as l (gross, net, tax)
              where (gross > 0 and net >= 0 and tax >= 0 and net + tax = gross) is not true) then
    raise exception 'a usage record does not add up' using errcode = 'LB012';
  end if;

  -- Locks and reads in one: a balance that had to be waited for is read as it was left. A key that was used meanwhile
  -- is not seen here, but by the insert below. Postings with a record's key are those of use that was drained into a
  -- settlement, and all from before batches were one posting.
  for r in
    select l.ord, l.late, l.gross, l.net, l.tax, a.ctid as place, a.account_id, a.currency, a.balance - a.held as free,
           a.frozen_at is not null as frozen, a.closed_at is not null as closed,
           coalesce(e.input_hash, k.input_hash) as known, coalesce(e.input_hash, k.input_hash) = l.hash as same
      from unnest(p_keys, p_hashes, p_cards, p_gross, p_net, p_tax, p_late) with ordinality
             as l (key, hash, card_id, gross, net, tax, late, ord)
      join ledger_account a on a.issuer_id = p_issuer and a.card_id = l.card_id
      left join lateral (
        select input_hash from ledger_entry where issuer_id = p_issuer and key = l.key offset 0) e on true
      left join lateral (
        select input_hash from ledger_posting where issuer_id = p_issuer and key = l.key offset 0) k on true
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
  update ledger_account a set balance = a.balance - d.amount
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
