-- What all of the money rests on: what is sold, by which order, which payments a card has, what goes back of each.
-- docs/adr/0011-how-money-flows.md has the accounts and the movements.
set local lock_timeout = '5s';

alter table ledger_account drop constraint ledger_account_kind_check;
alter table ledger_account add constraint ledger_account_kind_check check (kind in
  ('holder_balance', 'cash_at_provider', 'cash_at_bank', 'opening', 'orders_in_hand', 'deferred_revenue', 'revenue',
   'lapsed_balance', 'refunds_payable', 'vouchers', 'fees', 'provider_fees', 'tax_payable', 'late_usage',
   'unmatched_receipts', 'chargebacks'));

-- A plan or an add-on as it was offered; a change is a new version, a sale keeps the one it was made under.
create table catalogue_item (
  issuer_id    text not null references issuer,
  item_id      uuid not null,
  code         text not null check (code ~ '^[A-Z][A-Z0-9_]{1,19}$'),
  version      int not null check (version > 0),
  kind         text not null check (kind in ('plan', 'add_on')),
  -- src/plan/terms.ts reads it.
  terms        jsonb not null,
  published_at timestamptz not null,
  withdrawn_at timestamptz,
  primary key (issuer_id, item_id),
  unique (issuer_id, code, version)
);

create table purchase_order (
  issuer_id      text not null references issuer,
  order_id       uuid not null,
  number         text not null,
  kind           text not null check (kind in ('card', 'top_up', 'add_on')),
  item_id        uuid,
  zone           text,
  -- The person, in the vault, from the first moment; account and card are there from the start or come with delivery.
  holder_id      uuid not null,
  account_id     uuid,
  card_id        uuid,
  jurisdiction   text not null,
  locale         text not null check (locale in ('zh-CN', 'en')),
  currency       text not null check (currency ~ '^[A-Z]{3}$'),
  net_minor      bigint not null check (net_minor >= 0),
  tax_minor      bigint not null check (tax_minor >= 0),
  gross_minor    bigint not null check (gross_minor > 0),
  -- Rate in basis points, name and ground of the tax, as it was said to the buyer.
  tax            jsonb not null,
  -- Net that was earned by now, out of deferred_revenue.
  earned_minor   bigint not null default 0 check (earned_minor >= 0),
  pay_by         text not null check (pay_by in ('stripe', 'bank', 'voucher')),
  payment_ref    text,
  state          text not null check (state in
    ('awaiting_payment', 'paid', 'delivered', 'refunding', 'refunded', 'lapsed')),
  version        bigint not null default 0,
  terms_version  text not null,
  terms_sha256   text not null,
  accepted_at    timestamptz not null,
  created_at     timestamptz not null,
  pay_until      timestamptz not null,
  paid_at        timestamptz,
  delivered_at   timestamptz,
  refunded_at    timestamptz,
  primary key (issuer_id, order_id),
  unique (issuer_id, number),
  foreign key (issuer_id, item_id) references catalogue_item,
  foreign key (issuer_id, holder_id) references holder,
  foreign key (issuer_id, account_id) references account,
  foreign key (issuer_id, card_id) references card,
  check (net_minor + tax_minor = gross_minor),
  check (earned_minor <= net_minor)
);
create index purchase_order_open on purchase_order (issuer_id, created_at)
  where state in ('awaiting_payment', 'paid', 'refunding');
create index purchase_order_card on purchase_order (issuer_id, card_id) where card_id is not null;
create unique index purchase_order_payment on purchase_order (issuer_id, pay_by, payment_ref)
  where payment_ref is not null;

alter table card
  add column order_id uuid,
  add column item_id  uuid,
  -- When its balance and buckets lapsed (or were decided to be kept or given back); null while they live.
  add column lapsed_at timestamptz,
  add foreign key (issuer_id, order_id) references purchase_order,
  add foreign key (issuer_id, item_id) references catalogue_item;

-- Money received for a card: what may go back, and to whom first. An imported card brings the one it was sold with.
create table payment (
  issuer_id          text not null references issuer,
  payment_id         uuid not null,
  order_id           uuid,
  card_id            uuid,
  provider           text not null,
  provider_ref       text not null,
  currency           text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor       bigint not null check (amount_minor > 0),
  received_at        timestamptz not null,
  charged_back_minor bigint not null default 0 check (charged_back_minor between 0 and amount_minor),
  primary key (issuer_id, payment_id),
  foreign key (issuer_id, order_id) references purchase_order,
  foreign key (issuer_id, card_id) references card
);
create index payment_card on payment (issuer_id, card_id) where card_id is not null;
create unique index payment_ref on payment (issuer_id, provider, provider_ref) where order_id is not null;

-- One way that money goes back: a refund of one payment, a transfer, a voucher. Refused ones stay, as evidence.
create table payout_part (
  issuer_id    text not null references issuer,
  part_id      uuid not null,
  closure_id   uuid,
  order_id     uuid,
  card_id      uuid,
  ord          int not null,
  route        text not null check (route in ('original_payment', 'bank_transfer', 'voucher', 'nothing')),
  payment_id   uuid,
  currency     text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor >= 0),
  state        text not null default 'waiting' check (state in ('waiting', 'sent', 'paid', 'refused')),
  reference    text,
  paid_at      timestamptz,
  primary key (issuer_id, part_id),
  foreign key (issuer_id, closure_id) references closure,
  foreign key (issuer_id, order_id) references purchase_order,
  foreign key (issuer_id, card_id) references card,
  foreign key (issuer_id, payment_id) references payment,
  check (num_nonnulls(closure_id, order_id) = 1),
  check ((route = 'original_payment') = (payment_id is not null))
);
create index payout_part_payment on payout_part (issuer_id, payment_id) where payment_id is not null;
create index payout_part_closure on payout_part (issuer_id, closure_id) where closure_id is not null;

create function card_brings_its_payment() returns trigger language plpgsql as $$
begin
  insert into payment (issuer_id, payment_id, card_id, provider, provider_ref, currency, amount_minor, received_at)
  select issuer_id, gen_random_uuid(), card_id, payment_provider, payment_ref, currency, paid_minor, sold_at
    from made where order_id is null and paid_minor > 0;
  return null;
end $$;
create trigger card_brings_its_payment after insert on card
  referencing new table as made for each statement execute function card_brings_its_payment();
-- Row security may bind the role that migrates: cards are seen issuer by issuer only.
do $$
declare v_issuer text;
begin
  for v_issuer in select issuer_id from issuer loop
    perform set_config('leb.issuer', v_issuer, true);
    insert into payment (issuer_id, payment_id, card_id, provider, provider_ref, currency, amount_minor, received_at)
    select issuer_id, gen_random_uuid(), card_id, payment_provider, payment_ref, currency, paid_minor, sold_at
      from card where issuer_id = v_issuer and paid_minor > 0;
  end loop;
  perform set_config('leb.issuer', '', true);
end $$;

alter table notice
  add column card_id  uuid,
  add column order_id uuid;

do $$
declare t text;
begin
  foreach t in array array['catalogue_item','purchase_order','payment','payout_part']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy one_issuer on %I using (issuer_id = leb_issuer()) with check (issuer_id = leb_issuer())', t);
  end loop;
end $$;
