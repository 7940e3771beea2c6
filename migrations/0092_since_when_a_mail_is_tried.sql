-- A reminder that no mail server takes is given up after two weeks of trying, and not of lying in the queue of a worker
-- that was stopped (src/notice/name-it-by.ts).
set local lock_timeout = '5s';

-- When a mail server was first asked to take it and did not say yes or no; null where none was.
alter table notice add column first_tried_at timestamptz;
