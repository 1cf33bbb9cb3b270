-- Breaks running servers: no.
create table agents (
  organization_id uuid not null references organizations,
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
  primary key (organization_id, id),
  unique (organization_id, name)
);
create index agents_online on agents (seen_at) where online;
select muster_protect('agents');

create view agents_gate_v with (security_invoker = true) as
  select organization_id, id as agent_id, name, runtime, capabilities, status, stopped, seen_at from agents;
grant select, update on agents_gate_v to muster_app, muster_engine;
