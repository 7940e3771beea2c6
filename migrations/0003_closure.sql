set local lock_timeout = '5s';

create table closure (
  issuer_id        text not null references issuer,
  closure_id       uuid not null,
  number           text not null,
  account_id       uuid not null,
  covers           text not null check (covers in ('card', 'account')),
  act              text not null check (act in ('terminate', 'withdraw', 'refund', 'erase')),
  state            text not null check (state in ('declared', 'identified', 'closing', 'closed', 'undone')),
  version          bigint not null default 0,
  worker           text,
  locale           text not null check (locale in ('zh-CN', 'en')),
  zone             text not null,
  received_by      text not null check (received_by in ('portal', 'api', 'cli', 'staff')),
  -- How it stood with identity when it was declared; the code comes after, except for the issuer's own decision.
  identity         text not null check (identity in ('signed_in', 'not_signed_in', 'issuer_decision')),
  start            text not null check (start in ('after_undo_window', 'at_once')),
  jurisdiction     text not null,
  policy_version   text not null,
  declaration      jsonb not null,
  declared_at      timestamptz not null,
  due_at           timestamptz not null,
  identified_at    timestamptz,
  undo_until       timestamptz,
  no_return_at     timestamptz,
  undone_at        timestamptz,
  closed_at        timestamptz,
  told_at          timestamptz,
  late_noticed_at  timestamptz,
  primary key (issuer_id, closure_id),
  unique (issuer_id, number),
  foreign key (issuer_id, account_id) references account,
  check ((state = 'closed') = (closed_at is not null)),
  check ((state = 'undone') = (undone_at is not null)),
  check (undone_at is null or no_return_at is null)
);
create index closure_account on closure (issuer_id, account_id);
create index closure_open on closure (issuer_id, due_at) where closed_at is null and undone_at is null;

create table closure_card (
  issuer_id       text not null,
  closure_id      uuid not null,
  card_id         uuid not null,
  live            boolean not null default true,
  settled_minor   bigint,
  payout_minor    bigint,
  currency        text not null,
  payout_route    text check (payout_route in ('original_payment', 'bank_transfer', 'nothing')),
  -- A transfer that staff made by hand: the bank's reference.
  bank_reference  text,
  primary key (issuer_id, closure_id, card_id),
  foreign key (issuer_id, closure_id) references closure,
  foreign key (issuer_id, card_id) references card
);
-- A card is closed once: a second live closure of the same card can't be written.
create unique index closure_card_once on closure_card (issuer_id, card_id) where live;

-- The evidence: a row a step and attempt. scope is the card, or the closure itself for steps told once.
create table closure_step (
  issuer_id      text not null,
  closure_id     uuid not null,
  step           text not null,
  scope_id       uuid not null,
  attempt        int not null,
  state          text not null check (state in ('intent', 'done', 'pending', 'refused', 'unknown')),
  key            text not null,
  request_digest bytea,
  answer         jsonb,
  worker         text not null,
  intended_at    timestamptz not null,
  answered_at    timestamptz,
  primary key (issuer_id, closure_id, step, scope_id, attempt),
  foreign key (issuer_id, closure_id) references closure
);

-- Why a closure does not go on, and whose turn it is.
create table closure_block (
  issuer_id  text not null,
  closure_id uuid not null,
  block_id   uuid not null,
  reason     text not null,
  owner      text not null check (owner in ('holder', 'staff', 'provider')),
  scope_id   uuid not null,
  opened_at  timestamptz not null,
  cleared_at timestamptz,
  primary key (issuer_id, closure_id, block_id),
  foreign key (issuer_id, closure_id) references closure
);
create unique index closure_block_once on closure_block (issuer_id, closure_id, reason, scope_id)
  where cleared_at is null;

create table document (
  issuer_id   text not null,
  document_id uuid not null,
  closure_id  uuid not null,
  kind        text not null check (kind in ('slip', 'certificate')),
  pdf         bytea not null,
  sha256      text not null,
  issued_at   timestamptz not null,
  primary key (issuer_id, document_id),
  unique (issuer_id, closure_id, kind),
  foreign key (issuer_id, closure_id) references closure
);

-- The only way from a QR code to its issuer, so it stands outside row security. The token itself is not stored.
create table document_token (
  token_hash  bytea primary key,
  issuer_id   text not null,
  document_id uuid not null
);

-- Whom to tell when the person is already erased: sealed under a key of its own that dies when the mail is taken.
create table parting_envelope (
  issuer_id   text not null,
  closure_id  uuid not null,
  wrapped_key bytea not null,
  sealed      bytea not null,
  primary key (issuer_id, closure_id),
  foreign key (issuer_id, closure_id) references closure
);
