-- Breaks running servers: no.
-- What is kept for so many days only is found by its age: ids are UUIDv7, so they grow with time.
create index run_logs_by_age on run_logs using brin (id);

-- The least UUIDv7 of a time: every id made before it is smaller.
create function muster_uuid_at(at timestamptz) returns uuid
  language sql immutable parallel safe
  return (rpad(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0'), 32, '0'))::uuid;

-- Up to which event an organization's journal was removed by age, and the head of its chain there. The event
-- journal.retired says the same in the chain, under its signature.
create table journal_retired (
  organization_id uuid primary key,
  through_number bigint not null,
  head bytea not null,
  retired_at timestamptz not null default muster_now()
);
select muster_protect('journal_retired');
