-- Cards and kept balances lapse on time, and never in silence (docs/operate/expiry.md).
set local lock_timeout = '5s';

alter table card
  -- Until when the money stays the holder's after the card's own end; null while it lives and once that is over.
  add column kept_until     timestamptz,
  -- What became of the money when it ended last.
  add column expiry_outcome text check (expiry_outcome in ('lapsed', 'kept', 'refund_due', 'refunded', 'nothing')),
  -- Which of the three warnings its holder has had for the end that comes: 0 none, 1 72 h, 2 24 h, 3 2 h.
  add column told           smallint not null default 0 check (told between 0 and 3),
  -- It ended once and lives again because days were added.
  add column ended_before   boolean  not null default false;
-- When something of it lapses next. One column, so that one index finds what is due and what is to be told.
alter table card add column lapses_at timestamptz
  generated always as (case when lapsed_at is null then expires_at else kept_until end) stored;
create index card_lapse on card (issuer_id, told, lapses_at) where state = 'open' and lapses_at is not null;
create index card_refund_due on card (issuer_id, card_id) where expiry_outcome = 'refund_due';

-- Days were added or taken: what was told holds no more, and a card that had ended lives again.
create function card_end_moved() returns trigger language plpgsql as $$
begin
  new.told := 0;
  if new.expires_at > old.expires_at and old.lapsed_at is not null
     and old.expiry_outcome is distinct from 'refunded' then
    new.ended_before := true;
    new.lapsed_at := null;
    new.kept_until := null;
    new.expiry_outcome := null;
  end if;
  return new;
end $$;
create trigger card_end_moved before update of expires_at on card
  for each row when (old.expires_at is distinct from new.expires_at) execute function card_end_moved();

-- Money that came after the last warning deserves a warning of its own.
create function top_up_wants_warning() returns trigger language plpgsql as $$
begin
  update card set told = 0 where issuer_id = new.issuer_id and card_id = new.card_id and told > 0;
  return null;
end $$;
create trigger top_up_wants_warning after update of state on purchase_order
  for each row when (new.state = 'delivered' and old.state <> 'delivered' and new.kind = 'top_up'
                     and new.card_id is not null)
  execute function top_up_wants_warning();

-- What was told of which end, and what came of it (hours_before 0). Both the guard against telling twice and the
-- record that pages and statements read.
create table expiry_notice (
  issuer_id    text not null references issuer,
  card_id      uuid not null,
  -- The moment this is about: the card's end, the end of keeping, or an add-on's.
  ends_at      timestamptz not null,
  hours_before smallint not null check (hours_before in (0, 2, 24, 72)),
  subject      text not null check (subject in ('card', 'kept', 'bucket')),
  -- A mail that is still to be made, lowest first: made by the hundred thousand, they must not stand in the queue
  -- before a code that somebody waits for. Null once notice_id says which it is, or where nothing is worth a mail.
  mail_rank    smallint,
  notice_id    uuid,
  outcome      text check (outcome in ('lapsed', 'kept', 'refund', 'nothing')),
  -- What is left then, or was when it lapsed: minor units, MB, seconds, pieces.
  currency     text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor >= 0),
  data_mb      bigint not null,
  voice_s      bigint not null,
  sms          bigint not null,
  kept_until   timestamptz,
  told_at      timestamptz not null,
  primary key (issuer_id, card_id, ends_at, hours_before, subject),
  check ((hours_before = 0) = (outcome is not null))
);
create index expiry_notice_mail on expiry_notice (issuer_id, mail_rank, told_at) where mail_rank is not null;
-- As card.told, for what was bought beside the plan.
alter table bucket add column told smallint not null default 0 check (told between 0 and 3);
create index bucket_lapse on bucket (issuer_id, told, expires_at) where lapsed_at is null;
alter table expiry_notice enable row level security;
alter table expiry_notice force row level security;
create policy one_issuer on expiry_notice using (issuer_id = leb_issuer()) with check (issuer_id = leb_issuer());

-- How many cards ended how, kept as they do: nobody counts a million cards for a gauge.
create table expiry_tally (
  issuer_id text not null references issuer,
  outcome   text not null,
  currency  text not null,
  cards     bigint not null,
  minor     numeric not null,
  primary key (issuer_id, outcome, currency)
);
alter table expiry_tally enable row level security;
alter table expiry_tally force row level security;
create policy one_issuer on expiry_tally using (issuer_id = leb_issuer()) with check (issuer_id = leb_issuer());

-- Ids in order of time (UUID v7) out of one that the caller drew: rows written together lie together.
create function leb_next_id(p_first uuid, p_n bigint) returns uuid language sql immutable strict parallel safe
as $$ select (left(p_first::text, 24)
  || lpad(to_hex((('x' || right(p_first::text, 12))::bit(48)::bigint + p_n) & 281474976710655), 12, '0'))::uuid $$;

-- What is worth a mail when no money is left: a tenth of a small plan, five minutes, five messages.
create function expiry_worth_telling(p_mb bigint, p_s bigint, p_sms bigint) returns boolean
language sql immutable parallel safe as $$ select p_mb >= 100 or p_s >= 300 or p_sms >= 5 $$;

-- What of an order's net price is still deferred: the balance that came with a plan never was (docs/adr/0011).
create function expiry_unearned(o purchase_order) returns bigint language sql stable as $$
  select o.net_minor - o.earned_minor - coalesce((select (i.terms->'balance'->>o.currency)::bigint from catalogue_item i
    where i.issuer_id = o.issuer_id and i.item_id = o.item_id and o.kind = 'card'), 0)
$$;

-- What of these orders is still deferred is earned: their plan or add-on is over. Called by the gates below only.
create function ledger_earn_over(p_issuer text, p_now timestamptz, p_orders uuid[], p_posting uuid)
returns bigint language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
  r record;
  v_orders uuid[]; v_currencies text[]; v_nets bigint[];
  v_money text[]; v_deferred uuid[]; v_revenue uuid[];
begin
  if cardinality(p_orders) = 0 then
    return 0;
  end if;
  select array_agg(o.order_id), array_agg(o.currency), array_agg(o.net)
    into v_orders, v_currencies, v_nets
    from (select o.order_id, o.currency, expiry_unearned(o) as net from purchase_order o
           where o.issuer_id = p_issuer and o.order_id = any (p_orders) and o.state = 'delivered'
           order by o.order_id for no key update) o
   where o.net > 0;
  if v_orders is null then
    return 0;
  end if;
  update purchase_order o set earned_minor = earned_minor + x.net
    from unnest(v_orders, v_nets) as x (order_id, net) where o.issuer_id = p_issuer and o.order_id = x.order_id;
  select array_agg(m.currency), array_agg(ledger_house_account(p_issuer, 'deferred_revenue', m.currency)),
         array_agg(ledger_house_account(p_issuer, 'revenue', m.currency))
    into v_money, v_deferred, v_revenue
    from (select distinct currency from unnest(v_currencies) as x (currency)) m;
  insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
  select p_issuer, leb_next_id(p_posting, x.n), 'earn:' || x.order_id || ':over',
         sha256(convert_to('earn/' || x.order_id || '/' || x.net || '/' || x.currency, 'UTF8')), 'plan_over', p_now
    from unnest(v_orders, v_nets, v_currencies) with ordinality as x (order_id, net, currency, n);
  insert into ledger_entry (issuer_id, posting_id, line, account_id, amount)
  select p_issuer, leb_next_id(p_posting, x.n), e.line, e.account_id, e.amount
    from unnest(v_nets, v_currencies) with ordinality as x (net, currency, n)
    cross join lateral (values (1, v_deferred[array_position(v_money, x.currency)], -x.net),
                               (2, v_revenue[array_position(v_money, x.currency)], x.net)) as e (line, account_id, amount);
  for r in
    select h.account_id, sum(h.amount) as amount
      from unnest(v_nets, v_currencies) as x (net, currency)
      cross join lateral (values (v_deferred[array_position(v_money, x.currency)], -x.net),
                                 (v_revenue[array_position(v_money, x.currency)], x.net)) as h (account_id, amount)
     group by h.account_id order by h.account_id
  loop
    update ledger_account set balance = balance + r.amount where issuer_id = p_issuer and account_id = r.account_id;
  end loop;
  return cardinality(v_orders);
end $$;

-- The gate for what lapses: up to p_most cards of one issuer whose time has come, in one call. For each, by the rule
-- of its holder's jurisdiction (p_rules beside p_jurisdictions, '*' for all others): lapse posts
-- holder_balance -> lapsed_balance; keep leaves the balance and sets when it lapses for good; refund marks the card
-- to be closed by itself. A balance nobody was warned of never lapses at once: it is kept three days more.
-- All end what was left of the plan, earn what is still deferred of the card's orders, and write record and mail.
-- Cards that are being closed, whose balance is frozen or in part on hold, or that somebody works on at this moment
-- are left alone; so any number of callers share one backlog. With p_from_page and p_to_page only cards on these pages
-- of the table are looked at. Answers what was done by outcome and currency.
-- Raises LB018 for another issuer than the transaction's, LB019 where no rule fits.
create function ledger_lapse(
  p_issuer text, p_until timestamptz, p_now timestamptz, p_most int, p_jurisdictions text[], p_rules text[],
  p_keep_days int[], p_posting uuid, p_from_page bigint default null, p_to_page bigint default null
) returns table (outcome text, currency text, cards bigint, minor numeric)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
-- Every look-up here is of one row by its place or key. Plans made while the tables were small must not scan them
-- when they are not.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off
as $gate$
#variable_conflict use_column
declare
  r record;
  v_places tid[]; v_cards uuid[]; v_ends timestamptz[]; v_stages text[]; v_balances tid[]; v_accounts uuid[];
  v_currencies text[]; v_amounts bigint[]; v_rules text[]; v_days int[]; v_told smallint[]; v_mb bigint[];
  v_s bigint[]; v_sms bigint[]; v_again boolean; v_unproved boolean;
  v_outcomes text[]; v_kept timestamptz[]; v_postings uuid[]; v_money text[]; v_house uuid[];
  v_orders uuid[]; v_lapsed bigint; v_taken bigint;
begin
  perform ledger_speaks_for(p_issuer);
  -- Cards of a declared closing are not open, but for those whose declarer has proved nothing yet.
  v_unproved := exists (select from closure where issuer_id = p_issuer and state = 'declared' and identity = 'not_signed_in');

  -- By the index, the few that are due; or, when a good part of all cards is, those of some pages of the table: read
  -- in the order they lie, a million needs each page once instead of ten times. Planned anew for what it is given.
  execute format($found$
    select array_agg(d.place), array_agg(d.card_id), array_agg(d.lapses_at), array_agg(d.stage),
           array_agg(d.balance_place), array_agg(d.account_id), array_agg(d.currency), array_agg(d.balance),
           array_agg(d.told), array_agg(d.data_left_mb), array_agg(d.voice_left_s), array_agg(d.sms_left),
           array_agg(case when d.stage = 'kept' then 'lapse' else $4[d.rule] end), array_agg($5[d.rule]),
           bool_or(d.ended_before)
      from (select * from (
        select c.ctid as place, c.card_id, c.lapses_at, c.told, c.data_left_mb, c.voice_left_s, c.sms_left,
               c.ended_before, case when c.lapsed_at is null then 'card' else 'kept' end as stage,
               l.ctid as balance_place, l.account_id, l.currency, l.balance,
               coalesce(array_position($3, a.jurisdiction), array_position($3, '*')) as rule
          from card c
          join ledger_account l on l.issuer_id = $1 and l.card_id = c.card_id
          join account a on a.issuer_id = $1 and a.account_id = c.account_id
         where c.issuer_id = $1 and c.state = 'open' and c.lapses_at <= $2 and %s
           and l.frozen_at is null and l.closed_at is null and l.held = 0
           and (not $6 or not exists (select from closure_card k
                            where k.issuer_id = $1 and k.card_id = c.card_id and k.live))
         limit $7 for no key update of c, l skip locked) f order by f.place) d
  $found$, case when p_from_page is null
    then $$c.lapses_at is not null and c.told = any ('{0,1,2,3}'::smallint[])$$
    else format('c.ctid >= %L::tid and c.ctid < %L::tid', format('(%s,0)', p_from_page), format('(%s,0)', p_to_page)) end)
    into v_places, v_cards, v_ends, v_stages, v_balances, v_accounts, v_currencies, v_amounts, v_told, v_mb, v_s, v_sms,
         v_rules, v_days, v_again
    using p_issuer, p_until, p_jurisdictions, p_rules, p_keep_days, v_unproved, p_most;
  if v_cards is null then
    return;
  end if;

  -- By jurisdiction; a balance nobody was warned of is kept, and so is one whose time of keeping would be over as it
  -- begins. A card that ends for the second time at one moment (days added and taken back) ends now.
  select array_agg(case when x.amount = 0 then 'nothing'
                        when x.rule = 'refund' then 'refund'
                        when x.rule = 'lapse' and (x.told > 0 or x.stage = 'kept') then 'lapsed'
                        when x.rule in ('lapse', 'keep') then 'kept' end order by x.n),
         array_agg(case when x.amount > 0 and (x.rule = 'keep' or (x.rule = 'lapse' and x.told = 0 and x.stage = 'card'))
                        then greatest(case when x.rule = 'keep' then x.ends_at + make_interval(days => x.days) end,
                                      p_now + interval '72 hours') end order by x.n),
         array_agg(leb_next_id(p_posting, x.n) order by x.n)
    into v_outcomes, v_kept, v_postings
    from unnest(v_ends, v_stages, v_amounts, v_rules, v_days, v_told) with ordinality
           as x (ends_at, stage, amount, rule, days, told, n);
  if array_position(v_outcomes, null) is not null then
    raise exception 'no rule says what becomes of a balance here' using errcode = 'LB019';
  end if;
  if v_again then
    select array_agg(case when exists (select from expiry_notice e where e.issuer_id = p_issuer
                                          and e.card_id = x.card_id and e.ends_at = x.ends_at and e.hours_before = 0
                                          and e.subject = x.stage) then p_now else x.ends_at end order by x.n)
      into v_ends from unnest(v_cards, v_ends, v_stages) with ordinality as x (card_id, ends_at, stage, n);
  end if;

  select array_agg(m.currency), array_agg(ledger_house_account(p_issuer, 'lapsed_balance', m.currency))
    into v_money, v_house
    from (select distinct x.currency from unnest(v_currencies, v_outcomes) as x (currency, outcome)
           where x.outcome = 'lapsed') m;
  if v_money is not null then
    insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
    select p_issuer, x.posting_id,
           'lapse:' || x.card_id || ':' || to_char(x.ends_at at time zone 'UTC', 'YYYYMMDD"T"HH24MISS.MS"Z"'),
           sha256(convert_to('lapse/' || x.card_id || '/' || x.amount || '/' || x.currency, 'UTF8')), 'lapse', p_now
      from unnest(v_cards, v_ends, v_amounts, v_currencies, v_outcomes, v_postings)
             as x (card_id, ends_at, amount, currency, outcome, posting_id)
     where x.outcome = 'lapsed';
    get diagnostics v_lapsed = row_count;
    insert into ledger_entry (issuer_id, posting_id, line, account_id, amount)
    select p_issuer, x.posting_id, e.line, e.account_id, e.amount
      from unnest(v_accounts, v_amounts, v_currencies, v_outcomes, v_postings)
             as x (account_id, amount, currency, outcome, posting_id)
      cross join lateral (values (1, x.account_id, -x.amount),
                                 (2, v_house[array_position(v_money, x.currency)], x.amount)) as e (line, account_id, amount)
     where x.outcome = 'lapsed';
    update ledger_account l set balance = l.balance - x.amount
      from unnest(v_balances, v_accounts, v_amounts, v_outcomes) as x (place, account_id, amount, outcome)
     where x.outcome = 'lapsed' and l.ctid = x.place and l.issuer_id = p_issuer and l.account_id = x.account_id;
    get diagnostics v_taken = row_count;
    if v_taken <> v_lapsed then
      raise exception 'a balance was not where it had been locked' using errcode = '40001';
    end if;
  end if;

  update card c
     set lapsed_at = coalesce(c.lapsed_at, p_now), data_left_mb = 0, voice_left_s = 0, sms_left = 0, told = 0,
         kept_until = x.kept_until, expiry_outcome = case x.outcome when 'refund' then 'refund_due' else x.outcome end
    from unnest(v_places, v_cards, v_kept, v_outcomes) as x (place, card_id, kept_until, outcome)
   where c.ctid = x.place and c.issuer_id = p_issuer and c.card_id = x.card_id;
  get diagnostics v_taken = row_count;
  if v_taken <> cardinality(v_cards) then
    raise exception 'a card was not where it had been locked' using errcode = '40001';
  end if;

  if exists (select from bucket where issuer_id = p_issuer and lapsed_at is null) then
    select array_agg(x.mb + g.mb order by x.n), array_agg(x.s + g.s order by x.n), array_agg(x.sms + g.sms order by x.n)
      into v_mb, v_s, v_sms
      from unnest(v_cards, v_mb, v_s, v_sms) with ordinality as x (card_id, mb, s, sms, n)
      cross join lateral (select coalesce(sum(left_units) filter (where kind = 'data'), 0)::bigint as mb,
                                 coalesce(sum(left_units) filter (where kind = 'voice'), 0)::bigint as s,
                                 coalesce(sum(left_units) filter (where kind = 'sms'), 0)::bigint as sms
                            from bucket b
                           where b.issuer_id = p_issuer and b.card_id = x.card_id and b.lapsed_at is null) g;
    update bucket b set lapsed_at = p_now, left_units = 0
      from unnest(v_cards) as x (card_id)
     where b.issuer_id = p_issuer and b.card_id = x.card_id and b.lapsed_at is null;
  end if;
  insert into expiry_notice (issuer_id, card_id, ends_at, hours_before, subject, mail_rank, outcome, currency,
                             amount_minor, data_mb, voice_s, sms, kept_until, told_at)
  select p_issuer, x.card_id, x.ends_at, 0, x.stage,
         case when x.amount > 0 or expiry_worth_telling(x.mb, x.s, x.sms) then 2 end,
         x.outcome, x.currency, x.amount, x.mb, x.s, x.sms, x.kept_until, p_now
    from unnest(v_cards, v_ends, v_stages, v_amounts, v_mb, v_s, v_sms, v_outcomes, v_currencies, v_kept)
           as x (card_id, ends_at, stage, amount, mb, s, sms, outcome, currency, kept_until);

  v_orders := array(
    select o.order_id from unnest(v_cards, v_stages) as x (card_id, stage)
     cross join lateral (select order_id from purchase_order
                          where issuer_id = p_issuer and card_id = x.card_id and state = 'delivered'
                            and kind in ('card', 'add_on') and earned_minor < net_minor offset 0) o
     where x.stage = 'card');

  -- The rows that all callers share, as late as can be: first those of this gate alone, then those of every gate.
  for r in
    select h.account_id, sum(x.amount) as amount
      from unnest(v_currencies, v_amounts, v_outcomes) as x (currency, amount, outcome)
      cross join lateral (select v_house[array_position(v_money, x.currency)] as account_id) h
     where x.outcome = 'lapsed' group by h.account_id order by h.account_id
  loop
    update ledger_account set balance = balance + r.amount where issuer_id = p_issuer and account_id = r.account_id;
  end loop;
  perform ledger_earn_over(p_issuer, p_now, v_orders, leb_next_id(p_posting, cardinality(v_cards) + 1));
  return query
    with ended as (
      select x.outcome, x.currency, count(*) as cards, sum(x.amount) as minor
        from unnest(v_outcomes, v_currencies, v_amounts) as x (outcome, currency, amount)
       group by x.outcome, x.currency
    ), counted as (
      insert into expiry_tally as t (issuer_id, outcome, currency, cards, minor)
      select p_issuer, e.outcome, e.currency, e.cards, e.minor from ended e order by e.outcome, e.currency
      on conflict (issuer_id, outcome, currency)
        do update set cards = t.cards + excluded.cards, minor = t.minor + excluded.minor
    )
    select e.outcome, e.currency, e.cards, e.minor from ended e;
end $gate$;

-- The same for add-ons that end before their card: what is left of them is let go, and their order is earned when
-- nothing else of it lives. Answers how many buckets ended.
create function ledger_lapse_buckets(p_issuer text, p_until timestamptz, p_now timestamptz, p_most int, p_posting uuid)
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
           where b.issuer_id = p_issuer and b.lapsed_at is null and b.told = any ('{0,1,2,3}'::smallint[])
             and b.expires_at <= p_until and c.state in ('open', 'closed')
             -- One that ends with its card is told of together with it.
             and (c.lapsed_at is not null or c.state = 'closed' or c.expires_at > b.expires_at)
           limit p_most
             for no key update of c, b skip locked) d;
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

-- Records the warnings that are due: cards (or kept balances) that end within p_hours but not within p_above_hours and
-- have not passed this step yet. Money is told of at each step; what is left of a plan, where worth a mail, from 24 h
-- on. Every card found has passed the step, told of or not. Answers how many passed and how many will get a mail.
create function expiry_tell(
  p_issuer text, p_now timestamptz, p_most int, p_step smallint, p_hours int, p_above_hours int,
  out passed bigint, out told bigint
) language plpgsql set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  with due as materialized (
    select c.card_id, c.lapses_at, case when c.lapsed_at is null then 'card' else 'kept' end as subject, l.currency,
           l.balance, c.data_left_mb + b.mb as mb, c.voice_left_s + b.s as s, c.sms_left + b.sms as sms
      from card c
      join ledger_account l on l.issuer_id = p_issuer and l.card_id = c.card_id
      cross join lateral (select coalesce(sum(left_units) filter (where kind = 'data'), 0)::bigint as mb,
                                 coalesce(sum(left_units) filter (where kind = 'voice'), 0)::bigint as s,
                                 coalesce(sum(left_units) filter (where kind = 'sms'), 0)::bigint as sms
                            from bucket x where x.issuer_id = p_issuer and x.card_id = c.card_id
                                            and x.lapsed_at is null and x.expires_at >= c.expires_at) b
     where c.issuer_id = p_issuer and c.state = 'open' and c.lapses_at is not null
       and c.told = any (array(select generate_series(0, p_step - 1)::smallint))
       and c.lapses_at > p_now + make_interval(hours => p_above_hours)
       and c.lapses_at <= p_now + make_interval(hours => p_hours)
     limit p_most for no key update of c skip locked
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
    update card c set told = p_step from due d where c.issuer_id = p_issuer and c.card_id = d.card_id returning 1
  )
  select (select count(*) from marked), (select count(*) from written) into passed, told;
end $$;

-- The same for add-ons that end before their card, 24 h and 2 h before and only where worth a mail.
create function expiry_tell_buckets(
  p_issuer text, p_now timestamptz, p_most int, p_step smallint, p_hours int, p_above_hours int,
  out passed bigint, out told bigint
) language plpgsql set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  with due as materialized (
    select b.bucket_id, b.card_id, b.expires_at, b.kind, b.left_units, c.currency
      from bucket b join card c on c.issuer_id = p_issuer and c.card_id = b.card_id
     where b.issuer_id = p_issuer and b.lapsed_at is null and c.state = 'open' and c.lapsed_at is null
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
