set local lock_timeout = '5s';

alter table closure
  -- Who brought the code: whoever declared it (with what the receipt gave them), or someone signed in to the account.
  add column proved_by text check (proved_by in ('declarer', 'account')),
  -- Why it was undone: a person's act, the holder's own declaration of the same card, or nobody ever proved it.
  add column undone_by text check (undone_by in ('person', 'holder_declared', 'never_proved')),
  -- Keyed hash of the request that made it, so that a repeated anonymous request finds its own closure and no other.
  add column request_digest bytea;

-- Declared without sign-in and waiting for proof: what the minute sweep looks for.
create index closure_unproved on closure (issuer_id, declared_at)
  where state = 'declared' and identity = 'not_signed_in';
