-- The schema of a migrated database. Made from the catalogue by `npm run generate`; do not edit.
-- It is for reading and for comparing: what makes it is server/migrations.

create role muster_app nologin nosuperuser nobypassrls;
create role muster_engine nologin nosuperuser nobypassrls;
grant usage on schema public to muster_app;
grant usage on schema public to muster_engine;
grant usage on schema public to public;

create function budgets_reservation_lease() returns interval language sql immutable as $$ select interval '60 seconds' $$;

create function budgets_window_start(text) returns timestamp with time zone language sql stable as $$
  select case budget_window when 'day' then date_trunc('day', muster_now() at time zone 'UTC') at time zone 'UTC'
    else '1970-01-01T00:00:00Z'::timestamptz end $$;

create function budgets_window_start(text,text) returns timestamp with time zone language sql stable as $$
  select case budget_window when 'day' then date_trunc('day', muster_now() at time zone time_zone) at time zone time_zone
    else '1970-01-01T00:00:00Z'::timestamptz end $$;

create function muster_now() returns timestamp with time zone language sql stable as $$ select statement_timestamp() $$;

create function muster_organization_id() returns uuid language sql stable as $$ select nullif(current_setting('muster.organization_id', true), '')::uuid $$;

create function muster_protect(regclass) returns void language plpgsql volatile as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy tenant on %s to muster_app using (organization_id = (select muster_organization_id())) with check (organization_id = (select muster_organization_id()))', target);
  execute format('create policy engine on %s to muster_engine using (true) with check (true)', target);
  execute format('grant select, insert, update, delete on %s to muster_app, muster_engine', target);
end $$;

create function muster_uuid_at(timestamp with time zone) returns uuid language sql immutable as $$$$;

create table agents (
  organization_id uuid not null,
  id uuid not null,
  name text not null,
  runtime text not null,
  capabilities text[] not null,
  status text not null default 'active'::text,
  stopped boolean not null default false,
  description text,
  metadata json,
  live_runs_max integer,
  seen_at timestamp with time zone,
  online boolean not null default false,
  created_at timestamp with time zone not null default muster_now(),
  settings json,
  metered boolean not null default false,
  persona_version integer not null default 0,
  persona_name text,
  constraint agents_pkey PRIMARY KEY (organization_id, id),
  constraint agents_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity_organizations(organization_id),
  constraint agents_organization_id_name_key UNIQUE (organization_id, name),
  constraint agents_runtime_check CHECK ((runtime = ANY (ARRAY['builtin'::text, 'model'::text, 'cli'::text, 'remote'::text, 'user'::text]))),
  constraint agents_status_check CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text, 'retired'::text])))
);
CREATE INDEX agents_online ON public.agents USING btree (seen_at) WHERE online;
alter table agents enable row level security;
alter table agents force row level security;
create policy engine on agents for all to muster_engine using (true) with check (true);
create policy tenant on agents for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on agents to muster_app;
grant delete, insert, select, update on agents to muster_engine;

create table agents_personas (
  organization_id uuid not null,
  agent_id uuid not null,
  version integer not null,
  soul text not null,
  sha256 text not null,
  created_by json not null,
  created_at timestamp with time zone not null default muster_now(),
  constraint agents_personas_pkey PRIMARY KEY (organization_id, agent_id, version)
);
alter table agents_personas enable row level security;
alter table agents_personas force row level security;
create policy engine on agents_personas for all to muster_engine using (true) with check (true);
create policy tenant on agents_personas for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on agents_personas to muster_app;
grant delete, insert, select, update on agents_personas to muster_engine;

create table approvals (
  organization_id uuid not null,
  id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  task_id uuid,
  run_id uuid,
  subject_kind text not null,
  subject_id uuid not null,
  question text not null,
  options text[] not null,
  proposed json not null,
  artifact_sha256 text,
  policy_version integer not null,
  read_set json not null,
  rule text not null,
  tags text[] not null,
  risk text not null,
  confidence double precision,
  quorum smallint not null,
  made_by json not null,
  stated_by json,
  amended_by json,
  status text not null default 'open'::text,
  reason text,
  claimed_by json,
  claimed_until timestamp with time zone,
  snoozed_until timestamp with time zone,
  due_at timestamp with time zone not null,
  decided_by_answer uuid,
  effective_at timestamp with time zone,
  created_at timestamp with time zone not null default date_trunc('milliseconds'::text, muster_now()),
  constraint approvals_pkey PRIMARY KEY (organization_id, id),
  constraint approvals_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity_organizations(organization_id),
  constraint approvals_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects(organization_id, id) ON DELETE CASCADE,
  constraint approvals_quorum_check CHECK ((quorum >= 1)),
  constraint approvals_risk_check CHECK ((risk = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text]))),
  constraint approvals_status_check CHECK ((status = ANY (ARRAY['open'::text, 'decided'::text, 'applied'::text, 'expired'::text, 'withdrawn'::text]))),
  constraint approvals_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['result'::text, 'task'::text, 'dependency'::text, 'plan'::text, 'question'::text])))
) with (fillfactor=80);
CREATE INDEX approvals_by_due ON public.approvals USING btree (organization_id, status, due_at, id);
CREATE INDEX approvals_by_goal ON public.approvals USING btree (organization_id, goal_id, id) WHERE (goal_id IS NOT NULL);
CREATE INDEX approvals_by_run ON public.approvals USING btree (organization_id, run_id) WHERE (run_id IS NOT NULL);
CREATE INDEX approvals_by_task ON public.approvals USING btree (organization_id, task_id, id) WHERE (task_id IS NOT NULL);
CREATE INDEX approvals_to_apply ON public.approvals USING btree (effective_at, id) WHERE (status = 'decided'::text);
CREATE INDEX approvals_to_expire ON public.approvals USING btree (due_at, id) WHERE (status = 'open'::text);
alter table approvals enable row level security;
alter table approvals force row level security;
create policy engine on approvals for all to muster_engine using (true) with check (true);
create policy tenant on approvals for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on approvals to muster_app;
grant delete, insert, select, update on approvals to muster_engine;

create table approvals_answers (
  organization_id uuid not null,
  approval_id uuid not null,
  id uuid not null,
  answered_by json not null,
  principal_id text not null,
  action text not null,
  comment text,
  content json,
  at timestamp with time zone not null,
  effective_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  constraint approvals_answers_pkey PRIMARY KEY (organization_id, approval_id, id),
  constraint approvals_answers_action_check CHECK ((action = ANY (ARRAY['approve'::text, 'reject'::text, 'amend'::text, 'answer'::text, 'retry'::text, 'skip'::text, 'continue'::text, 'fail'::text]))),
  constraint approvals_answers_organization_id_approval_id_fkey FOREIGN KEY (organization_id, approval_id) REFERENCES approvals(organization_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX approvals_answers_once ON public.approvals_answers USING btree (organization_id, approval_id, principal_id) WHERE (revoked_at IS NULL);
alter table approvals_answers enable row level security;
alter table approvals_answers force row level security;
create policy engine on approvals_answers for all to muster_engine using (true) with check (true);
create policy tenant on approvals_answers for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on approvals_answers to muster_app;
grant delete, insert, select, update on approvals_answers to muster_engine;

create table artifacts (
  organization_id uuid not null,
  id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  task_id uuid,
  run_id uuid,
  agent_id uuid,
  name text not null,
  type text not null,
  media_type text not null,
  size_bytes bigint not null,
  sha256 text not null,
  version integer not null default 1,
  previous_id uuid,
  human_edited boolean not null default false,
  provenance json,
  created_by json not null,
  created_at timestamp with time zone not null default muster_now(),
  constraint artifacts_pkey PRIMARY KEY (organization_id, id),
  constraint artifacts_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity_organizations(organization_id),
  constraint artifacts_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects(organization_id, id) ON DELETE CASCADE
);
CREATE INDEX artifacts_by_content ON public.artifacts USING btree (organization_id, sha256);
CREATE INDEX artifacts_by_goal ON public.artifacts USING btree (organization_id, goal_id, id) WHERE (goal_id IS NOT NULL);
CREATE INDEX artifacts_by_previous ON public.artifacts USING btree (organization_id, previous_id) WHERE (previous_id IS NOT NULL);
CREATE INDEX artifacts_by_project ON public.artifacts USING btree (organization_id, project_id, id);
CREATE INDEX artifacts_by_run ON public.artifacts USING btree (organization_id, run_id, id) WHERE (run_id IS NOT NULL);
alter table artifacts enable row level security;
alter table artifacts force row level security;
create policy engine on artifacts for all to muster_engine using (true) with check (true);
create policy tenant on artifacts for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on artifacts to muster_app;
grant delete, insert, select, update on artifacts to muster_engine;

create table artifacts_lineage (
  organization_id uuid not null,
  run_id uuid not null,
  sha256 text not null,
  source_kind text not null,
  source_id uuid not null,
  relation text not null,
  constraint artifacts_lineage_pkey PRIMARY KEY (organization_id, run_id, source_kind, source_id),
  constraint artifacts_lineage_relation_check CHECK ((relation = ANY (ARRAY['input'::text, 'source'::text]))),
  constraint artifacts_lineage_source_kind_check CHECK ((source_kind = ANY (ARRAY['artifact'::text, 'result'::text])))
);
CREATE INDEX artifacts_lineage_by_source ON public.artifacts_lineage USING btree (organization_id, source_kind, source_id);
alter table artifacts_lineage enable row level security;
alter table artifacts_lineage force row level security;
create policy engine on artifacts_lineage for all to muster_engine using (true) with check (true);
create policy tenant on artifacts_lineage for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on artifacts_lineage to muster_app;
grant delete, insert, select, update on artifacts_lineage to muster_engine;

create table budgets_balances (
  organization_id uuid not null,
  limit_id uuid not null,
  window_start timestamp with time zone not null,
  goal_id uuid not null,
  held_micro_usd bigint not null default 0,
  held_tokens bigint not null default 0,
  used_micro_usd bigint not null default 0,
  used_tokens bigint not null default 0,
  warned boolean not null default false,
  closed boolean not null default false,
  constraint budgets_balances_pkey PRIMARY KEY (organization_id, limit_id, window_start, goal_id)
) with (fillfactor=50);
alter table budgets_balances enable row level security;
alter table budgets_balances force row level security;
create policy engine on budgets_balances for all to muster_engine using (true) with check (true);
create policy tenant on budgets_balances for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on budgets_balances to muster_app;
grant delete, insert, select, update on budgets_balances to muster_engine;

create table budgets_charges (
  organization_id uuid not null,
  id uuid not null,
  project_id uuid,
  goal_id uuid,
  task_id uuid,
  agent_id uuid,
  category text not null,
  cost_micro_usd bigint not null,
  tokens bigint not null,
  unknown_usage boolean not null default false,
  charged_at timestamp with time zone not null default muster_now(),
  source text not null default 'run'::text,
  constraint budgets_charges_pkey PRIMARY KEY (organization_id, id),
  constraint budgets_charges_source_check CHECK ((source = ANY (ARRAY['run'::text, 'call'::text])))
);
CREATE INDEX budgets_charges_by_time ON public.budgets_charges USING btree (organization_id, charged_at);
alter table budgets_charges enable row level security;
alter table budgets_charges force row level security;
create policy engine on budgets_charges for all to muster_engine using (true) with check (true);
create policy tenant on budgets_charges for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on budgets_charges to muster_app;
grant delete, insert, select, update on budgets_charges to muster_engine;

create table budgets_holds (
  organization_id uuid not null,
  id uuid not null,
  cost_micro_usd bigint not null,
  tokens bigint not null,
  balances json not null,
  constraint budgets_holds_pkey PRIMARY KEY (organization_id, id)
);
alter table budgets_holds enable row level security;
alter table budgets_holds force row level security;
create policy engine on budgets_holds for all to muster_engine using (true) with check (true);
create policy tenant on budgets_holds for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on budgets_holds to muster_app;
grant delete, insert, select, update on budgets_holds to muster_engine;

create table budgets_limits (
  organization_id uuid not null,
  id uuid not null,
  scope_kind text not null,
  scope_id uuid not null,
  budget_window text not null,
  cost_micro_usd bigint,
  tokens bigint,
  live_runs bigint,
  created_at timestamp with time zone not null default muster_now(),
  project_id uuid,
  time_zone text not null default 'UTC'::text,
  constraint budgets_limits_pkey PRIMARY KEY (organization_id, id),
  constraint budgets_limits_budget_window_check CHECK ((budget_window = ANY (ARRAY['day'::text, 'goal'::text, 'run'::text, 'total'::text]))),
  constraint budgets_limits_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity_organizations(organization_id),
  constraint budgets_limits_organization_id_scope_kind_scope_id_budget_w_key UNIQUE (organization_id, scope_kind, scope_id, budget_window),
  constraint budgets_limits_scope_kind_check CHECK ((scope_kind = ANY (ARRAY['organization'::text, 'project'::text, 'campaign'::text, 'goal'::text, 'agent'::text])))
);
alter table budgets_limits enable row level security;
alter table budgets_limits force row level security;
create policy engine on budgets_limits for all to muster_engine using (true) with check (true);
create policy tenant on budgets_limits for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on budgets_limits to muster_app;
grant delete, insert, select, update on budgets_limits to muster_engine;

create table budgets_reservations (
  organization_id uuid not null,
  id uuid not null,
  process_id uuid not null,
  project_id uuid,
  goal_id uuid,
  agent_id uuid,
  cost_micro_usd bigint not null,
  tokens bigint not null,
  balances json not null,
  deadline_at timestamp with time zone not null,
  constraint budgets_reservations_pkey PRIMARY KEY (organization_id, id)
) with (fillfactor=50);
alter table budgets_reservations enable row level security;
alter table budgets_reservations force row level security;
create policy engine on budgets_reservations for all to muster_engine using (true) with check (true);
create policy tenant on budgets_reservations for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on budgets_reservations to muster_app;
grant delete, insert, select, update on budgets_reservations to muster_engine;

create table budgets_versions (
  organization_id uuid not null,
  version bigint not null,
  constraint budgets_versions_pkey PRIMARY KEY (organization_id)
) with (fillfactor=50);
alter table budgets_versions enable row level security;
alter table budgets_versions force row level security;
create policy engine on budgets_versions for all to muster_engine using (true) with check (true);
create policy tenant on budgets_versions for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on budgets_versions to muster_app;
grant delete, insert, select, update on budgets_versions to muster_engine;

create table gateway_attempts (
  organization_id uuid not null,
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
  status text not null default 'live'::text,
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
  started_at timestamp with time zone not null default muster_now(),
  deadline_at timestamp with time zone not null,
  first_token_ms integer,
  total_ms integer,
  run_id uuid,
  task_id uuid,
  constraint gateway_attempts_pkey PRIMARY KEY (organization_id, id),
  constraint gateway_attempts_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity_organizations(organization_id),
  constraint gateway_attempts_status_check CHECK ((status = ANY (ARRAY['live'::text, 'done'::text, 'failed'::text])))
) with (fillfactor=80);
CREATE INDEX gateway_attempts_by_run ON public.gateway_attempts USING btree (organization_id, run_id) WHERE (run_id IS NOT NULL);
CREATE INDEX gateway_attempts_by_start ON public.gateway_attempts USING brin (started_at);
CREATE INDEX gateway_attempts_live ON public.gateway_attempts USING btree (deadline_at) WHERE (status = 'live'::text);
alter table gateway_attempts enable row level security;
alter table gateway_attempts force row level security;
create policy engine on gateway_attempts for all to muster_engine using (true) with check (true);
create policy tenant on gateway_attempts for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on gateway_attempts to muster_app;
grant delete, insert, select, update on gateway_attempts to muster_engine;

create table gateway_attempts_past (
  organization_id uuid not null,
  day date not null,
  attempts integer not null,
  charges integer not null,
  cost_micro_usd bigint not null,
  tokens bigint not null,
  constraint gateway_attempts_past_pkey PRIMARY KEY (organization_id, day),
  constraint gateway_attempts_past_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity_organizations(organization_id)
);
alter table gateway_attempts_past enable row level security;
alter table gateway_attempts_past force row level security;
create policy engine on gateway_attempts_past for all to muster_engine using (true) with check (true);
create policy tenant on gateway_attempts_past for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on gateway_attempts_past to muster_app;
grant delete, insert, select, update on gateway_attempts_past to muster_engine;

create table gateway_model_versions (
  organization_id uuid not null,
  model_id uuid not null,
  version integer not null,
  definition json not null,
  created_by json not null,
  created_at timestamp with time zone not null default muster_now(),
  constraint gateway_model_versions_pkey PRIMARY KEY (organization_id, model_id, version)
);
alter table gateway_model_versions enable row level security;
alter table gateway_model_versions force row level security;
create policy engine on gateway_model_versions for all to muster_engine using (true) with check (true);
create policy tenant on gateway_model_versions for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on gateway_model_versions to muster_app;
grant delete, insert, select, update on gateway_model_versions to muster_engine;

create table gateway_models (
  organization_id uuid not null,
  id uuid not null,
  name text not null,
  version integer not null,
  created_at timestamp with time zone not null default muster_now(),
  constraint gateway_models_pkey PRIMARY KEY (organization_id, id),
  constraint gateway_models_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity_organizations(organization_id),
  constraint gateway_models_organization_id_name_key UNIQUE (organization_id, name)
);
alter table gateway_models enable row level security;
alter table gateway_models force row level security;
create policy engine on gateway_models for all to muster_engine using (true) with check (true);
create policy tenant on gateway_models for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on gateway_models to muster_app;
grant delete, insert, select, update on gateway_models to muster_engine;

create table gateway_providers (
  organization_id uuid not null,
  id uuid not null,
  name text not null,
  kind text not null,
  base_url text not null,
  sealed_key text,
  created_at timestamp with time zone not null default muster_now(),
  changed_at timestamp with time zone not null default muster_now(),
  constraint gateway_providers_pkey PRIMARY KEY (organization_id, id),
  constraint gateway_providers_kind_check CHECK ((kind = ANY (ARRAY['openai'::text, 'anthropic'::text, 'gemini'::text]))),
  constraint gateway_providers_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity_organizations(organization_id),
  constraint gateway_providers_organization_id_name_key UNIQUE (organization_id, name)
);
alter table gateway_providers enable row level security;
alter table gateway_providers force row level security;
create policy engine on gateway_providers for all to muster_engine using (true) with check (true);
create policy tenant on gateway_providers for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on gateway_providers to muster_app;
grant delete, insert, select, update on gateway_providers to muster_engine;

create table idempotency_keys (
  organization_id uuid not null,
  principal_id uuid not null,
  key text not null,
  operation text not null,
  body_sha256 text not null,
  answer json,
  created_at timestamp with time zone not null default muster_now(),
  constraint idempotency_keys_pkey PRIMARY KEY (organization_id, principal_id, key)
);
CREATE INDEX idempotency_keys_by_age ON public.idempotency_keys USING btree (created_at);
alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;
create policy engine on idempotency_keys for all to muster_engine using (true) with check (true);
create policy tenant on idempotency_keys for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on idempotency_keys to muster_app;
grant delete, insert, select, update on idempotency_keys to muster_engine;

create table identity_api_keys (
  organization_id uuid not null,
  id uuid not null,
  name text not null,
  agent_id uuid,
  person_label text,
  hash text not null,
  permissions text[] not null,
  created_by uuid,
  created_at timestamp with time zone not null default muster_now(),
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  model_requests_per_minute integer,
  model_tokens_per_minute bigint,
  constraint identity_api_keys_pkey PRIMARY KEY (organization_id, id),
  constraint identity_api_keys_hash_key UNIQUE (hash),
  constraint identity_api_keys_model_requests_per_minute_check CHECK ((model_requests_per_minute > 0)),
  constraint identity_api_keys_model_tokens_per_minute_check CHECK ((model_tokens_per_minute > 0)),
  constraint identity_api_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity_organizations(organization_id)
);
CREATE INDEX identity_api_keys_by_maker ON public.identity_api_keys USING btree (organization_id, created_by) WHERE (created_by IS NOT NULL);
CREATE INDEX identity_api_keys_by_person ON public.identity_api_keys USING btree (organization_id, person_label) WHERE (person_label IS NOT NULL);
alter table identity_api_keys enable row level security;
alter table identity_api_keys force row level security;
create policy credential on identity_api_keys for select to muster_app using ((hash = ( SELECT NULLIF(current_setting('muster.credential_hash'::text, true), ''::text) AS "nullif")));
create policy engine on identity_api_keys for all to muster_engine using (true) with check (true);
create policy tenant on identity_api_keys for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on identity_api_keys to muster_app;
grant delete, insert, select, update on identity_api_keys to muster_engine;

create table identity_organizations (
  organization_id uuid not null,
  name text not null,
  created_at timestamp with time zone not null default muster_now(),
  constraint identity_organizations_pkey PRIMARY KEY (organization_id)
);
alter table identity_organizations enable row level security;
alter table identity_organizations force row level security;
create policy engine on identity_organizations for all to muster_engine using (true) with check (true);
create policy tenant on identity_organizations for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on identity_organizations to muster_app;
grant delete, insert, select, update on identity_organizations to muster_engine;

create table installation (
  single boolean not null default true,
  id uuid not null default gen_random_uuid(),
  epoch integer not null default 1,
  created_at timestamp with time zone not null default now(),
  constraint installation_pkey PRIMARY KEY (single),
  constraint installation_single_check CHECK (single)
);
grant select, update on installation to muster_engine;

create table jobs (
  organization_id uuid not null,
  kind text not null,
  key text not null,
  project_id uuid,
  payload jsonb not null,
  due_at timestamp with time zone not null default muster_now(),
  lease_token uuid,
  attempts integer not null default 0,
  leases_lost integer not null default 0,
  last_error text,
  dead_at timestamp with time zone,
  created_at timestamp with time zone not null default muster_now(),
  abandoned boolean not null default false,
  constraint jobs_pkey PRIMARY KEY (organization_id, kind, key)
);
CREATE INDEX jobs_dead ON public.jobs USING btree (dead_at) WHERE (dead_at IS NOT NULL);
CREATE INDEX jobs_due ON public.jobs USING btree (kind, due_at) WHERE (dead_at IS NULL);
CREATE INDEX jobs_turns ON public.jobs USING btree (kind, organization_id, due_at) WHERE (dead_at IS NULL);
alter table jobs enable row level security;
alter table jobs force row level security;
create policy engine on jobs for all to muster_engine using (true) with check (true);
create policy tenant on jobs for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on jobs to muster_app;
grant delete, insert, select, update on jobs to muster_engine;

create table journal_cursor (
  single boolean not null default true,
  epoch integer not null,
  next_xid xid8 not null,
  constraint journal_cursor_pkey PRIMARY KEY (single),
  constraint journal_cursor_single_check CHECK (single)
);
grant select, update on journal_cursor to muster_engine;

create table journal_entries (
  organization_id uuid not null,
  id uuid not null,
  epoch integer not null,
  xid xid8 not null default pg_current_xact_id(),
  at timestamp with time zone not null default muster_now(),
  events json storage external not null,
  constraint journal_entries_pkey PRIMARY KEY (organization_id, id)
) with (toast_tuple_target=8160);
CREATE INDEX journal_entries_by_xid ON public.journal_entries USING btree (epoch, xid);
alter table journal_entries enable row level security;
alter table journal_entries force row level security;
create policy engine on journal_entries for all to muster_engine using (true) with check (true);
create policy tenant on journal_entries for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on journal_entries to muster_app;
grant delete, insert, select, update on journal_entries to muster_engine;

create table journal_heads (
  organization_id uuid not null,
  next_number bigint not null,
  head bytea not null,
  constraint journal_heads_pkey PRIMARY KEY (organization_id)
);
alter table journal_heads enable row level security;
alter table journal_heads force row level security;
create policy engine on journal_heads for all to muster_engine using (true) with check (true);
create policy tenant on journal_heads for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on journal_heads to muster_app;
grant delete, insert, select, update on journal_heads to muster_engine;

create table journal_listeners (
  organization_id uuid not null,
  name text not null,
  next_number bigint not null,
  constraint journal_listeners_pkey PRIMARY KEY (organization_id, name)
);
alter table journal_listeners enable row level security;
alter table journal_listeners force row level security;
create policy engine on journal_listeners for all to muster_engine using (true) with check (true);
create policy tenant on journal_listeners for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on journal_listeners to muster_app;
grant delete, insert, select, update on journal_listeners to muster_engine;

create table journal_retired (
  organization_id uuid not null,
  through_number bigint not null,
  head bytea not null,
  retired_at timestamp with time zone not null default muster_now(),
  constraint journal_retired_pkey PRIMARY KEY (organization_id)
);
alter table journal_retired enable row level security;
alter table journal_retired force row level security;
create policy engine on journal_retired for all to muster_engine using (true) with check (true);
create policy tenant on journal_retired for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on journal_retired to muster_app;
grant delete, insert, select, update on journal_retired to muster_engine;

create table journal_segments (
  organization_id uuid not null,
  first_number bigint not null,
  event_count integer not null,
  epoch integer not null,
  parts json not null,
  subject_ids uuid[] not null,
  merkle_root bytea not null,
  previous_head bytea not null,
  head bytea not null,
  signer text not null,
  signature bytea not null,
  sealed_at timestamp with time zone not null default muster_now(),
  constraint journal_segments_pkey PRIMARY KEY (organization_id, first_number),
  constraint journal_segments_event_count_check CHECK (((event_count >= 1) AND (event_count <= 512)))
);
CREATE INDEX journal_segments_by_subject ON public.journal_segments USING gin (subject_ids);
alter table journal_segments enable row level security;
alter table journal_segments force row level security;
create policy engine on journal_segments for all to muster_engine using (true) with check (true);
create policy tenant on journal_segments for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on journal_segments to muster_app;
grant delete, insert, select, update on journal_segments to muster_engine;

create table judge_approved_results (
  organization_id uuid not null,
  goal_id uuid,
  task_id uuid not null,
  run_id uuid not null,
  texts json not null,
  approved_at timestamp with time zone not null default muster_now(),
  constraint judge_approved_results_pkey PRIMARY KEY (organization_id, run_id)
);
CREATE INDEX judge_approved_results_by_goal ON public.judge_approved_results USING btree (organization_id, goal_id) WHERE (goal_id IS NOT NULL);
alter table judge_approved_results enable row level security;
alter table judge_approved_results force row level security;
create policy engine on judge_approved_results for all to muster_engine using (true) with check (true);
create policy tenant on judge_approved_results for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on judge_approved_results to muster_app;
grant delete, insert, select, update on judge_approved_results to muster_engine;

create table judge_scores (
  organization_id uuid not null,
  run_id uuid not null,
  rubric text not null,
  output_sha256 text not null,
  score double precision,
  reasoning text not null,
  model text not null,
  prompts text not null,
  created_at timestamp with time zone not null default muster_now(),
  constraint judge_scores_pkey PRIMARY KEY (organization_id, run_id, rubric)
);
alter table judge_scores enable row level security;
alter table judge_scores force row level security;
create policy engine on judge_scores for all to muster_engine using (true) with check (true);
create policy tenant on judge_scores for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on judge_scores to muster_app;
grant delete, insert, select, update on judge_scores to muster_engine;

create table judge_verdicts (
  organization_id uuid not null,
  id uuid not null,
  run_id uuid not null,
  task_id uuid not null,
  project_id uuid not null,
  quality double precision,
  confidence double precision not null,
  route_to text not null,
  route_row smallint not null,
  policy_version integer not null,
  output_sha256 text not null,
  findings json not null,
  at timestamp with time zone not null default muster_now(),
  constraint judge_verdicts_pkey PRIMARY KEY (organization_id, id),
  constraint judge_verdicts_route_to_check CHECK ((route_to = ANY (ARRAY['commit'::text, 'retry'::text, 'approval'::text])))
);
CREATE INDEX judge_verdicts_by_task ON public.judge_verdicts USING btree (organization_id, task_id, id);
alter table judge_verdicts enable row level security;
alter table judge_verdicts force row level security;
create policy engine on judge_verdicts for all to muster_engine using (true) with check (true);
create policy tenant on judge_verdicts for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on judge_verdicts to muster_app;
grant delete, insert, select, update on judge_verdicts to muster_engine;

create table migrations (
  name text not null,
  applied_at timestamp with time zone not null default now(),
  constraint migrations_pkey PRIMARY KEY (name)
);

create table planner_goal_counters (
  organization_id uuid not null,
  project_id uuid not null,
  last_number integer not null,
  constraint planner_goal_counters_pkey PRIMARY KEY (organization_id, project_id),
  constraint planner_goal_counters_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects(organization_id, id) ON DELETE CASCADE
) with (fillfactor=50);
alter table planner_goal_counters enable row level security;
alter table planner_goal_counters force row level security;
create policy engine on planner_goal_counters for all to muster_engine using (true) with check (true);
create policy tenant on planner_goal_counters for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on planner_goal_counters to muster_app;
grant delete, insert, select, update on planner_goal_counters to muster_engine;

create table planner_goals (
  organization_id uuid not null,
  id uuid not null,
  project_id uuid not null,
  title text not null,
  text text,
  status text not null,
  reason text,
  strategy text not null,
  plan_revision integer not null,
  priority smallint not null,
  artifacts json not null,
  variables json not null,
  playbook text,
  rerun_of uuid,
  created_by json not null,
  open_tasks integer not null,
  leaf_failed boolean not null default false,
  created_at timestamp with time zone not null default muster_now(),
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  number integer,
  planner_model text,
  constraint planner_goals_pkey PRIMARY KEY (organization_id, id),
  constraint planner_goals_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects(organization_id, id) ON DELETE CASCADE,
  constraint planner_goals_status_check CHECK ((status = ANY (ARRAY['planning'::text, 'awaiting_approval'::text, 'running'::text, 'paused'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
) with (fillfactor=50);
CREATE UNIQUE INDEX planner_goals_by_number ON public.planner_goals USING btree (organization_id, number, project_id);
CREATE INDEX planner_goals_by_project ON public.planner_goals USING btree (organization_id, project_id, id);
alter table planner_goals enable row level security;
alter table planner_goals force row level security;
create policy engine on planner_goals for all to muster_engine using (true) with check (true);
create policy tenant on planner_goals for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on planner_goals to muster_app;
grant delete, insert, select, update on planner_goals to muster_engine;

create table planner_plans (
  id uuid not null,
  organization_id uuid not null,
  goal_id uuid not null,
  revision integer not null,
  plan json not null,
  reason text not null,
  created_by json not null,
  created_at timestamp with time zone not null default muster_now(),
  constraint planner_plans_pkey PRIMARY KEY (organization_id, goal_id, revision),
  constraint planner_plans_organization_id_goal_id_fkey FOREIGN KEY (organization_id, goal_id) REFERENCES planner_goals(organization_id, id) ON DELETE CASCADE
);
alter table planner_plans enable row level security;
alter table planner_plans force row level security;
create policy engine on planner_plans for all to muster_engine using (true) with check (true);
create policy tenant on planner_plans for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on planner_plans to muster_app;
grant delete, insert, select, update on planner_plans to muster_engine;

create table planner_project_turns (
  organization_id uuid not null,
  project_id uuid not null,
  served_at timestamp with time zone not null,
  constraint planner_project_turns_pkey PRIMARY KEY (organization_id, project_id)
) with (fillfactor=50);
alter table planner_project_turns enable row level security;
alter table planner_project_turns force row level security;
create policy engine on planner_project_turns for all to muster_engine using (true) with check (true);
create policy tenant on planner_project_turns for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on planner_project_turns to muster_app;
grant delete, insert, select, update on planner_project_turns to muster_engine;

create table planner_task_edges (
  organization_id uuid not null,
  from_id uuid not null,
  to_id uuid not null,
  on_failure text not null,
  constraint planner_task_edges_pkey PRIMARY KEY (organization_id, from_id, to_id)
);
CREATE INDEX planner_task_edges_by_target ON public.planner_task_edges USING btree (organization_id, to_id, from_id);
alter table planner_task_edges enable row level security;
alter table planner_task_edges force row level security;
create policy engine on planner_task_edges for all to muster_engine using (true) with check (true);
create policy tenant on planner_task_edges for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on planner_task_edges to muster_app;
grant delete, insert, select, update on planner_task_edges to muster_engine;

create table planner_task_feedback (
  organization_id uuid not null,
  id bigint not null,
  task_id uuid not null,
  at timestamp with time zone not null default muster_now(),
  "from" text not null,
  text text not null,
  violations json not null,
  constraint planner_task_feedback_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX planner_task_feedback_by_task ON public.planner_task_feedback USING btree (organization_id, task_id, at);
alter table planner_task_feedback enable row level security;
alter table planner_task_feedback force row level security;
create policy engine on planner_task_feedback for all to muster_engine using (true) with check (true);
create policy tenant on planner_task_feedback for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on planner_task_feedback to muster_app;
grant delete, insert, select, update on planner_task_feedback to muster_engine;

create table planner_task_outputs (
  organization_id uuid not null,
  task_id uuid not null,
  run_id uuid,
  output json not null,
  sha256 text not null,
  constraint planner_task_outputs_pkey PRIMARY KEY (organization_id, task_id)
);
alter table planner_task_outputs enable row level security;
alter table planner_task_outputs force row level security;
create policy engine on planner_task_outputs for all to muster_engine using (true) with check (true);
create policy tenant on planner_task_outputs for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on planner_task_outputs to muster_app;
grant delete, insert, select, update on planner_task_outputs to muster_engine;

create table planner_task_queue (
  organization_id uuid not null,
  task_id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  priority smallint not null,
  capability text not null,
  agent_id uuid not null,
  cost_micro_usd bigint not null,
  tokens bigint not null,
  available_at timestamp with time zone not null,
  constraint planner_task_queue_pkey PRIMARY KEY (organization_id, task_id)
);
CREATE INDEX planner_task_queue_by_goal ON public.planner_task_queue USING btree (organization_id, goal_id) WHERE (goal_id IS NOT NULL);
CREATE INDEX planner_task_queue_lanes ON public.planner_task_queue USING btree (priority, organization_id, project_id, capability, agent_id, available_at, task_id);
alter table planner_task_queue enable row level security;
alter table planner_task_queue force row level security;
create policy engine on planner_task_queue for all to muster_engine using (true) with check (true);
create policy tenant on planner_task_queue for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on planner_task_queue to muster_app;
grant delete, insert, select, update on planner_task_queue to muster_engine;

create table planner_task_states (
  organization_id uuid not null,
  id uuid not null,
  goal_id uuid,
  status text not null,
  reason text,
  waits_on integer not null,
  step text not null default 'run'::text,
  leases integer not null default 0,
  attempts smallint not null default 0,
  leases_lost smallint not null default 0,
  retries smallint not null default 0,
  conflicts smallint not null default 0,
  run_id uuid,
  ready_at timestamp with time zone,
  ended_at timestamp with time zone,
  constraint planner_task_states_pkey PRIMARY KEY (organization_id, id),
  constraint planner_task_states_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'ready'::text, 'running'::text, 'in_review'::text, 'awaiting_approval'::text, 'acting'::text, 'done'::text, 'failed'::text, 'rejected'::text, 'skipped'::text, 'cancelled'::text]))),
  constraint planner_task_states_step_check CHECK ((step = ANY (ARRAY['run'::text, 'expand'::text, 'join'::text, 'approve'::text])))
) with (fillfactor=40);
CREATE INDEX planner_task_states_by_goal ON public.planner_task_states USING btree (organization_id, goal_id) WHERE (goal_id IS NOT NULL);
alter table planner_task_states enable row level security;
alter table planner_task_states force row level security;
create policy engine on planner_task_states for all to muster_engine using (true) with check (true);
create policy tenant on planner_task_states for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on planner_task_states to muster_app;
grant delete, insert, select, update on planner_task_states to muster_engine;

create table planner_tasks (
  organization_id uuid not null,
  id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  revision integer not null,
  key text not null,
  title text not null,
  kind text not null default 'work'::text,
  capability text not null,
  agent_id uuid,
  priority smallint not null,
  cost_micro_usd bigint not null,
  tokens bigint not null,
  timeout_ms integer not null,
  attempts_max smallint not null,
  input json not null,
  spec json not null,
  parent_id uuid,
  item_index integer,
  retry_of uuid,
  superseded_in integer,
  created_by json not null,
  created_at timestamp with time zone not null default muster_now(),
  constraint planner_tasks_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX planner_tasks_by_goal ON public.planner_tasks USING btree (organization_id, goal_id, id) WHERE (goal_id IS NOT NULL);
CREATE INDEX planner_tasks_by_parent ON public.planner_tasks USING btree (organization_id, parent_id) WHERE (parent_id IS NOT NULL);
CREATE INDEX planner_tasks_by_project ON public.planner_tasks USING btree (organization_id, project_id, id);
alter table planner_tasks enable row level security;
alter table planner_tasks force row level security;
create policy engine on planner_tasks for all to muster_engine using (true) with check (true);
create policy tenant on planner_tasks for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on planner_tasks to muster_app;
grant delete, insert, select, update on planner_tasks to muster_engine;

create table processes (
  id uuid not null,
  lock_key bigint not null,
  host text not null,
  pid integer not null,
  services text[] not null,
  started_at timestamp with time zone not null default muster_now(),
  seen_at timestamp with time zone not null default muster_now(),
  constraint processes_pkey PRIMARY KEY (id)
);
grant delete, insert, select, update on processes to muster_engine;

create table projects (
  organization_id uuid not null,
  id uuid not null,
  name text not null,
  description text,
  status text not null default 'active'::text,
  oversight text not null,
  policy_version integer not null,
  stopped boolean not null default false,
  organization_stopped boolean not null default false,
  created_at timestamp with time zone not null default muster_now(),
  time_zone text not null default 'UTC'::text,
  constraint projects_pkey PRIMARY KEY (organization_id, id),
  constraint projects_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity_organizations(organization_id),
  constraint projects_oversight_check CHECK ((oversight = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text]))),
  constraint projects_status_check CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text])))
);
alter table projects enable row level security;
alter table projects force row level security;
create policy engine on projects for all to muster_engine using (true) with check (true);
create policy tenant on projects for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on projects to muster_app;
grant delete, insert, select, update on projects to muster_engine;

create table projects_policies (
  organization_id uuid not null,
  project_id uuid not null,
  version integer not null,
  policy json not null,
  rolled_back_to integer,
  changed_by json not null,
  created_at timestamp with time zone not null default muster_now(),
  constraint projects_policies_pkey PRIMARY KEY (organization_id, project_id, version),
  constraint projects_policies_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects(organization_id, id) ON DELETE CASCADE
);
alter table projects_policies enable row level security;
alter table projects_policies force row level security;
create policy engine on projects_policies for all to muster_engine using (true) with check (true);
create policy tenant on projects_policies for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on projects_policies to muster_app;
grant delete, insert, select, update on projects_policies to muster_engine;

create table projects_stops (
  organization_id uuid not null,
  id uuid not null,
  scope_kind text not null,
  scope_id uuid not null,
  reason text not null,
  raised_by json not null,
  raised_at timestamp with time zone not null default muster_now(),
  lifted_by json,
  lifted_at timestamp with time zone,
  constraint projects_stops_pkey PRIMARY KEY (organization_id, id),
  constraint projects_stops_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity_organizations(organization_id),
  constraint projects_stops_scope_kind_check CHECK ((scope_kind = ANY (ARRAY['organization'::text, 'project'::text, 'agent'::text])))
);
CREATE UNIQUE INDEX projects_stops_in_force ON public.projects_stops USING btree (organization_id, scope_kind, scope_id) WHERE (lifted_at IS NULL);
alter table projects_stops enable row level security;
alter table projects_stops force row level security;
create policy engine on projects_stops for all to muster_engine using (true) with check (true);
create policy tenant on projects_stops for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on projects_stops to muster_app;
grant delete, insert, select, update on projects_stops to muster_engine;

create table signers (
  id text not null,
  public_key text not null,
  first_seen_at timestamp with time zone not null default now(),
  constraint signers_pkey PRIMARY KEY (id)
);
grant insert, select on signers to muster_engine;

create table state_commit_conflicts (
  organization_id uuid not null,
  id uuid not null,
  project_id uuid,
  goal_id uuid,
  task_id uuid,
  run_id uuid,
  moved json not null,
  refused_at timestamp with time zone not null default muster_now(),
  constraint state_commit_conflicts_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX state_commit_conflicts_by_task ON public.state_commit_conflicts USING btree (organization_id, task_id);
alter table state_commit_conflicts enable row level security;
alter table state_commit_conflicts force row level security;
create policy engine on state_commit_conflicts for all to muster_engine using (true) with check (true);
create policy tenant on state_commit_conflicts for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on state_commit_conflicts to muster_app;
grant delete, insert, select, update on state_commit_conflicts to muster_engine;

create table state_commits (
  organization_id uuid not null,
  id uuid not null,
  project_id uuid,
  goal_id uuid,
  task_id uuid,
  run_id uuid,
  committed_by json not null,
  read_set json not null,
  written json not null,
  committed_at timestamp with time zone not null default muster_now(),
  constraint state_commits_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX state_commits_by_project ON public.state_commits USING btree (organization_id, project_id, id);
CREATE INDEX state_commits_by_task ON public.state_commits USING btree (organization_id, task_id, id) WHERE (task_id IS NOT NULL);
alter table state_commits enable row level security;
alter table state_commits force row level security;
create policy engine on state_commits for all to muster_engine using (true) with check (true);
create policy tenant on state_commits for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on state_commits to muster_app;
grant delete, insert, select, update on state_commits to muster_engine;

create table state_document_versions (
  organization_id uuid not null,
  scope text not null,
  scope_id uuid not null,
  document text collate "C" not null,
  version integer not null,
  value json not null,
  commit_id uuid not null,
  committed_at timestamp with time zone not null default muster_now(),
  constraint state_document_versions_pkey PRIMARY KEY (organization_id, scope, scope_id, document, version)
);
alter table state_document_versions enable row level security;
alter table state_document_versions force row level security;
create policy engine on state_document_versions for all to muster_engine using (true) with check (true);
create policy tenant on state_document_versions for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on state_document_versions to muster_app;
grant delete, insert, select, update on state_document_versions to muster_engine;

create table state_documents (
  organization_id uuid not null,
  scope text not null,
  scope_id uuid not null,
  document text collate "C" not null,
  version integer not null,
  constraint state_documents_pkey PRIMARY KEY (organization_id, scope, scope_id, document),
  constraint state_documents_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES identity_organizations(organization_id),
  constraint state_documents_scope_check CHECK ((scope = ANY (ARRAY['project'::text, 'agent'::text])))
) with (fillfactor=70);
alter table state_documents enable row level security;
alter table state_documents force row level security;
create policy engine on state_documents for all to muster_engine using (true) with check (true);
create policy tenant on state_documents for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on state_documents to muster_app;
grant delete, insert, select, update on state_documents to muster_engine;

create table worker_live_runs (
  organization_id uuid not null,
  run_id uuid not null,
  task_id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  agent_id uuid not null,
  kind text not null default 'work'::text,
  token integer not null,
  process_id uuid,
  claimed_by json not null,
  claimed_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  deadline_at timestamp with time zone not null,
  read_set json not null,
  progress json,
  artifact_ids uuid[] not null default '{}'::uuid[],
  constraint worker_live_runs_pkey PRIMARY KEY (organization_id, run_id),
  constraint worker_live_runs_kind_check CHECK ((kind = ANY (ARRAY['work'::text, 'judge'::text])))
) with (fillfactor=70);
CREATE UNIQUE INDEX worker_live_runs_one_a_task ON public.worker_live_runs USING btree (organization_id, task_id) WHERE (kind = 'work'::text);
alter table worker_live_runs enable row level security;
alter table worker_live_runs force row level security;
create policy engine on worker_live_runs for all to muster_engine using (true) with check (true);
create policy tenant on worker_live_runs for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on worker_live_runs to muster_app;
grant delete, insert, select, update on worker_live_runs to muster_engine;

create table worker_review_queue (
  organization_id uuid not null,
  run_id uuid not null,
  task_id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  available_at timestamp with time zone not null,
  constraint worker_review_queue_pkey PRIMARY KEY (organization_id, run_id)
);
CREATE INDEX worker_review_queue_by_time ON public.worker_review_queue USING btree (available_at);
alter table worker_review_queue enable row level security;
alter table worker_review_queue force row level security;
create policy engine on worker_review_queue for all to muster_engine using (true) with check (true);
create policy tenant on worker_review_queue for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on worker_review_queue to muster_app;
grant delete, insert, select, update on worker_review_queue to muster_engine;

create table worker_run_checkpoints (
  organization_id uuid not null,
  task_id uuid not null,
  run_id uuid not null,
  agent_id uuid not null,
  checkpoint json not null,
  question text not null,
  asked_at timestamp with time zone not null default muster_now(),
  answer json,
  constraint worker_run_checkpoints_pkey PRIMARY KEY (organization_id, task_id)
);
alter table worker_run_checkpoints enable row level security;
alter table worker_run_checkpoints force row level security;
create policy engine on worker_run_checkpoints for all to muster_engine using (true) with check (true);
create policy tenant on worker_run_checkpoints for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on worker_run_checkpoints to muster_app;
grant delete, insert, select, update on worker_run_checkpoints to muster_engine;

create table worker_run_logs (
  organization_id uuid not null,
  id uuid not null,
  task_id uuid not null,
  run_id uuid not null,
  at timestamp with time zone not null,
  level text not null,
  text text not null,
  constraint worker_run_logs_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX worker_run_logs_by_age ON public.worker_run_logs USING brin (id);
CREATE INDEX worker_run_logs_by_task ON public.worker_run_logs USING btree (organization_id, task_id, id);
alter table worker_run_logs enable row level security;
alter table worker_run_logs force row level security;
create policy engine on worker_run_logs for all to muster_engine using (true) with check (true);
create policy tenant on worker_run_logs for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on worker_run_logs to muster_app;
grant delete, insert, select, update on worker_run_logs to muster_engine;

create table worker_runs (
  organization_id uuid not null,
  id uuid not null,
  task_id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  agent_id uuid not null,
  token integer not null,
  status text not null,
  claimed_by json not null,
  completed_by json,
  claimed_at timestamp with time zone not null,
  ended_at timestamp with time zone not null,
  read_set json not null,
  output json,
  output_sha256 text,
  artifact_ids uuid[] not null default '{}'::uuid[],
  confidence double precision,
  usage json,
  error json,
  constraint worker_runs_pkey PRIMARY KEY (organization_id, id),
  constraint worker_runs_status_check CHECK ((status = ANY (ARRAY['finished'::text, 'failed'::text, 'lost'::text, 'given_back'::text, 'cancelled'::text])))
);
CREATE INDEX worker_runs_by_agent ON public.worker_runs USING btree (organization_id, agent_id, id);
CREATE INDEX worker_runs_by_end ON public.worker_runs USING brin (ended_at);
CREATE INDEX worker_runs_by_task ON public.worker_runs USING btree (organization_id, task_id, id);
alter table worker_runs enable row level security;
alter table worker_runs force row level security;
create policy engine on worker_runs for all to muster_engine using (true) with check (true);
create policy tenant on worker_runs for all to muster_app using ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id))) with check ((organization_id = ( SELECT muster_organization_id() AS muster_organization_id)));
grant delete, insert, select, update on worker_runs to muster_app;
grant delete, insert, select, update on worker_runs to muster_engine;

create view agents_gate_v with (security_invoker=true) as
  SELECT organization_id, id AS agent_id, name, runtime, capabilities, status, stopped, seen_at, metered FROM agents;
grant select, update on agents_gate_v to muster_app;
grant select, update on agents_gate_v to muster_engine;

create view agents_list_v with (security_invoker=true) as
  SELECT organization_id, id AS agent_id, name, description, runtime, capabilities, status, stopped, online, seen_at, live_runs_max, metadata, created_at, settings, persona_version, persona_name, metered FROM agents;
grant select on agents_list_v to muster_app;
grant select on agents_list_v to muster_engine;

create view approvals_answers_v with (security_invoker=true) as
  SELECT organization_id, approval_id, id AS answer_id, answered_by, action, at, effective_at, revoked_at FROM approvals_answers;
grant select on approvals_answers_v to muster_app;
grant select on approvals_answers_v to muster_engine;

create view approvals_questions_v with (security_invoker=true) as
  SELECT organization_id, id AS approval_id, project_id, goal_id, task_id, run_id, subject_kind, status, question, rule, risk, snoozed_until, due_at, effective_at, decided_by_answer, created_at FROM approvals;
grant select on approvals_questions_v to muster_app;
grant select on approvals_questions_v to muster_engine;

create view approvals_titles_v with (security_invoker=true) as
  SELECT organization_id, id AS approval_id, project_id, goal_id, question, status FROM approvals;
grant select on approvals_titles_v to muster_app;
grant select on approvals_titles_v to muster_engine;

create view approvals_waiting_v with (security_invoker=true) as
  SELECT organization_id, id AS approval_id, project_id, goal_id, task_id, run_id, subject_kind, subject_id, rule, tags, risk, status, snoozed_until, due_at, effective_at, created_at FROM approvals WHERE (status = ANY (ARRAY['open'::text, 'decided'::text]));
grant select on approvals_waiting_v to muster_app;
grant select on approvals_waiting_v to muster_engine;

create view artifacts_names_v with (security_invoker=true) as
  SELECT organization_id, id AS artifact_id, project_id, goal_id, name, type FROM artifacts;
grant select on artifacts_names_v to muster_app;
grant select on artifacts_names_v to muster_engine;

create view budgets_charges_v with (security_invoker=true) as
  SELECT organization_id, id, project_id, goal_id, task_id, agent_id, category, cost_micro_usd, tokens, unknown_usage, charged_at, source FROM budgets_charges;
grant select on budgets_charges_v to muster_app;
grant select on budgets_charges_v to muster_engine;

create view budgets_holds_v with (security_invoker=true) as
  SELECT organization_id, id, cost_micro_usd, tokens FROM budgets_holds;
grant select on budgets_holds_v to muster_app;
grant select on budgets_holds_v to muster_engine;

create view budgets_limits_v with (security_invoker=true) as
  SELECT organization_id, id AS limit_id, scope_kind, scope_id FROM budgets_limits;
grant select on budgets_limits_v to muster_app;
grant select on budgets_limits_v to muster_engine;

create view budgets_reservations_v with (security_invoker=true) as
  SELECT organization_id, id, cost_micro_usd, tokens FROM budgets_reservations;
grant select on budgets_reservations_v to muster_app;
grant select on budgets_reservations_v to muster_engine;

create view budgets_versions_v with (security_invoker=true) as
  SELECT organization_id, ((version || ' '::text) || (floor((EXTRACT(epoch FROM muster_now()) / (900)::numeric)))::bigint) AS budget_version FROM budgets_versions;
grant select on budgets_versions_v to muster_app;
grant select on budgets_versions_v to muster_engine;

create view identity_keys_v with (security_invoker=true) as
  SELECT organization_id, id AS key_id, agent_id, permissions, model_requests_per_minute, model_tokens_per_minute FROM identity_api_keys WHERE (revoked_at IS NULL);
grant select on identity_keys_v to muster_app;
grant select on identity_keys_v to muster_engine;

create view planner_edges_v with (security_invoker=true) as
  SELECT organization_id, from_id, to_id, on_failure FROM planner_task_edges;
grant select on planner_edges_v to muster_app;
grant select on planner_edges_v to muster_engine;

create view planner_goal_times_v with (security_invoker=true) as
  SELECT organization_id, id AS goal_id, project_id, title, status, reason, rerun_of, plan_revision, created_at, started_at, ended_at FROM planner_goals;
grant select on planner_goal_times_v to muster_app;
grant select on planner_goal_times_v to muster_engine;

create view planner_goals_v with (security_invoker=true) as
  SELECT organization_id, id AS goal_id, project_id, title, status, reason, number FROM planner_goals;
grant select on planner_goals_v to muster_app;
grant select on planner_goals_v to muster_engine;

create view planner_outputs_v with (security_invoker=true) as
  SELECT organization_id, task_id, run_id, output, sha256 FROM planner_task_outputs;
grant select on planner_outputs_v to muster_app;
grant select on planner_outputs_v to muster_engine;

create view planner_plans_v with (security_invoker=true) as
  SELECT organization_id, goal_id, revision, reason, created_by, created_at FROM planner_plans;
grant select on planner_plans_v to muster_app;
grant select on planner_plans_v to muster_engine;

create view planner_ready_v with (security_invoker=true) as
  SELECT organization_id, task_id, project_id, goal_id, priority, capability, agent_id, cost_micro_usd, tokens, available_at FROM planner_task_queue;
grant select on planner_ready_v to muster_app;
grant select on planner_ready_v to muster_engine;

create view planner_tasks_v with (security_invoker=true) as
  SELECT t.organization_id, t.id AS task_id, t.project_id, t.goal_id, t.key, t.title, t.capability, t.agent_id, t.cost_micro_usd, t.tokens, t.superseded_in, s.status, s.reason, s.waits_on, s.step, s.ready_at, s.ended_at, t.revision, t.created_at, t.created_by, t.parent_id, s.attempts, s.leases_lost, s.retries, s.conflicts FROM (planner_tasks t JOIN planner_task_states s ON (((s.organization_id = t.organization_id) AND (s.id = t.id))));
grant select on planner_tasks_v to muster_app;
grant select on planner_tasks_v to muster_engine;

create view planner_turns_v with (security_invoker=true) as
  SELECT organization_id, project_id, served_at FROM planner_project_turns;
grant select on planner_turns_v to muster_app;
grant select on planner_turns_v to muster_engine;

create view projects_gate_v with (security_invoker=true) as
  SELECT organization_id, id AS project_id, status, (stopped OR organization_stopped) AS stopped, policy_version, oversight FROM projects;
grant select, update on projects_gate_v to muster_app;
grant select, update on projects_gate_v to muster_engine;

create view projects_list_v with (security_invoker=true) as
  SELECT organization_id, id AS project_id, name FROM projects;
grant select on projects_list_v to muster_app;
grant select on projects_list_v to muster_engine;

create view projects_names_v with (security_invoker=true) as
  SELECT organization_id, id AS project_id, name, status FROM projects;
grant select on projects_names_v to muster_app;
grant select on projects_names_v to muster_engine;

create view projects_stop_v with (security_invoker=true) as
  SELECT organization_id, id, scope_kind, scope_id, reason, raised_by, raised_at FROM projects_stops WHERE (lifted_at IS NULL);
grant select on projects_stop_v to muster_app;
grant select on projects_stop_v to muster_engine;

create view projects_zones_v with (security_invoker=true) as
  SELECT organization_id, id AS project_id, time_zone FROM projects;
grant select on projects_zones_v to muster_app;
grant select on projects_zones_v to muster_engine;

create view state_commits_v with (security_invoker=true) as
  SELECT organization_id, id AS commit_id, project_id, goal_id, task_id, run_id, committed_by, written, committed_at FROM state_commits;
grant select on state_commits_v to muster_app;
grant select on state_commits_v to muster_engine;

create view state_conflicts_v with (security_invoker=true) as
  SELECT organization_id, id AS conflict_id, project_id, goal_id, task_id, run_id, moved, refused_at FROM state_commit_conflicts;
grant select on state_conflicts_v to muster_app;
grant select on state_conflicts_v to muster_engine;

create view state_keys_v with (security_invoker=true) as
  SELECT organization_id, scope, scope_id, document, version FROM state_documents;
grant select on state_keys_v to muster_app;
grant select on state_keys_v to muster_engine;

create view state_task_commits_v with (security_invoker=true) as
  SELECT organization_id, task_id, id AS commit_id, written, committed_at FROM state_commits WHERE (task_id IS NOT NULL);
grant select on state_task_commits_v to muster_app;
grant select on state_task_commits_v to muster_engine;

create view state_versions_v with (security_invoker=true) as
  SELECT organization_id, scope, scope_id, document, version, value, commit_id, committed_at FROM state_document_versions;
grant select on state_versions_v to muster_app;
grant select on state_versions_v to muster_engine;

create view worker_live_v with (security_invoker=true) as
  SELECT organization_id, run_id, task_id, project_id, goal_id, agent_id, kind, process_id, claimed_at, expires_at, token, deadline_at, progress, read_set, artifact_ids FROM worker_live_runs;
grant select on worker_live_v to muster_app;
grant select on worker_live_v to muster_engine;

create view worker_reviews_v with (security_invoker=true) as
  SELECT organization_id, run_id, task_id, project_id, available_at FROM worker_review_queue;
grant select on worker_reviews_v to muster_app;
grant select on worker_reviews_v to muster_engine;

create view worker_runs_v with (security_invoker=true) as
  SELECT organization_id, id AS run_id, task_id, project_id, goal_id, agent_id, status, claimed_at, ended_at, error, token, read_set, output, output_sha256, artifact_ids, confidence, usage FROM worker_runs;
grant select on worker_runs_v to muster_app;
grant select on worker_runs_v to muster_engine;
