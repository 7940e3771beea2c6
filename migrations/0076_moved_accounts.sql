-- Where a holder lives stands beside the ends of their cards (0075). Two moves at one moment could leave it wrong for
-- good, and what is to be kept or given back would lapse: a card made while its account moved was not seen by the
-- trigger, and one given away meanwhile was told where its old account lives.
set local lock_timeout = '5s';

create or replace function card_end_follows_account() returns trigger language plpgsql as $$
begin
  -- Waits for those who are making cards of this account: their reference to it is a lock that this one is not given
  -- beside. Whoever comes after reads the account as it is then.
  perform from account where issuer_id = new.issuer_id and account_id = new.account_id for update;
  -- Not known any more, so that the account is asked: right also for a card that is another account's by now.
  update card_end set jurisdiction = null
   where issuer_id = new.issuer_id
     and card_id in (select c.card_id from card c where c.issuer_id = new.issuer_id and c.account_id = new.account_id);
  return null;
end $$;

-- Ends that were noted wrong before this.
do $$
declare v_issuer text;
begin
  for v_issuer in select issuer_id from issuer loop
    perform set_config('leb.issuer', v_issuer, true);
    update card_end n set jurisdiction = null
      from card c join account a on a.issuer_id = c.issuer_id and a.account_id = c.account_id
     where n.issuer_id = v_issuer and c.issuer_id = v_issuer and c.card_id = n.card_id
       and n.jurisdiction <> a.jurisdiction;
  end loop;
  perform set_config('leb.issuer', '', true);
end $$;
