-- Money of a closure whose holder names no account is kept for them in the end, and the closure goes on
-- (src/closure/keep-unanswered.ts).
set local lock_timeout = '5s';

alter table closure
  -- Until when its holder can name the account that was asked for; null where none is waited for, or where no reminder
  -- has told the day yet.
  add column account_wanted_until timestamptz;
create index closure_account_wanted on closure (issuer_id, account_wanted_until) where account_wanted_until is not null;

alter table payout_part
  -- Of what is kept because no account was named: the last day to which claiming it is promised at least. Null of what
  -- was too little to be sent.
  add column claim_until date,
  add constraint payout_part_claim_until check (claim_until is null or route = 'kept') not valid;
