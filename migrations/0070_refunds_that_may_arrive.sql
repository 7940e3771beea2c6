-- When a refund of unmatched money was asked for that nobody has answered yet: it may still reach the provider.
set local lock_timeout = '5s';
alter table unmatched_receipt add column asked_at timestamptz;
