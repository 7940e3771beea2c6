-- When staff were told that an order's money waits for a transfer by them.
set local lock_timeout = '5s';
alter table purchase_order add column transfer_told_at timestamptz;
create index purchase_order_refunding on purchase_order (issuer_id) where state = 'refunding';
