-- A closure's rows are changed a dozen times within seconds: with room on the page a change touches no index.
set local lock_timeout = '5s';
alter table closure set (fillfactor = 60);
alter table closure_card set (fillfactor = 80);
alter table closure_step set (fillfactor = 80);
alter table card set (fillfactor = 85);
alter table notice set (fillfactor = 80);
