-- Breaks running servers: no (first migrations).
-- Roles, tenancy, time, the journal, idempotency and processes: what every module stands on.
do $$
begin
  if not exists (select from pg_roles where rolname = 'muster_app') then create role muster_app nologin; end if;
  if not exists (select from pg_roles where rolname = 'muster_engine') then create role muster_engine nologin; end if;
exception when duplicate_object or unique_violation then null; -- another database of this cluster was faster
end $$;

grant muster_app, muster_engine to current_user;
grant usage on schema public to muster_app, muster_engine;

-- The tenant of this transaction; null (no rows) where none was set.
create function muster_organization_id() returns uuid language sql stable
  as $$ select nullif(current_setting('muster.organization_id', true), '')::uuid $$;

-- The one clock of leases, timers and expiries. Stable: a volatile one would defeat every index on a time.
create function muster_now() returns timestamptz language sql stable as $$ select statement_timestamp() $$;

-- Makes a table a tenant's: its rows are seen only in a transaction of their organization, or in the engine's.
create function muster_protect(target regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy tenant on %s to muster_app using (organization_id = (select muster_organization_id())) with check (organization_id = (select muster_organization_id()))', target);
  execute format('create policy engine on %s to muster_engine using (true) with check (true)', target);
  execute format('grant select, insert, update, delete on %s to muster_app, muster_engine', target);
end $$;

-- Instance tables (listed here, none of them granted to muster_app): migrations, installation, journal_cursor,
-- processes, signers.
create table installation (
  single boolean primary key default true check (single),
  id uuid not null default gen_random_uuid(),
  epoch integer not null default 1,
  created_at timestamptz not null default now()
);

insert into installation default values;

create table journal_cursor (
  single boolean primary key default true check (single),
  epoch integer not null,
  next_xid xid8 not null
);

insert into journal_cursor (epoch, next_xid) values (1, '0');

create table signers (
  id text primary key,
  public_key text not null,
  first_seen_at timestamptz not null default now()
);

create table processes (
  id uuid primary key,
  lock_key bigint not null,
  host text not null,
  pid integer not null,
  services text[] not null,
  started_at timestamptz not null default muster_now(),
  seen_at timestamptz not null default muster_now()
);

grant select, update on installation to muster_engine;
grant select, update on journal_cursor to muster_engine;
grant select, insert on signers to muster_engine;
grant select, insert, update, delete on processes to muster_engine;

-- What one transaction did in one organization, in order. Sealed later; see docs/decisions/0001.
create table journal_entries (
  organization_id uuid not null,
  id uuid not null,
  epoch integer not null,
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default muster_now(),
  events json not null,
  primary key (organization_id, id)
) with (toast_tuple_target = 8160);
create index journal_entries_by_xid on journal_entries (epoch, xid);
select muster_protect('journal_entries');

alter table journal_entries alter column events set storage external;

create table journal_segments (
  organization_id uuid not null,
  first_number bigint not null,
  event_count integer not null check (event_count between 1 and 512),
  epoch integer not null,
  -- [[entry id, index of the first event, how many], …] in the order of their numbers
  parts json not null,
  -- the projects and goals its events speak of, so that a filtered read opens only what it needs
  subject_ids uuid[] not null,
  merkle_root bytea not null,
  previous_head bytea not null,
  head bytea not null,
  signer text not null,
  signature bytea not null,
  sealed_at timestamptz not null default muster_now(),
  primary key (organization_id, first_number)
);
create index journal_segments_by_subject on journal_segments using gin (subject_ids);
select muster_protect('journal_segments');

create table journal_heads (
  organization_id uuid primary key,
  next_number bigint not null,
  head bytea not null
);
select muster_protect('journal_heads');

create table journal_listeners (
  organization_id uuid not null,
  name text not null,
  next_number bigint not null,
  primary key (organization_id, name)
);
select muster_protect('journal_listeners');

create table idempotency_keys (
  organization_id uuid not null,
  principal_id uuid not null,
  key text not null,
  operation text not null,
  body_sha256 text not null,
  -- null only while its transaction runs
  answer json,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, principal_id, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);
select muster_protect('idempotency_keys');

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

-- Work of any module that takes longer than a transaction may: a process leases a job, does it and deletes it. A dead one
-- has no attempt left and stays for a while to be looked at.
create table jobs (
  organization_id uuid not null,
  -- `module.nouns`, as the module that does it names it
  kind text not null,
  key text not null,
  project_id uuid,
  payload jsonb not null,
  -- while it is leased: when the lease ends
  due_at timestamptz not null default muster_now(),
  -- the fencing token of the lease; null while nobody works on it
  lease_token uuid,
  attempts integer not null default 0,
  -- leases that ended without an answer
  leases_lost integer not null default 0,
  last_error text,
  dead_at timestamptz,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, kind, key)
);
create index jobs_due on jobs (kind, due_at) where dead_at is null;
create index jobs_dead on jobs (dead_at) where dead_at is not null;
select muster_protect('jobs');
