-- Breaks running servers: no (first migrations).
create table agents (
  organization_id uuid not null references identity_organizations,
  id uuid not null,
  name text not null,
  runtime text not null check (runtime in ('builtin', 'model', 'cli', 'remote', 'user')),
  capabilities text[] not null,
  status text not null default 'active' check (status in ('active', 'paused', 'retired')),
  stopped boolean not null default false,
  description text,
  metadata json,
  live_runs_max integer,
  seen_at timestamptz,
  -- whether it was told to be there: presence is an event when it changes, not at each sign of life
  online boolean not null default false,
  created_at timestamptz not null default muster_now(),
  -- Agents that think: what their runtime needs, their personas, and whether their calls of models are metered by the gateway.
  settings json,
  -- The gateway charges what its runs cost, call by call, so that a run itself holds and charges nothing.
  metered boolean not null default false,
  persona_version integer not null default 0,
  persona_name text,
  primary key (organization_id, id),
  unique (organization_id, name)
);
create index agents_online on agents (seen_at) where online;
select muster_protect('agents');

create table agents_personas (
  organization_id uuid not null,
  agent_id uuid not null,
  version integer not null,
  soul text not null,
  sha256 text not null,
  created_by json not null,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, agent_id, version)
);
select muster_protect('agents_personas');

create view agents_gate_v with (security_invoker = true) as
  select organization_id, id as agent_id, name, runtime, capabilities, status, stopped, seen_at, metered from agents;
create view agents_list_v with (security_invoker = true) as
  select organization_id, id as agent_id, name, description, runtime, capabilities, status, stopped, online, seen_at,
    live_runs_max, metadata, created_at, settings, persona_version, persona_name, metered
  from agents;

grant select, update on agents_gate_v to muster_app, muster_engine;
grant select on agents_list_v to muster_app, muster_engine;
