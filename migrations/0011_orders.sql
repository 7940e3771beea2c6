-- What it takes to deliver an order once: its evidence step by step, and why it could not be delivered.
set local lock_timeout = '5s';

alter table purchase_order
  -- Hash of the secret that the form (or the API's key) carried: sent twice, it is one order.
  add column place_hash     bytea,
  -- Who tells it at the moment; the version makes sure that only they write.
  add column worker         text,
  -- Why a paid order goes back: item_withdrawn, card_closing, no_profile …
  add column refund_reason  text,
  -- The page where it is paid, until when.
  add column pay_url        text,
  add column pay_url_until  timestamptz;
create unique index purchase_order_placed on purchase_order (issuer_id, place_hash) where place_hash is not null;
create index purchase_order_unpaid on purchase_order (issuer_id, pay_until) where state = 'awaiting_payment';
create index purchase_order_holder on purchase_order (issuer_id, holder_id);

-- As closure_step: one row a step and attempt, with intent, key, answer, times and worker.
create table order_step (
  issuer_id      text not null,
  order_id       uuid not null,
  step           text not null,
  attempt        int not null,
  state          text not null check (state in ('intent', 'done', 'pending', 'refused', 'unknown')),
  key            text not null,
  request_digest bytea,
  answer         jsonb,
  worker         text not null,
  intended_at    timestamptz not null,
  answered_at    timestamptz,
  primary key (issuer_id, order_id, step, attempt),
  foreign key (issuer_id, order_id) references purchase_order
);

-- What was offered stays as it was offered; the one thing that may happen to it is that it is sold no more.
create function catalogue_item_stays() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.withdrawn_at is null
     and (new.issuer_id, new.item_id, new.code, new.version, new.kind, new.terms, new.published_at)
         is not distinct from
         (old.issuer_id, old.item_id, old.code, old.version, old.kind, old.terms, old.published_at) then
    return new;
  end if;
  raise exception 'a catalogue item stays as it was offered: % refused', tg_op using errcode = 'LB003';
end $$;
create trigger catalogue_item_stays before update or delete on catalogue_item
  for each row execute function catalogue_item_stays();
create trigger catalogue_item_kept before truncate on catalogue_item
  for each statement execute function refuse_change();

alter table order_step enable row level security;
alter table order_step force row level security;
create policy one_issuer on order_step using (issuer_id = leb_issuer()) with check (issuer_id = leb_issuer());
