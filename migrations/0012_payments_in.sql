-- Money that came in and fits no order, money that payers' banks took back, and what providers told us of both.
set local lock_timeout = '5s';

-- Ours, not the webhook's, to ask: when the provider was last asked about the payment of an order.
alter table purchase_order add column payment_asked_at timestamptz;

-- Money that nobody waits for. Its payment has neither order nor card, so that no refund of an order counts it.
create table unmatched_receipt (
  issuer_id    text not null references issuer,
  receipt_id   uuid not null,
  payment_id   uuid not null,
  reason       text not null check (reason in
    ('order_unknown', 'order_lapsed', 'order_paid_already', 'amount_differs', 'currency_differs', 'chargeback_won')),
  -- The order it named, if it named one.
  order_id     uuid,
  order_number text,
  currency     text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor > 0),
  state        text not null default 'waiting' check (state in
    ('waiting', 'refunding', 'refunded', 'returned', 'matched', 'kept_by_bank')),
  -- Why it is still here, as the provider said it when it refused the refund.
  refusal      text,
  -- Tries of the refund; each has its own key (payment/give-back.ts).
  tries        int not null default 0,
  reference    text,
  received_at  timestamptz not null,
  settled_at   timestamptz,
  -- When staff were told that it waits for them.
  told_at      timestamptz,
  primary key (issuer_id, receipt_id),
  foreign key (issuer_id, payment_id) references payment,
  foreign key (issuer_id, order_id) references purchase_order
);
create index unmatched_receipt_open on unmatched_receipt (issuer_id, received_at)
  where state in ('waiting', 'refunding');
create index unmatched_receipt_payment on unmatched_receipt (issuer_id, payment_id);
create unique index payment_unmatched_ref on payment (issuer_id, provider, provider_ref)
  where order_id is null and card_id is null;
create index payment_provider_ref on payment (issuer_id, provider, provider_ref);

-- What a provider told us, once for each event however often it is delivered. Its content is not kept: it may be
-- personal, and it is only a reason to look.
create table provider_event (
  issuer_id   text not null references issuer,
  provider    text not null,
  event_id    text not null check (length(event_id) <= 255),
  kind        text not null,
  object_ref  text not null,
  happened_at timestamptz not null,
  received_at timestamptz not null,
  deliveries  int not null default 1,
  looked_at   timestamptz,
  outcome     text,
  primary key (issuer_id, provider, event_id)
);
create index provider_event_waiting on provider_event (issuer_id, provider, object_ref) where looked_at is null;
create index provider_event_age on provider_event (issuer_id, received_at);

-- A payment taken back by the payer's bank, and who bears it for now.
create table chargeback (
  issuer_id     text not null references issuer,
  provider      text not null,
  dispute_ref   text not null,
  payment_id    uuid not null,
  card_id       uuid,
  currency      text not null check (currency ~ '^[A-Z]{3}$'),
  -- What the bank took for this payment; counted_minor of it is in payment.charged_back_minor, holder_minor came
  -- off the card's balance, the rest is the house's loss.
  amount_minor  bigint not null check (amount_minor > 0),
  counted_minor bigint not null check (counted_minor between 0 and amount_minor),
  holder_minor  bigint not null check (holder_minor between 0 and amount_minor),
  state         text not null check (state in ('open', 'won', 'lost')),
  opened_at     timestamptz not null,
  closed_at     timestamptz,
  told_at       timestamptz,
  primary key (issuer_id, provider, dispute_ref, payment_id),
  foreign key (issuer_id, payment_id) references payment,
  foreign key (issuer_id, card_id) references card
);
create index chargeback_card on chargeback (issuer_id, card_id) where card_id is not null;

-- Lines of bank statements that were read, so that the same or overlapping statements change nothing. The digest is
-- keyed; names and account numbers of payers are not kept.
create table bank_line (
  issuer_id     text not null references issuer,
  digest        bytea not null,
  -- Which of several equal lines of one statement.
  ordinal       int not null check (ordinal > 0),
  booked_on     date not null,
  currency      text not null check (currency ~ '^[A-Z]{3}$'),
  -- Minor units; below 0 went out.
  amount_minor  bigint not null check (amount_minor <> 0),
  outcome       text not null check (outcome in
    ('order_paid', 'unmatched', 'transfer_settled', 'transfer_returned', 'transfer_differs')),
  payment_id    uuid,
  end_to_end_id text,
  imported_at   timestamptz not null,
  primary key (issuer_id, digest, ordinal),
  foreign key (issuer_id, payment_id) references payment
);

do $$
declare t text;
begin
  foreach t in array array['unmatched_receipt','provider_event','chargeback','bank_line']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy one_issuer on %I using (issuer_id = leb_issuer()) with check (issuer_id = leb_issuer())', t);
  end loop;
end $$;
