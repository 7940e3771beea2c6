-- A paid order that can't be delivered for a reason on our side: since when, why, and when staff were told.
set local lock_timeout = '5s';
alter table purchase_order
  add column held_up_since   timestamptz,
  -- A stable code, nothing personal.
  add column held_up_by      text,
  add column held_up_told_at timestamptz,
  add check ((held_up_since is null) = (held_up_by is null));
create index purchase_order_held_up on purchase_order (issuer_id, held_up_since) where held_up_since is not null;
