-- Every table is keyed by issuer first. Row security binds every query to one issuer: a transaction that has
-- not said which issuer it speaks for (set_config 'leb.issuer') sees no row and can write none.
set local lock_timeout = '5s';

create function leb_issuer() returns text language sql stable parallel safe
as $$ select current_setting('leb.issuer', true) $$;

create table issuer (
  issuer_id    text primary key check (issuer_id ~ '^[a-z][a-z0-9]{1,19}$'),
  name         jsonb not null,
  brand        jsonb not null,
  rules        jsonb not null,
  providers    jsonb not null,
  jurisdiction text not null,
  created_at   timestamptz not null
);

-- One person under one data key. To erase the person is to destroy wrapped_key and the index rows.
create table holder (
  issuer_id   text not null references issuer,
  holder_id   uuid not null,
  wrapped_key bytea,
  created_at  timestamptz not null,
  erased_at   timestamptz,
  primary key (issuer_id, holder_id),
  check ((wrapped_key is null) = (erased_at is not null))
);

create table vault_item (
  issuer_id text not null,
  item_id   uuid not null,
  holder_id uuid not null,
  kind      text not null,
  sealed    bytea not null,
  primary key (issuer_id, item_id),
  unique (issuer_id, holder_id, kind, item_id),
  foreign key (issuer_id, holder_id) references holder
);

-- Blind index: HMAC of the normalised e-mail or phone under the issuer's index key.
create table vault_index (
  issuer_id   text not null,
  kind        text not null,
  fingerprint bytea not null,
  holder_id   uuid not null,
  primary key (issuer_id, kind, fingerprint, holder_id),
  foreign key (issuer_id, holder_id) references holder
);
create index vault_index_holder on vault_index (issuer_id, holder_id);

-- The personal part of books that law keeps, under a key per issuer, jurisdiction and year that dies on its day.
create table retention_key (
  issuer_id     text not null references issuer,
  jurisdiction  text not null,
  year          int not null,
  wrapped_key   bytea,
  destroy_after date not null,
  destroyed_at  timestamptz,
  primary key (issuer_id, jurisdiction, year)
);
create table retention_item (
  issuer_id    text not null,
  item_id      uuid not null,
  jurisdiction text not null,
  year         int not null,
  holder_id    uuid not null,
  sealed       bytea not null,
  primary key (issuer_id, item_id),
  unique (issuer_id, holder_id, jurisdiction, year),
  foreign key (issuer_id, jurisdiction, year) references retention_key
);

create table account (
  issuer_id    text not null,
  account_id   uuid not null,
  account_ref  text not null,
  holder_id    uuid not null,
  jurisdiction text not null,
  locale       text not null check (locale in ('zh-CN', 'en')),
  state        text not null default 'open' check (state in ('open', 'closing', 'closed')),
  created_at   timestamptz not null,
  primary key (issuer_id, account_id),
  unique (issuer_id, account_ref),
  foreign key (issuer_id, holder_id) references holder
);
create index account_holder on account (issuer_id, holder_id);

create table card (
  issuer_id        text not null,
  card_id          uuid not null,
  account_id       uuid not null,
  iccid            text not null,
  plan             text not null,
  zone             text not null,
  sold_at          timestamptz not null,
  activated_at     timestamptz,
  expires_at       timestamptz not null,
  profile_state    text not null,
  line_state       text not null,
  data_left_mb     bigint not null check (data_left_mb >= 0),
  voice_left_s     bigint not null check (voice_left_s >= 0),
  sms_left         bigint not null check (sms_left >= 0),
  currency         text not null check (currency ~ '^[A-Z]{3}$'),
  paid_minor       bigint not null check (paid_minor >= 0),
  payment_provider text not null,
  payment_ref      text not null,
  invoice_no       text not null,
  source_digest    bytea,
  state            text not null default 'open' check (state in ('open', 'closing', 'frozen', 'closed')),
  closed_at        timestamptz,
  primary key (issuer_id, card_id),
  unique (issuer_id, iccid),
  foreign key (issuer_id, account_id) references account,
  check ((state = 'closed') = (closed_at is not null))
);
create index card_account on card (issuer_id, account_id);
