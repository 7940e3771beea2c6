-- Transfers that are not done, for `leb payout list`: they are few, and all parts of years were read to find them.
set local lock_timeout = '5s';

create index payout_part_transfer_open on payout_part (issuer_id, part_id)
  where route = 'bank_transfer' and state in ('waiting', 'sent');
-- It tells of those that wait as well.
drop index payout_part_transfer;
