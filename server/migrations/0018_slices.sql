-- Breaks running servers: no.
-- What processes hold ahead for calls of models, so that a call writes nothing before it leaves. A slice stands in balances
-- like any hold; what its calls use, or keep by themselves, is taken out of it.
create table budget_slices (
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
select muster_protect('budget_slices');

create function budget_slice_lease() returns interval language sql immutable as $$ select interval '60 seconds' $$;

-- How often the limits of an organization have moved: set, changed, removed, or closed by what was used.
create table budget_terms (
  organization_id uuid not null primary key,
  version bigint not null
) with (fillfactor = 50);
select muster_protect('budget_terms');

-- Limits that are there already have terms. Row-level security is forced, so the owner of the tables sees no rows.
set local role muster_engine;
insert into budget_terms (organization_id, version) select distinct organization_id, 0 from budget_limits;
reset role;

-- The terms that hold for an organization: how often its limits have moved, and the day that windows are counted in. One that
-- never had a limit has none.
create view budgets_terms_v with (security_invoker = true) as
  select organization_id, version || ' ' || (budget_window_start('day') at time zone 'UTC')::date as terms from budget_terms;
grant select on budgets_terms_v to muster_app, muster_engine;

-- Keys that are not revoked, for those who test keys in a read of their own.
create view identity_keys_v with (security_invoker = true) as
  select organization_id, id as key_id from api_keys where revoked_at is null;
grant select on identity_keys_v to muster_app, muster_engine;

create view budgets_slices_v with (security_invoker = true) as
  select organization_id, id as slice_id, cost_micro_usd, tokens from budget_slices;
grant select on budgets_slices_v to muster_app, muster_engine;
