-- Breaks running servers: no (first migrations).
create table identity_organizations (
  organization_id uuid primary key,
  name text not null,
  created_at timestamptz not null default muster_now()
);
select muster_protect('identity_organizations');

-- A key without an agent is a person; with one it may do that agent's work and nothing else.
create table identity_api_keys (
  organization_id uuid not null references identity_organizations,
  id uuid not null,
  name text not null,
  agent_id uuid,
  -- whose key it is: keys with the same label are one person where people are counted
  person_label text,
  hash text not null unique,
  permissions text[] not null,
  created_by uuid,
  created_at timestamptz not null default muster_now(),
  -- to the minute
  last_used_at timestamptz,
  revoked_at timestamptz,
  -- What a key may ask models for in a minute; null: any number.
  model_requests_per_minute integer check (model_requests_per_minute > 0),
  model_tokens_per_minute bigint check (model_tokens_per_minute > 0),
  primary key (organization_id, id)
);
create index identity_api_keys_by_person on identity_api_keys (organization_id, person_label) where person_label is not null;
-- Finds the keys that a key made.
create index identity_api_keys_by_maker on identity_api_keys (organization_id, created_by) where created_by is not null;
select muster_protect('identity_api_keys');
-- Before the tenant is known, a transaction sees the one key whose hash it was opened with.
create policy credential on identity_api_keys for select to muster_app
  using (hash = (select nullif(current_setting('muster.credential_hash', true), '')));

-- Keys that are not revoked, for those who test keys in a read of their own.
create view identity_keys_v with (security_invoker = true) as
  select organization_id, id as key_id, agent_id, permissions, model_requests_per_minute, model_tokens_per_minute
  from identity_api_keys where revoked_at is null;

grant select on identity_keys_v to muster_app, muster_engine;
