-- Refunds that a payment provider has not done yet, few among all that was paid: closed closures whose holder has
-- claimed what was kept are found by it (src/closure/open-closures.ts).
set local lock_timeout = '5s';

create index payout_part_refund_open on payout_part (issuer_id, part_id)
  where route = 'original_payment' and state in ('waiting', 'sent');
