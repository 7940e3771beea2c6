-- When the buyer of an order that is held up was told so, and by when the money goes back.
set local lock_timeout = '5s';
alter table purchase_order add column held_up_buyer_told_at timestamptz;
