set local lock_timeout = '5s';

-- A code is derived from code_id under the issuer's code key, so that neither code nor digest is stored.
create table access_code (
  issuer_id  text not null references issuer,
  code_id    uuid not null,
  purpose    text not null check (purpose in ('sign_in', 'identify')),
  -- Sign-in: the blind index of the address typed in, known or not, so that both look alike.
  fingerprint bytea,
  closure_id uuid,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  attempts   int not null default 0,
  used_at    timestamptz,
  primary key (issuer_id, code_id),
  check ((purpose = 'identify') = (closure_id is not null)),
  check ((purpose = 'sign_in') = (fingerprint is not null))
);
create index access_code_closure on access_code (issuer_id, closure_id) where closure_id is not null;
create index access_code_expiry on access_code (expires_at);

-- A session belongs to an address (by its blind index), so to every account that has it; an erased person's
-- index rows are gone, and with them what the session could see.
create table session (
  issuer_id   text not null references issuer,
  token_hash  bytea not null,
  fingerprint bytea not null,
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  primary key (issuer_id, token_hash)
);
create index session_fingerprint on session (issuer_id, fingerprint);

-- Mail to be sent. What it says is written when it is sent; nothing personal waits here.
create table notice (
  issuer_id  text not null references issuer,
  notice_id  uuid not null,
  kind       text not null,
  holder_id  uuid,
  closure_id uuid,
  code_id    uuid,
  locale     text not null,
  state      text not null default 'waiting' check (state in ('waiting', 'sent', 'refused', 'dropped')),
  attempts   int not null default 0,
  reference  text,
  last_reason text,
  created_at timestamptz not null,
  sent_at    timestamptz,
  primary key (issuer_id, notice_id)
);
create index notice_waiting on notice (issuer_id, created_at) where state = 'waiting';
create index notice_closure on notice (issuer_id, closure_id) where closure_id is not null;

-- Idempotency-Key of the public API: what was asked (digest) and what was answered.
create table api_request (
  issuer_id    text not null references issuer,
  caller       text not null,
  key          text not null,
  request_hash bytea not null,
  status       int,
  body         jsonb,
  headers      jsonb,
  created_at   timestamptz not null,
  primary key (issuer_id, caller, key)
);
create index api_request_created on api_request (created_at);

create table rate_limit (
  key    varchar(255) primary key,
  points int not null default 0,
  expire bigint
);

do $$
declare t text;
begin
  foreach t in array array['holder','vault_item','vault_index','retention_key','retention_item','account','card',
    'ledger_account','ledger_posting','ledger_entry','closure','closure_card','closure_step','closure_block',
    'document','parting_envelope','access_code','session','notice','api_request']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy one_issuer on %I using (issuer_id = leb_issuer()) with check (issuer_id = leb_issuer())', t);
  end loop;
end $$;
