-- Breaks running servers: no (first migrations).
-- A limit on one scope. Null: that measure is not limited. `live_runs` counts runs under lease and has no window.
create table budgets_limits (
  organization_id uuid not null references identity_organizations,
  id uuid not null,
  scope_kind text not null check (scope_kind in ('organization', 'project', 'campaign', 'goal', 'agent')),
  scope_id uuid not null,
  budget_window text not null check (budget_window in ('day', 'goal', 'run', 'total')),
  cost_micro_usd bigint,
  tokens bigint,
  live_runs bigint,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, id),
  unique (organization_id, scope_kind, scope_id, budget_window)
);
select muster_protect('budgets_limits');

-- When the current window of a limit began: a day in UTC; the others have one window only.
create function budgets_window_start(budget_window text) returns timestamptz language sql stable as $$
  select case budget_window when 'day' then date_trunc('day', muster_now() at time zone 'UTC') at time zone 'UTC'
    else '1970-01-01T00:00:00Z'::timestamptz end $$;

-- What a limit's window has held and used. One narrow row a window, in place; where each goal counts by itself, one a goal,
-- else the goal is nil. Without a foreign key, so that settling a hold never fails because its limit was removed.
create table budgets_balances (
  organization_id uuid not null,
  limit_id uuid not null,
  window_start timestamptz not null,
  goal_id uuid not null,
  held_micro_usd bigint not null default 0,
  held_tokens bigint not null default 0,
  used_micro_usd bigint not null default 0,
  used_tokens bigint not null default 0,
  -- whether the journal has it that nine tenths are used, and that more than the limit was
  warned boolean not null default false,
  closed boolean not null default false,
  primary key (organization_id, limit_id, window_start, goal_id)
) with (fillfactor = 50);
select muster_protect('budgets_balances');

create table budgets_holds (
  organization_id uuid not null,
  -- of the run, or of the attempt to call a model, that it is for
  id uuid not null,
  cost_micro_usd bigint not null,
  tokens bigint not null,
  -- [{limit_id, window_start, goal_id}]: the balances it stands in
  balances json not null,
  primary key (organization_id, id)
);
select muster_protect('budgets_holds');

create table budgets_charges (
  organization_id uuid not null,
  -- of the run, attempt or lost reservation that was paid for
  id uuid not null,
  -- null for a call of a model outside of any project
  project_id uuid,
  goal_id uuid,
  task_id uuid,
  agent_id uuid,
  category text not null,
  cost_micro_usd bigint not null,
  tokens bigint not null,
  unknown_usage boolean not null default false,
  charged_at timestamptz not null default muster_now(),
  -- what was paid for: a run, or a call of a model
  source text not null default 'run' check (source in ('run', 'call')),
  primary key (organization_id, id)
);
create index budgets_charges_by_time on budgets_charges (organization_id, charged_at);
select muster_protect('budgets_charges');

-- What processes reserve for calls of models to come, so that a call writes nothing before it leaves. A reservation counts in
-- balances like any hold; what its calls use, or keep by themselves, is taken out of it.
create table budgets_reservations (
  organization_id uuid not null,
  id uuid not null,
  process_id uuid not null,
  project_id uuid,
  goal_id uuid,
  agent_id uuid,
  cost_micro_usd bigint not null,
  tokens bigint not null,
  -- [{limit_id, window_start, goal_id}]: the balances it stands in; empty where its calls met no limit
  balances json not null,
  -- after this its process is gone, and what is left of it is charged; without an index, since it moves all the time and
  -- there are few rows
  deadline_at timestamptz not null,
  primary key (organization_id, id)
) with (fillfactor = 50);
select muster_protect('budgets_reservations');

create function budgets_reservation_lease() returns interval language sql immutable as $$ select interval '60 seconds' $$;

-- How often the limits of an organization have changed: set, replaced, removed, or closed by what was used.
create table budgets_versions (
  organization_id uuid not null primary key,
  version bigint not null
) with (fillfactor = 50);
select muster_protect('budgets_versions');

create view budgets_limits_v with (security_invoker = true) as
  select organization_id, id as limit_id, scope_kind, scope_id from budgets_limits;
create view budgets_charges_v with (security_invoker = true) as
  select organization_id, id, project_id, goal_id, task_id, agent_id, category, cost_micro_usd, tokens, unknown_usage,
    charged_at, source
  from budgets_charges;
create view budgets_holds_v with (security_invoker = true) as
  select organization_id, id, cost_micro_usd, tokens from budgets_holds;
-- The budget version of an organization: how often its limits have changed, and the day (UTC) that windows are counted in. An
-- organization that never had a limit has none.
create view budgets_versions_v with (security_invoker = true) as
  select organization_id, version || ' ' || (budgets_window_start('day') at time zone 'UTC')::date as budget_version from budgets_versions;
create view budgets_reservations_v with (security_invoker = true) as
  select organization_id, id, cost_micro_usd, tokens from budgets_reservations;

grant select on budgets_limits_v, budgets_charges_v, budgets_holds_v, budgets_versions_v,
  budgets_reservations_v to muster_app, muster_engine;
