-- Settlement and payout: what was reckoned, each part on its way, files for the bank, and vouchers.
set local lock_timeout = '5s';

alter table closure
  -- A voucher instead of money, because the holder asked for it; never set by itself.
  add column payout_choice text check (payout_choice in ('voucher')),
  -- The rules of money as they were told at the declaration (src/policy/money-rules.ts): nobody changes them after it.
  add column money_rules   jsonb;

-- The lines of the settlement as they were posted: shown by pages, and what undo takes back of orders.
alter table closure_card add column settlement jsonb;

-- A file for the bank. Its content is personal, so it is sealed under a key of its own that dies when the last of its
-- transfers is settled; until then the same bytes can be had again.
create table payout_file (
  issuer_id   text not null references issuer,
  file_id     uuid not null,
  transfers   int not null check (transfers > 0),
  sha256      text not null,
  wrapped_key bytea,
  sealed      bytea,
  created_at  timestamptz not null,
  burned_at   timestamptz,
  primary key (issuer_id, file_id),
  check ((sealed is null) = (burned_at is not null) and (wrapped_key is null) = (burned_at is not null))
);

alter table payout_part
  drop constraint payout_part_route_check,
  -- kept: too little to be sent by itself; it stays the holder's until asked for.
  add constraint payout_part_route_check
    check (route in ('original_payment', 'bank_transfer', 'voucher', 'kept', 'nothing')),
  add column file_id uuid,
  add column sent_at timestamptz,
  -- Why it did not go this way (state refused), in the provider's stable code or ours.
  add column refusal text,
  add foreign key (issuer_id, file_id) references payout_file;
create index payout_part_file on payout_part (issuer_id, file_id) where file_id is not null;
create index payout_part_transfer on payout_part (issuer_id) where route = 'bank_transfer' and state = 'waiting';

create table voucher (
  issuer_id    text not null references issuer,
  voucher_id   uuid not null,
  part_id      uuid not null,
  -- Hash of the code, which is derived from the id and stored nowhere.
  code_hash    bytea not null,
  currency     text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor > 0),
  left_minor   bigint not null check (left_minor between 0 and amount_minor),
  issued_at    timestamptz not null,
  expires_at   timestamptz not null,
  primary key (issuer_id, voucher_id),
  unique (issuer_id, part_id),
  unique (issuer_id, code_hash),
  foreign key (issuer_id, part_id) references payout_part
);
create table voucher_use (
  issuer_id    text not null,
  voucher_id   uuid not null,
  use_no       int not null,
  order_id     uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  used_at      timestamptz not null,
  primary key (issuer_id, voucher_id, use_no),
  unique (issuer_id, order_id),
  foreign key (issuer_id, voucher_id) references voucher,
  foreign key (issuer_id, order_id) references purchase_order
);

do $$
declare t text; i text;
begin
  -- A closure settled before had one payout a card: it goes on as a part with the card's id, so that its journal holds.
  for i in select issuer_id from issuer loop
    perform set_config('leb.issuer', i, true);
    insert into payout_part
      (issuer_id, part_id, closure_id, card_id, ord, route, payment_id, currency, amount_minor, state, reference, paid_at)
    select k.issuer_id, k.card_id, k.closure_id, k.card_id, 1,
           case when k.payout_route = 'original_payment' and p.payment_id is null then 'bank_transfer'
                else k.payout_route end,
           case when k.payout_route = 'original_payment' then p.payment_id end,
           k.currency, k.payout_minor,
           case when s.answered_at is null then 'waiting' else 'paid' end,
           coalesce(s.answer->>'reference', k.bank_reference), s.answered_at
      from closure_card k
      left join lateral (select payment_id from payment y
                          where y.issuer_id = k.issuer_id and y.card_id = k.card_id and y.order_id is null
                          order by received_at limit 1) p on true
      left join lateral (select answer, answered_at from closure_step t
                          where t.issuer_id = k.issuer_id and t.closure_id = k.closure_id and t.step = 'pay_out'
                            and t.scope_id = k.card_id and t.state = 'done' limit 1) s on true
     where k.issuer_id = i and k.live and k.settled_minor is not null and k.payout_route is not null
       and k.payout_minor is not null;
  end loop;
  perform set_config('leb.issuer', '', true);
  foreach t in array array['payout_file','voucher','voucher_use']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy one_issuer on %I using (issuer_id = leb_issuer()) with check (issuer_id = leb_issuer())', t);
  end loop;
end $$;

-- What they said stands in payout_part now.
alter table closure_card drop column payout_minor, drop column payout_route, drop column bank_reference;
