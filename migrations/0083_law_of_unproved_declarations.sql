-- What somebody declared without signing in was judged by where the account lived as its code came in, not as it was
-- declared: an account that moved meanwhile lost the days of its withdrawal, or got some.
set local lock_timeout = '5s';

alter table closure
  -- Whose law it is under once it is proved. Null where somebody signed in or the issuer declared, and on rows from
  -- before, whose account is asked at proof. `jurisdiction` is the issuer's until then: it is told to whoever declares.
  add column holder_jurisdiction   text,
  add column holder_policy_version text,
  add constraint closure_holder_law_whole check ((holder_jurisdiction is null) = (holder_policy_version is null));
