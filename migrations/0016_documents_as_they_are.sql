-- A PDF is compressed already: trying it again costs each document several milliseconds and saves nothing.
set local lock_timeout = '5s';
alter table document alter column pdf set storage external;
