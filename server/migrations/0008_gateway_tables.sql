-- Breaks running servers: no (first migrations).
-- Where models are: providers, aliases with their versions, and every attempt to call one.
create table gateway_providers (
  organization_id uuid not null references identity_organizations,
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
  organization_id uuid not null references identity_organizations,
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
  organization_id uuid not null references identity_organizations,
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
  -- Which run has called a model, where one did.
  run_id uuid,
  task_id uuid,
  primary key (organization_id, id)
) with (fillfactor = 80);
create index gateway_attempts_live on gateway_attempts (deadline_at) where status = 'live';
create index gateway_attempts_by_run on gateway_attempts (organization_id, run_id) where run_id is not null;
-- Rows come in the order of time, so this is small and costs an insert next to nothing.
create index gateway_attempts_by_start on gateway_attempts using brin (started_at);
select muster_protect('gateway_attempts');

-- What the attempts that are not kept any more came to, by the day (UTC) that they were charged on: the charges stay, and are
-- still checked against this.
create table gateway_attempts_past (
  organization_id uuid not null references identity_organizations,
  day date not null,
  attempts integer not null,
  -- of them, those that were charged for
  charges integer not null,
  cost_micro_usd bigint not null,
  tokens bigint not null,
  primary key (organization_id, day)
);
select muster_protect('gateway_attempts_past');
