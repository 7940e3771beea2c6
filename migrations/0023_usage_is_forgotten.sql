-- What a record of use said can be tried out against a plain hash of it: hashes are keyed from now on, and the plain ones
-- go. A record whose hash is empty is known by its id alone. Where and when is forgotten on the day that policy names.
set local lock_timeout = '5s';
alter table issuer add column usage_forgotten_until timestamptz;
create index usage_record_reported on usage_record using brin (reported_at);
do $$
declare i text;
begin
  for i in select issuer_id from issuer loop
    perform set_config('leb.issuer', i, true);
    update usage_record set content_hash = '' where issuer_id = i;
  end loop;
  perform set_config('leb.issuer', '', true);
end $$;
