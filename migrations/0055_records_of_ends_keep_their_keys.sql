-- The key of such a record is what lets a card lapse once (docs/adr/0021): it can neither go (0050) nor become another.
create trigger expiry_notice_key_stays before update of issuer_id, card_id, ends_at, hours_before, subject on expiry_notice
  for each statement execute function refuse_change();
