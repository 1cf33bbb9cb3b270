-- Breaks running servers: no.
-- Where models are: providers, aliases with their versions, and every attempt to call one.
create table gateway_providers (
  organization_id uuid not null references organizations,
  id uuid not null,
  name text not null,
  kind text not null check (kind in ('openai', 'anthropic', 'gemini')),
  base_url text not null,
  -- sealed for this row (platform/secrets); null: it needs none, or another base URL wiped it
  sealed_key text,
  created_at timestamptz not null default muster_now(),
  changed_at timestamptz not null default muster_now(),
  primary key (organization_id, id),
  unique (organization_id, name)
);
select muster_protect('gateway_providers');

create table gateway_models (
  organization_id uuid not null references organizations,
  id uuid not null,
  name text not null,
  version integer not null,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, id),
  unique (organization_id, name)
);
select muster_protect('gateway_models');

-- A version never changes: what an attempt was paid by is found by its number.
create table gateway_model_versions (
  organization_id uuid not null,
  model_id uuid not null,
  version integer not null,
  definition json not null,
  created_by json not null,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, model_id, version)
);
select muster_protect('gateway_model_versions');

-- One request to one provider. It is written before the request leaves, with what is held for it, and ended once.
create table gateway_attempts (
  organization_id uuid not null references organizations,
  id uuid not null,
  call_id uuid not null,
  number integer not null,
  request_id text not null,
  key_id uuid,
  project_id uuid,
  goal_id uuid,
  agent_id uuid,
  wire text not null,
  streamed boolean not null,
  model text not null,
  model_version integer not null,
  provider text not null,
  provider_model text not null,
  status text not null default 'live' check (status in ('live', 'done', 'failed')),
  outcome text,
  http_status integer,
  uncached bigint not null default 0,
  cache_read bigint not null default 0,
  cache_write bigint not null default 0,
  output bigint not null default 0,
  reasoning bigint not null default 0,
  usage_known boolean not null default false,
  held_micro_usd bigint not null,
  held_tokens bigint not null,
  cost_micro_usd bigint not null default 0,
  charged_tokens bigint not null default 0,
  started_at timestamptz not null default muster_now(),
  -- after this its process is gone or hangs, and the hold is charged
  deadline_at timestamptz not null,
  first_token_ms integer,
  total_ms integer,
  primary key (organization_id, id)
) with (fillfactor = 80);
create index gateway_attempts_live on gateway_attempts (deadline_at) where status = 'live';
select muster_protect('gateway_attempts');

-- A call of a model may stand in no project. What was paid for is told apart: a run, or a call.
alter table budget_charges alter column project_id drop not null;
alter table budget_charges add column source text not null default 'run' check (source in ('run', 'call'));
create or replace view budgets_charges_v with (security_invoker = true) as
  select organization_id, run_id, project_id, goal_id, task_id, agent_id, category, cost_micro_usd, tokens, unknown_usage,
    charged_at, source
  from budget_charges;
create view budgets_holds_v with (security_invoker = true) as
  select organization_id, run_id, cost_micro_usd, tokens from budget_holds;
grant select on budgets_holds_v to muster_app, muster_engine;

-- Keys that may do everything may do this too: the first key is one. Row-level security is forced, so the owner of the
-- tables sees no rows either.
set local role muster_engine;
update api_keys set permissions = permissions || array['models:use', 'models:read', 'models:write']
where 'instance:operate' = any (permissions) and 'fleet:stop' = any (permissions) and not 'models:use' = any (permissions);
reset role;
