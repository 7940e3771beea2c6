-- An add-on may be paid from the balance of the card that it is for. Its money is set aside in ledger_hold under the
-- key 'order/' || order_id, and no payment comes in for it.
set local lock_timeout = '5s';

alter table purchase_order drop constraint purchase_order_pay_by_check;
alter table purchase_order add constraint purchase_order_pay_by_check
  check (pay_by in ('stripe', 'bank', 'voucher') or pay_by = 'balance' and kind = 'add_on' and card_id is not null);
