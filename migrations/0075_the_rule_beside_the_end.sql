-- A million cards that end: what was left to save a card was one look-up of three, and the way its end is entered anew.
set local lock_timeout = '5s';

-- Where its holder lives, beside the end whose rule hangs on it. Null on rows from before, whose account is asked.
alter table card_end add column jurisdiction text;
create or replace function card_has_end() returns trigger language plpgsql as $$
begin
  insert into card_end (issuer_id, card_id, lapses_at, jurisdiction)
  select m.issuer_id, m.card_id, case when m.state = 'open' then m.expires_at end,
         (select a.jurisdiction from account a where a.issuer_id = m.issuer_id and a.account_id = m.account_id)
    from made m;
  return null;
end $$;
create function card_end_follows_account() returns trigger language plpgsql as $$
begin
  update card_end set jurisdiction = new.jurisdiction
   where issuer_id = new.issuer_id
     and card_id in (select c.card_id from card c where c.issuer_id = new.issuer_id and c.account_id = new.account_id);
  return null;
end $$;
create trigger card_end_follows_account after update of jurisdiction on account
  for each row when (old.jurisdiction is distinct from new.jurisdiction) execute function card_end_follows_account();
create function card_end_asks_account() returns trigger language plpgsql as $$
begin
  update card_end set jurisdiction = null where issuer_id = new.issuer_id and card_id = new.card_id;
  return null;
end $$;
create trigger card_end_asks_account after update of account_id on card
  for each row when (old.account_id is distinct from new.account_id) execute function card_end_asks_account();

-- A card's row is entered anew as it is told of and as it ends. Without room for that beside the first entry the index
-- clears away page by page what is dead, a twentieth of a sweep. For pages that are still to come; `reindex` makes room
-- in older ones.
alter index card_end_pkey set (fillfactor = 50);

-- As in 0073, but for where the rule's jurisdiction is read.
create or replace function ledger_lapse(
  p_issuer text, p_until timestamptz, p_now timestamptz, p_most int, p_jurisdictions text[], p_rules text[],
  p_keep_days int[], p_posting uuid, p_from_page bigint default null, p_to_page bigint default null,
  p_parts int default null, p_part int default null
) returns table (outcome text, currency text, cards bigint, minor numeric)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
-- Every look-up here is of one row by its place or key. Plans made while the tables were small must not scan them
-- when they are not.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off
set join_collapse_limit = 1
as $gate$
#variable_conflict use_column
declare
  r record;
  v_due lapsing_card[]; v_again boolean; v_unproved boolean; v_no_rule boolean; v_money text[]; v_house uuid[];
  v_orders uuid[]; v_lapsed bigint; v_taken bigint; v_ended bigint;
begin
  perform ledger_speaks_for(p_issuer);
  -- Cards of a declared closing are not open, but for those whose declarer has proved nothing yet.
  v_unproved := exists (select from closure where issuer_id = p_issuer and state = 'declared' and identity = 'not_signed_in');

  -- By the index, the few that are due; or, when a good part of all cards is, those of some pages of the table: read
  -- in the order they lie, a million needs each page once instead of ten times. Planned anew for what it is given.
  -- What becomes of each: by jurisdiction; a balance nobody was warned of is kept, and so is one whose time of keeping
  -- would be over as it begins.
  execute format($found$
    select array_agg(row(d.place, d.card_id, d.lapses_at, d.stage, d.balance_place, d.account_id, d.currency, d.balance,
             d.data_left_mb, d.voice_left_s, d.sms_left,
             case when d.balance = 0 then 'nothing'
                  when d.rule = 'refund' then 'refund'
                  when d.rule = 'lapse' and (d.told > 0 or d.stage = 'kept') then 'lapsed'
                  when d.rule in ('lapse', 'keep') then 'kept' end,
             case when d.balance > 0 and (d.rule = 'keep' or (d.rule = 'lapse' and d.told = 0 and d.stage = 'card'))
                  then greatest(case when d.rule = 'keep' then d.lapses_at + make_interval(days => $5[d.at]) end,
                                $8 + interval '72 hours') end)::lapsing_card),
           bool_or(d.ended_before),
           bool_or(d.balance > 0 and (d.rule in ('lapse', 'keep', 'refund')) is not true)
      from (select f.*, case when f.stage = 'kept' then 'lapse' else $4[f.at] end as rule from (
        select n.ctid as place, n.card_id, n.lapses_at, n.told, n.ended_before,
               case when n.lapsed_at is null then 'card' else 'kept' end as stage,
               case when n.lapsed_at is null then c.data_left_mb else 0 end as data_left_mb,
               case when n.lapsed_at is null then c.voice_left_s else 0 end as voice_left_s,
               case when n.lapsed_at is null then c.sms_left else 0 end as sms_left,
               l.ctid as balance_place, l.account_id, l.currency, l.balance,
               coalesce(array_position($3, coalesce(n.jurisdiction, (
                 select a.jurisdiction from account a where a.issuer_id = $1 and a.account_id = c.account_id))),
                 array_position($3, '*')) as at
          from card_end n
          join ledger_account l on l.issuer_id = $1 and l.card_id = n.card_id
          join card c on c.issuer_id = $1 and c.card_id = n.card_id
         where n.issuer_id = $1 and n.lapses_at <= $2 and %s
           and l.frozen_at is null and l.closed_at is null and l.held = 0
           and (not $6 or not exists (select from closure_card k
                            where k.issuer_id = $1 and k.card_id = n.card_id and k.live))
         limit $7 for no key update of l, n skip locked) f order by f.place) d
  $found$, case when p_from_page is null
    then $$n.lapses_at is not null and n.told = any ('{0,1,2,3}'::smallint[])$$
    else format('n.ctid >= %L::tid and n.ctid < %L::tid and uuid_hash(n.card_id) & %s = %s',
                format('(%s,0)', p_from_page), format('(%s,0)', p_to_page), p_parts - 1, p_part) end)
    into v_due, v_again, v_no_rule
    using p_issuer, p_until, p_jurisdictions, p_rules, p_keep_days, v_unproved, p_most, p_now;
  if v_due is null then
    return;
  end if;
  if v_no_rule then
    raise exception 'no rule says what becomes of a balance here' using errcode = 'LB019';
  end if;
  -- A card that ends for the second time at one moment (days added and taken back) ends now.
  if v_again then
    select array_agg(row(x.place, x.card_id, case when exists (
                       select from expiry_notice e where e.issuer_id = p_issuer and e.card_id = x.card_id
                          and e.ends_at = x.ends_at and e.hours_before = 0 and e.subject = x.stage)
                       then p_now else x.ends_at end, x.stage, x.balance_place, x.account_id, x.currency, x.amount,
                     x.mb, x.s, x.sms, x.outcome, x.kept_until)::lapsing_card order by x.n)
      into v_due
      from unnest(v_due) with ordinality as x (place, card_id, ends_at, stage, balance_place, account_id, currency,
                                               amount, mb, s, sms, outcome, kept_until, n);
  end if;
  if exists (select from bucket where issuer_id = p_issuer and lapsed_at is null) then
    select array_agg(row(x.place, x.card_id, x.ends_at, x.stage, x.balance_place, x.account_id, x.currency, x.amount,
                     x.mb + g.mb, x.s + g.s, x.sms + g.sms, x.outcome, x.kept_until)::lapsing_card order by x.n)
      into v_due
      from unnest(v_due) with ordinality as x (place, card_id, ends_at, stage, balance_place, account_id, currency,
                                               amount, mb, s, sms, outcome, kept_until, n)
      cross join lateral (select coalesce(sum(left_units) filter (where kind = 'data'), 0)::bigint as mb,
                                 coalesce(sum(left_units) filter (where kind = 'voice'), 0)::bigint as s,
                                 coalesce(sum(left_units) filter (where kind = 'sms'), 0)::bigint as sms
                            from bucket b
                           where b.issuer_id = p_issuer and b.card_id = x.card_id and b.lapsed_at is null) g;
    update bucket b set lapsed_at = p_now, left_units = 0
      from unnest(v_due) as x
     where b.issuer_id = p_issuer and b.card_id = x.card_id and b.lapsed_at is null;
  end if;

  select array_agg(m.currency), array_agg(ledger_house_account(p_issuer, 'lapsed_balance', m.currency))
    into v_money, v_house
    from (select distinct x.currency from unnest(v_due) as x where x.outcome = 'lapsed') m;

  -- A statement of its own after the locks: it sees every row as it was locked, in the place where it was locked.
  with x as materialized (
    select u.*
      from unnest(v_due) with ordinality as u (place, card_id, ends_at, stage, balance_place, account_id, currency,
                                               amount, mb, s, sms, outcome, kept_until, n)
  ), posted as (
    insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
    select p_issuer, p_posting, 'lapse:' || p_posting, sha256(convert_to('lapse/' || p_posting, 'UTF8')), 'lapse', p_now
     where v_money is not null
  ), entered as (
    insert into ledger_entry (issuer_id, posting_id, line, account_id, amount)
    select p_issuer, p_posting, x.n, x.account_id, -x.amount from x where x.outcome = 'lapsed'
    union all
    select p_issuer, p_posting, cardinality(v_due) + h.n, h.account_id,
           (select sum(x.amount) from x where x.outcome = 'lapsed' and x.currency = h.currency)
      from unnest(v_money, v_house) with ordinality as h (currency, account_id, n)
  ), taken as (
    update ledger_account l set balance = l.balance - x.amount from x
     where x.outcome = 'lapsed' and l.ctid = x.balance_place and l.issuer_id = p_issuer and l.account_id = x.account_id
    returning 1
  ), ended as (
    update card_end n
       set lapsed_at = coalesce(n.lapsed_at, p_now), told = 0, kept_until = x.kept_until, lapses_at = x.kept_until,
           outcome = case x.outcome when 'refund' then 'refund_due' else x.outcome end
      from x where n.ctid = x.place and n.issuer_id = p_issuer and (n.card_id = x.card_id) is true
    returning 1
  ), noted as (
    insert into expiry_notice (issuer_id, card_id, ends_at, hours_before, subject, mail_rank, outcome, currency,
                               amount_minor, data_mb, voice_s, sms, kept_until, told_at)
    select p_issuer, x.card_id, x.ends_at, 0, x.stage,
           case when x.amount > 0 or expiry_worth_telling(x.mb, x.s, x.sms) then 2 end,
           x.outcome, x.currency, x.amount, x.mb, x.s, x.sms, x.kept_until, p_now
      from x
  )
  select count(*) filter (where x.outcome = 'lapsed'), (select count(*) from taken), (select count(*) from ended)
    into v_lapsed, v_taken, v_ended from x;
  if v_taken <> v_lapsed then
    raise exception 'a balance was not where it had been locked' using errcode = '40001';
  end if;
  if v_ended <> cardinality(v_due) then
    raise exception 'a card was not where it had been locked' using errcode = '40001';
  end if;

  v_orders := array(
    select o.order_id from unnest(v_due) as x
     cross join lateral (select order_id from purchase_order
                          where issuer_id = p_issuer and card_id = x.card_id and state = 'delivered'
                            and kind in ('card', 'add_on') and earned_minor < net_minor offset 0) o
     where x.stage = 'card');

  -- The rows that all callers share, as late as can be: first those of this gate alone, then those of every gate.
  for r in
    select h.account_id, sum(x.amount) as amount
      from unnest(v_due) as x
      cross join lateral (select v_house[array_position(v_money, x.currency)] as account_id) h
     where x.outcome = 'lapsed' group by h.account_id order by h.account_id
  loop
    update ledger_account set balance = balance + r.amount where issuer_id = p_issuer and account_id = r.account_id;
  end loop;
  perform ledger_earn_over(p_issuer, p_now, v_orders, leb_next_id(p_posting, 1));
  return query
    with ended as (
      select x.outcome, x.currency, count(*) as cards, sum(x.amount) as minor
        from unnest(v_due) as x group by x.outcome, x.currency
    ), counted as (
      insert into expiry_tally as t (issuer_id, outcome, currency, cards, minor)
      select p_issuer, e.outcome, e.currency, e.cards, e.minor from ended e order by e.outcome, e.currency
      on conflict (issuer_id, outcome, currency)
        do update set cards = t.cards + excluded.cards, minor = t.minor + excluded.minor
    )
    select e.outcome, e.currency, e.cards, e.minor from ended e;
end $gate$;
