-- Which account a transfer went to, so that one named after it is not the one it bounced off; and since when the buyer
-- of an order is asked for an account, so that who names none is reminded.
set local lock_timeout = '5s';

-- Each naming of a bank account has an id of its own; null for what was named before there were any.
alter table vault_item add column naming_id uuid;
alter table payout_part add column naming_id uuid;

alter table purchase_order
  add column bank_asked_at timestamptz,
  -- 1: reminded once; 2: for the last time.
  add column bank_reminders smallint not null default 0 check (bank_reminders between 0 and 2);

create index purchase_order_bank_asked on purchase_order (issuer_id, bank_asked_at)
  where bank_asked_at is not null and bank_reminders < 2;
