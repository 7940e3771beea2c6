-- Money that came by bank transfer for an order that did not want it goes back by transfer too: as a part of its own.
set local lock_timeout = '5s';
alter table payout_part
  add column receipt_id uuid,
  add foreign key (issuer_id, receipt_id) references unmatched_receipt,
  drop constraint payout_part_check,
  add constraint payout_part_check check (num_nonnulls(closure_id, order_id, receipt_id) = 1
    or num_nonnulls(closure_id, order_id, receipt_id) = 0 and route = 'original_payment' and state in ('paid', 'refused')),
  add constraint payout_part_receipt_check check (receipt_id is null or route = 'bank_transfer');
create index payout_part_receipt on payout_part (issuer_id, receipt_id) where receipt_id is not null;
create index unmatched_receipt_order on unmatched_receipt (issuer_id, order_id) where order_id is not null;
