-- What was used: buckets bought beside the plan, one row for each record of use, and lines cut because nothing is left.
set local lock_timeout = '5s';

-- Who may report usage for an issuer: a machine of the operator's, never a person. Only a digest of the secret is
-- kept; the secret is 32 random bytes, so a plain SHA-256 gives nothing away.
create table usage_key (
  issuer_id   text not null references issuer,
  key_id      text not null check (key_id ~ '^[a-z0-9]{9}$'),
  name        text not null check (length(name) between 1 and 60),
  secret_hash bytea not null,
  created_at  timestamptz not null,
  revoked_at  timestamptz,
  primary key (issuer_id, key_id)
);

-- Data (MB), voice (s) or SMS bought as an add-on. The plan's own are on the card.
create table bucket (
  issuer_id     text not null references issuer,
  bucket_id     uuid not null,
  card_id       uuid not null,
  order_id      uuid,
  kind          text not null check (kind in ('data', 'voice', 'sms')),
  granted_units bigint not null check (granted_units > 0),
  left_units    bigint not null check (left_units between 0 and granted_units),
  expires_at    timestamptz not null,
  -- When what was left of it was let go; null while it lives.
  lapsed_at     timestamptz,
  primary key (issuer_id, bucket_id),
  foreign key (issuer_id, card_id) references card,
  foreign key (issuer_id, order_id) references purchase_order
);
create index bucket_live on bucket (issuer_id, card_id) where left_units > 0 and lapsed_at is null;
create index bucket_card on bucket (issuer_id, card_id);

-- The zone whose clock counts the card's days, where its first use here activated it; null where it came activated.
alter table card
  add column activated_zone text,
  -- Days bought on top of the plan's; activation counts them, whenever they were bought.
  add column more_days int not null default 0 check (more_days >= 0);

-- One record of use, as the network reported it and as it was rated. Written once, never changed. No foreign keys:
-- thousands come in a second, and the transaction has just read and locked the card.
create table usage_record (
  issuer_id     text not null,
  record_id     text not null check (length(record_id) between 1 and 64),
  content_hash  bytea not null,
  card_id       uuid not null,
  kind          text not null,
  -- Whole MB, seconds or messages: what was used; from buckets; paid from the balance; not covered by anything.
  quantity      bigint not null check (quantity > 0),
  bucket_units  bigint not null default 0,
  balance_units bigint not null default 0,
  unpaid_units  bigint not null default 0,
  zone          text not null,
  country       text,
  used_at       timestamptz not null,
  reported_at   timestamptz not null,
  outcome       text not null check (outcome in
    ('charged', 'from_bucket', 'partly', 'dry', 'out_of_zone', 'late', 'frozen', 'closed', 'expired')),
  -- Off the balance, with the tax in it; for late, frozen, closed and expired what late_usage bears.
  gross_minor   bigint not null default 0,
  tax_minor     bigint not null default 0,
  currency      text not null,
  primary key (issuer_id, record_id),
  check (bucket_units + balance_units + unpaid_units = quantity)
);
create index usage_record_card on usage_record (issuer_id, card_id, used_at);
create index usage_record_late on usage_record (issuer_id, reported_at)
  where outcome in ('late', 'frozen', 'closed', 'expired', 'out_of_zone');

-- What of a card's use went beyond its buckets so far: part units are rounded up, and tax is taken, over the sum.
create table usage_meter (
  issuer_id    text not null,
  card_id      uuid not null,
  voice_over_s bigint not null default 0 check (voice_over_s >= 0),
  gross_minor  bigint not null default 0 check (gross_minor >= 0),
  primary key (issuer_id, card_id)
);
-- What a plan that counts by day gave for each day of its zone.
create table usage_day (
  issuer_id text not null,
  card_id   uuid not null,
  day       date not null,
  data_mb   bigint not null check (data_mb >= 0),
  primary key (issuer_id, card_id, day)
);

-- A card that ran dry: its line is off (odd wishes) or on again (even ones). A worker carries wishes out one after
-- the other: asked is the last one that the network was asked for, told the last one that it has answered.
create table dry_cut (
  issuer_id  text not null references issuer,
  card_id    uuid not null,
  wish       int not null check (wish > 0),
  asked      int not null default 0 check (asked <= wish),
  told       int not null default 0 check (told <= asked),
  dried_at   timestamptz not null,
  -- Off only until then: a plan that counts by day has its next day.
  until      timestamptz,
  -- When the network said that the line was off, and on again.
  cut_at     timestamptz,
  back_at    timestamptz,
  next_at    timestamptz not null,
  failures   int not null default 0,
  -- The network said no to the wish asked for; a person has to look.
  refused    text,
  primary key (issuer_id, card_id),
  foreign key (issuer_id, card_id) references card
);
create index dry_cut_open on dry_cut (issuer_id, next_at) where told < wish and refused is null;
create index dry_cut_until on dry_cut (issuer_id, until) where until is not null;

-- The cards that a batch names, locked by their balances in the order of all gates (by account id), and read after
-- that in a statement of its own: what is read is what the transactions waited for have left. One call, because a
-- batch would wait for each of three; planned for large tables, because a plan made while they were small scans them.
create function usage_cards(p_issuer text, p_iccids text[], p_cards uuid[]) returns table (
  card_id uuid, iccid text, plan text, zone text, item_id uuid, sold_at timestamptz, activated_at timestamptz,
  activated_zone text, more_days int, expires_at timestamptz, lapsed_at timestamptz, data_left_mb bigint,
  voice_left_s bigint, sms_left bigint, state text, jurisdiction text, account_id uuid, currency text, free bigint,
  frozen_at timestamptz, closed_at timestamptz, voice_over_s bigint, gross_minor bigint, buckets json, days json
) language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_cards uuid[];
begin
  select array_agg(k.card_id) into v_cards from card k where k.issuer_id = p_issuer and k.iccid = any (p_iccids);
  v_cards := v_cards || p_cards;
  perform 1 from ledger_account a
   where a.issuer_id = p_issuer and a.card_id = any (v_cards) order by a.account_id for no key update;
  return query
    select k.card_id, k.iccid, k.plan, k.zone, k.item_id, k.sold_at, k.activated_at, k.activated_zone, k.more_days,
           k.expires_at, k.lapsed_at, k.data_left_mb, k.voice_left_s, k.sms_left, k.state, o.jurisdiction,
           a.account_id, a.currency, a.balance - a.held, a.frozen_at, a.closed_at, m.voice_over_s, m.gross_minor,
           (select json_agg(json_build_object('bucket_id', b.bucket_id, 'kind', b.kind, 'left_units', b.left_units,
                     'expires_ms', (extract(epoch from b.expires_at) * 1000)::bigint) order by b.expires_at, b.bucket_id)
              from bucket b where b.issuer_id = p_issuer and b.card_id = k.card_id
               and b.left_units > 0 and b.lapsed_at is null),
           (select json_agg(json_build_object('day', d.day, 'data_mb', d.data_mb))
              from usage_day d where d.issuer_id = p_issuer and d.card_id = k.card_id)
      from ledger_account a
      join card k on k.issuer_id = p_issuer and k.card_id = a.card_id
      join account o on o.issuer_id = p_issuer and o.account_id = k.account_id
      left join usage_meter m on m.issuer_id = p_issuer and m.card_id = a.card_id
     where a.issuer_id = p_issuer and a.card_id = any (v_cards);
end $$;

do $$
declare t text;
begin
  foreach t in array array['usage_key','bucket','usage_record','usage_meter','usage_day','dry_cut']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy one_issuer on %I using (issuer_id = leb_issuer()) with check (issuer_id = leb_issuer())', t);
  end loop;
end $$;
