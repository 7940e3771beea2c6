-- What a payer's bank took back and the card's balance did not reach for is borne by the unused share of what was bought,
-- when the card is closed: else a plan whose price had gone back would be given back once more.
set local lock_timeout = '5s';

alter table chargeback
  -- Of amount_minor, what a settlement took off what it owed; holder_minor is what came off the balance before.
  add column settled_minor bigint not null default 0,
  add constraint chargeback_is_borne_once check (settled_minor >= 0 and holder_minor + settled_minor <= amount_minor);
