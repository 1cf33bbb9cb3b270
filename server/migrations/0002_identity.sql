-- Breaks running servers: no.
create table organizations (
  organization_id uuid primary key,
  name text not null,
  created_at timestamptz not null default muster_now()
);
select muster_protect('organizations');

-- A key without an agent is a person; with one it may do that agent's work and nothing else.
create table api_keys (
  organization_id uuid not null references organizations,
  id uuid not null,
  name text not null,
  agent_id uuid,
  hash text not null unique,
  permissions text[] not null,
  created_by uuid,
  created_at timestamptz not null default muster_now(),
  -- to the minute
  last_used_at timestamptz,
  revoked_at timestamptz,
  primary key (organization_id, id)
);
select muster_protect('api_keys');
-- Before the tenant is known, a transaction sees the one key whose hash it was opened with.
create policy credential on api_keys for select to muster_app
  using (hash = (select nullif(current_setting('muster.credential_hash', true), '')));
