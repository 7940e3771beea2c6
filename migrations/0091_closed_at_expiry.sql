-- A card that is closed because it had ended was closed by nobody: its closing says so instead of naming the command line.
set local lock_timeout = '5s';
alter table closure
  drop constraint closure_received_by_check,
  add constraint closure_received_by_check
    check (received_by in ('portal', 'api', 'cli', 'staff', 'expiry')) not valid;
