-- What counts a lapse once is the primary key of expiry_notice (docs/adr/0021): such a record can neither go nor become
-- another.
set local lock_timeout = '5s';
create trigger expiry_notice_stays before delete or truncate on expiry_notice
  for each statement execute function refuse_change();
create trigger expiry_notice_key_stays before update of issuer_id, card_id, ends_at, hours_before, subject on expiry_notice
  for each statement execute function refuse_change();
