-- When a card ends, what was told of it and what came of it, in a narrow row beside the card: to end one rewrote the
-- card's wide row and entered it anew in all of its indexes, a quarter of the sweep's time.
set local lock_timeout = '5s';

-- One row a card, made with it. No foreign key, as in the journal: cards are never deleted.
create table card_end (
  issuer_id    text     not null,
  card_id      uuid     not null,
  -- When something of it lapses next: the card, or a balance that was kept. Null once nothing is left to lapse, and while
  -- the card is on its way out.
  lapses_at    timestamptz,
  -- Which of the three warnings its holder has had for the end that comes: 0 none, 1 72 h, 2 24 h, 3 2 h.
  told         smallint not null default 0 check (told between 0 and 3),
  -- When its balance and buckets lapsed (or were decided to be kept or given back); null while they live. From then on
  -- nothing is left of its plan, whatever the card's own row says.
  lapsed_at    timestamptz,
  -- Until when the money stays the holder's after the card's own end; null while it lives and once that is over.
  kept_until   timestamptz,
  -- What became of the money when it ended last.
  outcome      text check (outcome in ('lapsed', 'kept', 'refund_due', 'refunded', 'nothing')),
  -- It ended once and lives again because days were added.
  ended_before boolean  not null default false,
  primary key (issuer_id, card_id)
-- Room for the next version of a row beside it, so that rows stay in the order of their cards.
) with (fillfactor = 80);
alter table card_end enable row level security;
alter table card_end force row level security;
create policy one_issuer on card_end using (issuer_id = leb_issuer()) with check (issuer_id = leb_issuer());

-- Row security may bind the role that migrates: cards are seen issuer by issuer only.
do $$
declare v_issuer text;
begin
  for v_issuer in select issuer_id from issuer loop
    perform set_config('leb.issuer', v_issuer, true);
    insert into card_end (issuer_id, card_id, lapses_at, told, lapsed_at, kept_until, outcome, ended_before)
    select issuer_id, card_id, case when state = 'open' then lapses_at end, told, lapsed_at, kept_until, expiry_outcome,
           ended_before
      from card where issuer_id = v_issuer;
  end loop;
  perform set_config('leb.issuer', '', true);
end $$;
create index card_end_due on card_end (issuer_id, told, lapses_at) where lapses_at is not null;
create index card_end_refund_due on card_end (issuer_id, card_id) where outcome = 'refund_due';

drop trigger card_end_moved on card;
alter table card
  drop column lapses_at,
  drop column told,
  drop column lapsed_at,
  drop column kept_until,
  drop column expiry_outcome,
  drop column ended_before;

create function card_has_end() returns trigger language plpgsql as $$
begin
  insert into card_end (issuer_id, card_id, lapses_at)
  select issuer_id, card_id, case when state = 'open' then expires_at end from made;
  return null;
end $$;
create trigger card_has_end after insert on card
  referencing new table as made for each statement execute function card_has_end();

-- Days were added or taken: what was told holds no more, and a card that had ended lives again, without what was left
-- of its plan then.
create or replace function card_end_moved() returns trigger language plpgsql as $$
declare
  v_end card_end;
begin
  select * into v_end from card_end where issuer_id = new.issuer_id and card_id = new.card_id for no key update;
  if new.expires_at > old.expires_at and v_end.lapsed_at is not null and v_end.outcome is distinct from 'refunded' then
    new.data_left_mb := greatest(new.data_left_mb - old.data_left_mb, 0);
    new.voice_left_s := greatest(new.voice_left_s - old.voice_left_s, 0);
    new.sms_left := greatest(new.sms_left - old.sms_left, 0);
    v_end.ended_before := true;
    v_end.lapsed_at := null;
    v_end.kept_until := null;
    v_end.outcome := null;
  end if;
  update card_end
     set told = 0, ended_before = v_end.ended_before, lapsed_at = v_end.lapsed_at, kept_until = v_end.kept_until,
         outcome = v_end.outcome,
         lapses_at = case when new.state = 'open' then
                       case when v_end.lapsed_at is null then new.expires_at else v_end.kept_until end end
   where issuer_id = new.issuer_id and card_id = new.card_id;
  return new;
end $$;
create trigger card_end_moved before update of expires_at on card
  for each row when (old.expires_at is distinct from new.expires_at) execute function card_end_moved();

-- Nothing of a card lapses while it is being closed; given back to its holder, it goes on where it was.
create function card_end_waits() returns trigger language plpgsql as $$
begin
  update card_end
     set lapses_at = case when new.state = 'open' then
                       case when lapsed_at is null then new.expires_at else kept_until end end
   where issuer_id = new.issuer_id and card_id = new.card_id;
  return null;
end $$;
create trigger card_end_waits after update of state on card
  for each row when ((old.state = 'open') is distinct from (new.state = 'open')) execute function card_end_waits();

create or replace function top_up_wants_warning() returns trigger language plpgsql as $$
begin
  update card_end set told = 0 where issuer_id = new.issuer_id and card_id = new.card_id and told > 0;
  return null;
end $$;

-- The functions that read or wrote those columns, otherwise as they were; usage_cards follows in 0054.

-- All balances that one call lets lapse are one posting: a collective one, with a line for each card and one for the
-- house in each currency (docs/adr/0021). A posting a card was a fifth of the sweep's CPU.
create or replace function ledger_lapse(
  p_issuer text, p_until timestamptz, p_now timestamptz, p_most int, p_jurisdictions text[], p_rules text[],
  p_keep_days int[], p_posting uuid, p_from_page bigint default null, p_to_page bigint default null
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
               coalesce(array_position($3, a.jurisdiction), array_position($3, '*')) as at
          from card_end n
          join ledger_account l on l.issuer_id = $1 and l.card_id = n.card_id
          join card c on c.issuer_id = $1 and c.card_id = n.card_id
          join account a on a.issuer_id = $1 and a.account_id = c.account_id
         where n.issuer_id = $1 and n.lapses_at <= $2 and %s
           and l.frozen_at is null and l.closed_at is null and l.held = 0
           and (not $6 or not exists (select from closure_card k
                            where k.issuer_id = $1 and k.card_id = n.card_id and k.live))
         limit $7 for no key update of l, n skip locked) f order by f.place) d
  $found$, case when p_from_page is null
    then $$n.lapses_at is not null and n.told = any ('{0,1,2,3}'::smallint[])$$
    else format('n.ctid >= %L::tid and n.ctid < %L::tid', format('(%s,0)', p_from_page), format('(%s,0)', p_to_page)) end)
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
      from x where n.ctid = x.place and n.issuer_id = p_issuer and n.card_id = x.card_id
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

create or replace function ledger_lapse_buckets(p_issuer text, p_until timestamptz, p_now timestamptz, p_most int, p_posting uuid)
returns bigint language plpgsql security definer set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_buckets uuid[]; v_cards uuid[]; v_orders uuid[]; v_open boolean[]; v_ends timestamptz[]; v_kinds text[];
  v_left bigint[]; v_currencies text[];
begin
  perform ledger_speaks_for(p_issuer);
  -- Of a closed card nothing is told any more; of one that is being closed nothing is touched.
  select array_agg(d.bucket_id), array_agg(d.card_id), array_agg(d.order_id), array_agg(d.open), array_agg(d.expires_at),
         array_agg(d.kind), array_agg(d.left_units), array_agg(d.currency)
    into v_buckets, v_cards, v_orders, v_open, v_ends, v_kinds, v_left, v_currencies
    from (select b.bucket_id, b.card_id, b.order_id, c.state = 'open' as open, b.expires_at, b.kind, b.left_units, c.currency
            from bucket b join card c on c.issuer_id = p_issuer and c.card_id = b.card_id
            join card_end n on n.issuer_id = p_issuer and n.card_id = b.card_id
           where b.issuer_id = p_issuer and b.lapsed_at is null and b.told = any ('{0,1,2,3}'::smallint[])
             and b.expires_at <= p_until and c.state in ('open', 'closed')
             -- One that ends with its card is told of together with it.
             and (n.lapsed_at is not null or c.state = 'closed' or c.expires_at > b.expires_at)
           limit p_most
             for no key update of n, c, b skip locked) d;
  if v_buckets is null then
    return 0;
  end if;
  update bucket b set lapsed_at = p_now, left_units = 0
    from unnest(v_buckets) as x (bucket_id) where b.issuer_id = p_issuer and b.bucket_id = x.bucket_id;
  insert into expiry_notice as e (issuer_id, card_id, ends_at, hours_before, subject, mail_rank, outcome, currency,
                             amount_minor, data_mb, voice_s, sms, told_at)
  select p_issuer, g.card_id, g.ends_at, 0, 'bucket', case when expiry_worth_telling(g.mb, g.s, g.sms) then 2 end,
         'lapsed', g.currency, 0, g.mb, g.s, g.sms, p_now
    from (select x.card_id, x.ends_at, x.currency,
                 coalesce(sum(x.units) filter (where x.kind = 'data'), 0)::bigint as mb,
                 coalesce(sum(x.units) filter (where x.kind = 'voice'), 0)::bigint as s,
                 coalesce(sum(x.units) filter (where x.kind = 'sms'), 0)::bigint as sms
            from unnest(v_cards, v_open, v_ends, v_kinds, v_left, v_currencies)
                   as x (card_id, open, ends_at, kind, units, currency)
           where x.open and x.units > 0 group by 1, 2, 3) g
  -- Another bucket of that moment ended in a call before.
  on conflict (issuer_id, card_id, ends_at, hours_before, subject)
    do update set data_mb = e.data_mb + excluded.data_mb, voice_s = e.voice_s + excluded.voice_s, sms = e.sms + excluded.sms;
  perform ledger_earn_over(p_issuer, p_now, array(
            select distinct x.order_id from unnest(v_orders) as x (order_id)
             where x.order_id is not null
               and not exists (select from bucket b where b.issuer_id = p_issuer and b.order_id = x.order_id
                                                      and b.lapsed_at is null)
               -- Days that it added to the card are not over yet.
               and exists (select from purchase_order o join catalogue_item i on i.issuer_id = p_issuer and i.item_id = o.item_id
                            where o.issuer_id = p_issuer and o.order_id = x.order_id
                              and coalesce((i.terms->>'more_days')::int, 0) = 0)), p_posting);
  return cardinality(v_buckets);
end $$;

create or replace function expiry_tell(
  p_issuer text, p_now timestamptz, p_most int, p_step smallint, p_hours int, p_above_hours int,
  out passed bigint, out told bigint
) language plpgsql set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  with due as materialized (
    select n.card_id, n.lapses_at, case when n.lapsed_at is null then 'card' else 'kept' end as subject, l.currency,
           l.balance, c.data_left_mb + b.mb as mb, c.voice_left_s + b.s as s, c.sms_left + b.sms as sms
      from card_end n
      join card c on c.issuer_id = p_issuer and c.card_id = n.card_id
      join ledger_account l on l.issuer_id = p_issuer and l.card_id = n.card_id
      cross join lateral (select coalesce(sum(left_units) filter (where kind = 'data'), 0)::bigint as mb,
                                 coalesce(sum(left_units) filter (where kind = 'voice'), 0)::bigint as s,
                                 coalesce(sum(left_units) filter (where kind = 'sms'), 0)::bigint as sms
                            from bucket x where x.issuer_id = p_issuer and x.card_id = c.card_id
                                            and x.lapsed_at is null and x.expires_at >= c.expires_at) b
     where n.issuer_id = p_issuer and n.lapses_at is not null
       and n.told = any (array(select generate_series(0, p_step - 1)::smallint))
       and n.lapses_at > p_now + make_interval(hours => p_above_hours)
       and n.lapses_at <= p_now + make_interval(hours => p_hours)
     limit p_most for no key update of n skip locked
  ), written as (
    insert into expiry_notice (issuer_id, card_id, ends_at, hours_before, subject, mail_rank, currency, amount_minor,
                               data_mb, voice_s, sms, told_at)
    select p_issuer, d.card_id, d.lapses_at, p_hours, d.subject, case p_hours when 2 then 0 else 1 end, d.currency,
           d.balance, d.mb, d.s, d.sms, p_now
      from due d
     where d.balance > 0 or (p_hours < 72 and d.subject = 'card' and expiry_worth_telling(d.mb, d.s, d.sms))
    on conflict (issuer_id, card_id, ends_at, hours_before, subject) do nothing
    returning 1
  ), marked as (
    update card_end n set told = p_step from due d where n.issuer_id = p_issuer and n.card_id = d.card_id returning 1
  )
  select (select count(*) from marked), (select count(*) from written) into passed, told;
end $$;

create or replace function expiry_tell_buckets(
  p_issuer text, p_now timestamptz, p_most int, p_step smallint, p_hours int, p_above_hours int,
  out passed bigint, out told bigint
) language plpgsql set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  with due as materialized (
    select b.bucket_id, b.card_id, b.expires_at, b.kind, b.left_units, c.currency
      from bucket b join card c on c.issuer_id = p_issuer and c.card_id = b.card_id
      join card_end n on n.issuer_id = p_issuer and n.card_id = b.card_id
     where b.issuer_id = p_issuer and b.lapsed_at is null and c.state = 'open' and n.lapsed_at is null
       and b.told = any (array(select generate_series(0, p_step - 1)::smallint))
       and b.expires_at > p_now + make_interval(hours => p_above_hours)
       and b.expires_at <= p_now + make_interval(hours => p_hours) and c.expires_at > b.expires_at
     limit p_most for no key update of b skip locked
  ), grouped as (
    select d.card_id, d.expires_at, d.currency, coalesce(sum(d.left_units) filter (where d.kind = 'data'), 0)::bigint as mb,
           coalesce(sum(d.left_units) filter (where d.kind = 'voice'), 0)::bigint as s,
           coalesce(sum(d.left_units) filter (where d.kind = 'sms'), 0)::bigint as sms
      from due d group by 1, 2, 3
  ), written as (
    insert into expiry_notice (issuer_id, card_id, ends_at, hours_before, subject, mail_rank, currency, amount_minor,
                               data_mb, voice_s, sms, told_at)
    select p_issuer, g.card_id, g.expires_at, p_hours, 'bucket', case p_hours when 2 then 0 else 1 end, g.currency, 0,
           g.mb, g.s, g.sms, p_now
      from grouped g where expiry_worth_telling(g.mb, g.s, g.sms)
    on conflict (issuer_id, card_id, ends_at, hours_before, subject) do nothing
    returning 1
  ), marked as (
    update bucket b set told = p_step from due d where b.issuer_id = p_issuer and b.bucket_id = d.bucket_id returning 1
  )
  select (select count(*) from marked), (select count(*) from written) into passed, told;
end $$;
