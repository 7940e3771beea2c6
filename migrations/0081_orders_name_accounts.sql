-- The bank account that a buyer names for what can't go back the way it came: an item of the vault, under this id.
set local lock_timeout = '5s';
alter table purchase_order add column bank_item_id uuid;
-- What an order gives back is looked for with every view of it.
create index payout_part_order on payout_part (issuer_id, order_id) where order_id is not null;
