-- Breaks running servers: no; until they are gone they count all days in UTC.
-- `project_id`: the project whose days are counted; null for a scope that belongs to none, whose days are UTC's.
-- `time_zone`: that of the project, copied here so that a hold reads one row.
alter table budgets_limits add column project_id uuid, add column time_zone text not null default 'UTC';
update budgets_limits set project_id = scope_id where scope_kind = 'project';
update budgets_limits l set project_id = g.project_id from planner_goals_v g
  where l.scope_kind = 'goal' and g.organization_id = l.organization_id and g.goal_id = l.scope_id;

-- When the current window of a limit began. A day begins at midnight of its zone, or at the first moment that exists
-- behind it, and has 23 to 25 hours.
create function budgets_window_start(budget_window text, time_zone text) returns timestamptz language sql stable as $$
  select case budget_window when 'day' then date_trunc('day', muster_now() at time zone time_zone) at time zone time_zone
    else '1970-01-01T00:00:00Z'::timestamptz end $$;

-- The budget version of an organization: how often its limits have changed, and the quarter of an hour, since a day
-- begins at a quarter in every zone. An organization that never had a limit has none.
create or replace view budgets_versions_v with (security_invoker = true) as
  select organization_id, version || ' ' || floor(extract(epoch from muster_now()) / 900)::bigint as budget_version
  from budgets_versions;
