-- What payments of a person who is erased were made with, until the certificate has been mailed: under the envelope's own key.
set local lock_timeout = '5s';
alter table parting_envelope add column paid_with bytea;
