-- The books. Written by ledger_post only (src/ledger/post.ts is its one caller).
set local lock_timeout = '5s';

create table ledger_account (
  issuer_id  text not null references issuer,
  account_id uuid not null,
  kind       text not null check (kind in
    ('holder_balance', 'cash_at_provider', 'opening', 'refunds_payable', 'lapsed_balance', 'late_usage')),
  currency   text not null check (currency ~ '^[A-Z]{3}$'),
  card_id    uuid,
  balance    bigint not null default 0,
  frozen_at  timestamptz,
  closed_at  timestamptz,
  primary key (issuer_id, account_id),
  foreign key (issuer_id, card_id) references card,
  check ((kind = 'holder_balance') = (card_id is not null)),
  constraint holder_balance_not_negative check (kind <> 'holder_balance' or balance >= 0),
  constraint closed_means_zero check (closed_at is null or balance = 0)
);
create unique index ledger_account_card on ledger_account (issuer_id, card_id) where card_id is not null;
create unique index ledger_account_house on ledger_account (issuer_id, kind, currency) where card_id is null;

create table ledger_posting (
  issuer_id  text not null references issuer,
  posting_id uuid not null,
  key        text not null,
  input_hash bytea not null,
  reason     text not null,
  posted_at  timestamptz not null,
  primary key (issuer_id, posting_id),
  unique (issuer_id, key)
);

create table ledger_entry (
  issuer_id  text not null,
  posting_id uuid not null,
  line       int not null,
  account_id uuid not null,
  amount     bigint not null check (amount <> 0),
  primary key (issuer_id, posting_id, line),
  foreign key (issuer_id, posting_id) references ledger_posting,
  foreign key (issuer_id, account_id) references ledger_account
);
create index ledger_entry_account on ledger_entry (issuer_id, account_id);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the journal is append-only: % on % refused', tg_op, tg_table_name using errcode = 'LB001';
end $$;
create trigger ledger_posting_append_only before update or delete or truncate on ledger_posting
  for each statement execute function refuse_change();
create trigger ledger_entry_append_only before update or delete or truncate on ledger_entry
  for each statement execute function refuse_change();

-- A closed card has a closed ledger account, and closed_means_zero makes that account's balance 0.
create function card_closed_means_account_closed() returns trigger language plpgsql as $$
begin
  if exists (select 1 from ledger_account a
             where a.issuer_id = new.issuer_id and a.card_id = new.card_id and a.closed_at is null) then
    raise exception 'card % is closed but its balance account is open', new.card_id using errcode = 'LB002';
  end if;
  return null;
end $$;
create constraint trigger card_closed after insert or update of state on card
  deferrable initially deferred for each row when (new.state = 'closed')
  execute function card_closed_means_account_closed();

-- One posting. p_entries: [{"account": uuid, "amount": text}] in minor units, one currency per account.
-- Answers 'posted' or 'replayed'; raises LB010 key_reused, LB011 unknown_account, LB012 unbalanced,
-- LB013 account_closed, LB014 account_frozen. A balance below zero is refused by the table itself
-- (holder_balance_not_negative): a handler here would cost a subtransaction for every posting.
create function ledger_post(
  p_issuer text, p_posting uuid, p_key text, p_hash bytea, p_reason text, p_at timestamptz, p_entries jsonb,
  p_close uuid[] default '{}'
) returns text language plpgsql as $$
declare
  v_hash bytea;
  v_missing int;
  v_bad text;
begin
  insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
  values (p_issuer, p_posting, p_key, p_hash, p_reason, p_at)
  on conflict (issuer_id, key) do nothing;
  if not found then
    select input_hash into v_hash from ledger_posting where issuer_id = p_issuer and key = p_key;
    if v_hash is distinct from p_hash then
      raise exception 'posting key used before with other content' using errcode = 'LB010';
    end if;
    return 'replayed';
  end if;

  -- Sorted order: two postings over the same accounts can't deadlock.
  perform 1 from ledger_account
   where issuer_id = p_issuer
     and account_id in (select (e->>'account')::uuid from jsonb_array_elements(p_entries) e)
   order by account_id for no key update;

  select count(*) into v_missing from jsonb_array_elements(p_entries) e
   where not exists (select 1 from ledger_account a
                      where a.issuer_id = p_issuer and a.account_id = (e->>'account')::uuid);
  if v_missing > 0 then
    raise exception 'an entry names no account of this issuer' using errcode = 'LB011';
  end if;

  select a.currency into v_bad from jsonb_array_elements(p_entries) e
    join ledger_account a on a.issuer_id = p_issuer and a.account_id = (e->>'account')::uuid
   group by a.currency having sum((e->>'amount')::numeric) <> 0 limit 1;
  if v_bad is not null then
    raise exception 'entries do not sum to zero in %', v_bad using errcode = 'LB012';
  end if;

  if exists (select 1 from jsonb_array_elements(p_entries) e
               join ledger_account a on a.issuer_id = p_issuer and a.account_id = (e->>'account')::uuid
              where a.closed_at is not null) then
    raise exception 'the account is closed' using errcode = 'LB013';
  end if;

  -- A frozen balance takes no debit but the closure's own, which closes the account in the same posting.
  if exists (select 1 from jsonb_array_elements(p_entries) e
               join ledger_account a on a.issuer_id = p_issuer and a.account_id = (e->>'account')::uuid
              where a.frozen_at is not null and (e->>'amount')::bigint < 0 and not a.account_id = any (p_close)) then
    raise exception 'the balance is frozen for closing' using errcode = 'LB014';
  end if;

  insert into ledger_entry (issuer_id, posting_id, line, account_id, amount)
  select p_issuer, p_posting, ord, (e->>'account')::uuid, (e->>'amount')::bigint
    from jsonb_array_elements(p_entries) with ordinality as t(e, ord);

  update ledger_account a
     set balance = a.balance + s.amount,
         closed_at = case when a.account_id = any (p_close) then p_at else a.closed_at end
    from (select (e->>'account')::uuid as account_id, sum((e->>'amount')::bigint) as amount
            from jsonb_array_elements(p_entries) e group by 1) s
   where a.issuer_id = p_issuer and a.account_id = s.account_id;
  return 'posted';
end $$;
