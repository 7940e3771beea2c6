-- Progress pages are told at the commit of every journal row and every change of a closure's state.
set local lock_timeout = '5s';

create function closure_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('leb_closure', new.closure_id::text);
  return null;
end $$;
create trigger closure_step_changed after insert or update of state on closure_step
  for each row when (new.state <> 'intent') execute function closure_changed();
create trigger closure_state_changed after update of state, told_at on closure
  for each row execute function closure_changed();
