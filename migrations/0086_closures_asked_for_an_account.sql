-- Who was asked for the account that a closure's money goes to, and named none, is reminded (src/closure/remind-of-account.ts).
set local lock_timeout = '5s';

alter table closure
  -- When we last asked; the days until the reminders count from here.
  add column bank_asked_at timestamptz,
  -- 1: reminded once; 2: for the last time. From then on the line waits no longer.
  add column bank_reminders smallint not null default 0 check (bank_reminders between 0 and 2),
  -- When support was told that nobody answers.
  add column bank_told_at timestamptz;

create index closure_bank_asked on closure (issuer_id, bank_asked_at)
  where bank_asked_at is not null and bank_reminders < 2;
create index closure_bank_unanswered on closure (issuer_id) where bank_asked_at is not null and bank_reminders = 2;

do $$
declare i text;
begin
  -- Who waits already was told of no last day: their days count from now.
  for i in select issuer_id from issuer loop
    perform set_config('leb.issuer', i, true);
    update closure o set bank_asked_at = now()
     where o.issuer_id = i and o.state <> 'undone' and exists (
       select 1 from closure_block b where b.issuer_id = o.issuer_id and b.closure_id = o.closure_id
          and b.reason = 'bank_details_needed' and b.owner = 'holder' and b.cleared_at is null);
  end loop;
  perform set_config('leb.issuer', '', true);
end $$;
