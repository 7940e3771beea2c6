-- Refunds that somebody made on the provider's own page: LEB did not ask for them, and must not pay the same twice.
set local lock_timeout = '5s';

alter table ledger_account drop constraint ledger_account_kind_check;
alter table ledger_account add constraint ledger_account_kind_check check (kind in
  ('holder_balance', 'cash_at_provider', 'cash_at_bank', 'opening', 'orders_in_hand', 'deferred_revenue', 'revenue',
   'lapsed_balance', 'refunds_payable', 'vouchers', 'fees', 'provider_fees', 'tax_payable', 'late_usage',
   'unmatched_receipts', 'chargebacks', 'refunds_by_hand'));

-- What such a refund gave back counts against its payment like any other part, whether or not it is anybody's yet.
alter table payout_part
  drop constraint payout_part_check,
  add constraint payout_part_check check (num_nonnulls(closure_id, order_id) = 1
    or num_nonnulls(closure_id, order_id) = 0 and route = 'original_payment' and state in ('paid', 'refused'));

create table refund_by_hand (
  issuer_id    text not null references issuer,
  provider     text not null,
  refund_ref   text not null,
  payment_id   uuid not null,
  payment_ref  text not null,
  -- Its part of which left_minor stands, until it takes the place of parts that LEB owes; null when it never counted.
  part_id      uuid,
  currency     text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor > 0),
  left_minor   bigint not null check (left_minor between 0 and amount_minor),
  -- waiting: taken for what is planned, else staff decide; counts, besides: they said so; before: older than the card
  -- is here; over: it failed at the provider and the money is back.
  state        text not null default 'waiting' check (state in ('waiting', 'counts', 'besides', 'before', 'over')),
  made_at      timestamptz not null,
  seen_at      timestamptz not null,
  told_at      timestamptz,
  primary key (issuer_id, provider, refund_ref),
  foreign key (issuer_id, payment_id) references payment,
  foreign key (issuer_id, part_id) references payout_part
);
create index refund_by_hand_payment on refund_by_hand (issuer_id, payment_id);
create index refund_by_hand_ref on refund_by_hand (issuer_id, payment_ref);
create index refund_by_hand_open on refund_by_hand (issuer_id, seen_at) where left_minor > 0;

alter table refund_by_hand enable row level security;
alter table refund_by_hand force row level security;
create policy one_issuer on refund_by_hand using (issuer_id = leb_issuer()) with check (issuer_id = leb_issuer());
