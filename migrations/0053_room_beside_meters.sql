set local lock_timeout = '5s';

-- Room beside each row for its next version, so that a new sum touches no index.
alter table usage_meter set (fillfactor = 80);
