-- A holder who declared signed in and never came back with the code was told nothing, and neither was support.
set local lock_timeout = '5s';

-- 1: reminded once; 2: told at the deadline, and support with them.
alter table closure add column code_reminders smallint not null default 0 check (code_reminders between 0 and 2);

create index closure_waits_for_code on closure (issuer_id, declared_at)
  where state = 'declared' and identity = 'signed_in' and code_reminders < 2;
