-- Money on its way back, few among all that was paid: closed closures that owe again are found by it
-- (src/closure/open-closures.ts).
set local lock_timeout = '5s';
create index payout_part_under_way on payout_part (issuer_id, closure_id)
  where state in ('waiting', 'sent') and route in ('original_payment', 'bank_transfer');
