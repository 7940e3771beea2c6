-- An order that is not paid can be taken back by its buyer; it ends as one that lapsed, and its page says why.
set local lock_timeout = '5s';
alter table purchase_order
  add column taken_back_at timestamptz,
  add constraint purchase_order_taken_back check (taken_back_at is null or state = 'lapsed') not valid;
