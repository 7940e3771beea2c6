-- Invoices, credit notes, closing statements and contracts. They name nobody (docs/adr/0014-invoices-name-no-one.md),
-- so they outlive the person; what was issued is never written again.
set local lock_timeout = '5s';

-- The last number taken, by issuer and year. Taken in the transaction that writes the invoice: what is rolled
-- back gives its number back, so that no number is missing and none is there twice.
create table invoice_counter (
  issuer_id text not null references issuer,
  -- In the issuer's own time zone.
  year      int not null,
  last      bigint not null check (last >= 0),
  primary key (issuer_id, year)
);

create table invoice (
  issuer_id   text not null references issuer,
  invoice_id  uuid not null,
  kind        text not null check (kind in ('invoice', 'credit_note', 'closing_statement')),
  number      text not null,
  -- Null for a closing statement, which is no invoice and bears its closure's number.
  year        int,
  seq         bigint,
  -- What it was issued for (an order, a card of a closure): asked for twice, it is the same invoice.
  about       text not null,
  input_hash  bytea not null,
  order_id    uuid,
  closure_id  uuid,
  card_id     uuid,
  account_ref text not null,
  -- The invoice that a credit note takes back; its number alone where the former system issued it.
  corrects_id     uuid,
  corrects_number text,
  currency    text not null check (currency ~ '^[A-Z]{3}$'),
  gross_minor bigint not null,
  -- src/invoice/content.ts reads it: all that the PDF says.
  content     jsonb not null,
  -- UN/CEFACT CII (EN 16931); null for a closing statement and for sums that EN 16931 can't write.
  xml         text,
  issued_at   timestamptz not null,
  primary key (issuer_id, invoice_id),
  unique (issuer_id, number),
  unique (issuer_id, year, seq),
  unique (issuer_id, about),
  foreign key (issuer_id, order_id) references purchase_order,
  foreign key (issuer_id, closure_id) references closure,
  foreign key (issuer_id, card_id) references card,
  foreign key (issuer_id, corrects_id) references invoice,
  check (num_nonnulls(order_id, closure_id) >= 1),
  check ((kind = 'credit_note') = (corrects_number is not null)),
  check ((kind = 'closing_statement') = (seq is null) and (seq is null) = (year is null))
);
create index invoice_account on invoice (issuer_id, account_ref);
create index invoice_corrected on invoice (issuer_id, corrects_id) where corrects_id is not null;
create index invoice_order on invoice (issuer_id, order_id) where order_id is not null;

-- An issuer's terms of business, every version that was ever in force.
create table terms (
  issuer_id    text not null references issuer,
  version      text not null check (version ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
  text         jsonb not null,
  sha256       text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  published_at timestamptz not null,
  primary key (issuer_id, version)
);

create table contract (
  issuer_id     text not null references issuer,
  contract_id   uuid not null,
  order_id      uuid not null,
  number        text not null,
  account_ref   text not null,
  terms_version text not null,
  terms_sha256  text not null,
  accepted_at   timestamptz not null,
  content       jsonb not null,
  made_at       timestamptz not null,
  primary key (issuer_id, contract_id),
  unique (issuer_id, order_id),
  foreign key (issuer_id, order_id) references purchase_order,
  foreign key (issuer_id, terms_version) references terms
);
create index contract_account on contract (issuer_id, account_ref);

-- Typeset afterwards and kept, so that the same file comes again whatever the typesetter has become.
create table issued_pdf (
  issuer_id text not null references issuer,
  -- An invoice or a contract.
  paper_id  uuid not null,
  pdf       bytea not null,
  sha256    text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  made_at   timestamptz not null,
  primary key (issuer_id, paper_id)
);

-- The way to the papers of an account that nobody can sign in to any more. Outside row security, as the token is all
-- that a visitor brings; the token itself is not stored.
create table papers_access (
  token_hash  bytea primary key,
  issuer_id   text not null references issuer,
  account_ref text not null,
  good_until  timestamptz not null
);

create function refuse_rewriting() returns trigger language plpgsql as $$
begin
  raise exception 'what was issued stays as it is: % on % refused', tg_op, tg_table_name using errcode = 'LB030';
end $$;

do $$
declare t text;
begin
  foreach t in array array['invoice','terms','contract','issued_pdf']
  loop
    execute format('create trigger %I before update or delete or truncate on %I
      for each statement execute function refuse_rewriting()', t || '_stays', t);
  end loop;
  foreach t in array array['invoice_counter','invoice','terms','contract','issued_pdf']
  loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy one_issuer on %I using (issuer_id = leb_issuer()) with check (issuer_id = leb_issuer())', t);
  end loop;
end $$;
