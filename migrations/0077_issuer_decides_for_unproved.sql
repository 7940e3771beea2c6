-- An issuer that gives a card up (leb close) decides for a holder who declared it and never came back with the code.
set local lock_timeout = '5s';

alter table closure drop constraint closure_proved_by_check;
alter table closure add constraint closure_proved_by_check check (proved_by in ('declarer', 'account', 'issuer'));
