-- Breaks running servers: no (first migrations).
create table planner_goals (
  organization_id uuid not null,
  id uuid not null,
  project_id uuid not null,
  title text not null,
  text text,
  status text not null check (status in ('planning', 'awaiting_approval', 'running', 'paused', 'done', 'failed', 'cancelled')),
  reason text,
  strategy text not null,
  plan_revision integer not null,
  priority smallint not null,
  -- [{artifact_id, name, media_type, size_bytes, sha256}]
  artifacts json not null,
  variables json not null,
  -- the playbook's text, for a re-run with other input
  playbook text,
  rerun_of uuid,
  created_by json not null,
  -- tasks that have not ended; the goal ends when none is left
  open_tasks integer not null,
  -- a task that nothing depends on ended failed, rejected or cancelled: the goal will end failed
  leaf_failed boolean not null default false,
  created_at timestamptz not null default muster_now(),
  started_at timestamptz,
  ended_at timestamptz,
  -- Goals are counted within their project, from 1, for people to name them by. A goal gets its number as the last thing that
  -- its transaction does, so the counter is locked for no longer than the commit takes, and a creation that fails takes none.
  number integer,
  -- The alias that plans the goal, where a model does: also when it has to be planned anew.
  planner_model text,
  primary key (organization_id, id),
  foreign key (organization_id, project_id) references projects on delete cascade
) with (fillfactor = 50);
create index planner_goals_by_project on planner_goals (organization_id, project_id, id);
-- A number is looked for in one project and in all of them.
create unique index planner_goals_by_number on planner_goals (organization_id, number, project_id);
select muster_protect('planner_goals');

create table planner_plans (
  id uuid not null,
  organization_id uuid not null,
  goal_id uuid not null,
  revision integer not null,
  plan json not null,
  reason text not null,
  created_by json not null,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, goal_id, revision),
  foreign key (organization_id, goal_id) references planner_goals on delete cascade
);
select muster_protect('planner_plans');

-- What a task is. Written once; what changes stands in planner_task_states.
create table planner_tasks (
  organization_id uuid not null,
  id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  revision integer not null,
  key text not null,
  title text not null,
  kind text not null default 'work',
  capability text not null,
  agent_id uuid,
  priority smallint not null,
  cost_micro_usd bigint not null,
  tokens bigint not null,
  timeout_ms integer not null,
  attempts_max smallint not null,
  input json not null,
  -- reads, writes, output_schema, checks, approval, for_each, references of the input: whatever of the plan's task is not a column
  spec json not null,
  parent_id uuid,
  item_index integer,
  retry_of uuid,
  -- the plan revision that replaced it; null while it is current
  superseded_in integer,
  created_by json not null,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, id)
);
create index planner_tasks_by_goal on planner_tasks (organization_id, goal_id, id) where goal_id is not null;
create index planner_tasks_by_project on planner_tasks (organization_id, project_id, id);
create index planner_tasks_by_parent on planner_tasks (organization_id, parent_id) where parent_id is not null;
select muster_protect('planner_tasks');

create table planner_task_states (
  organization_id uuid not null,
  id uuid not null,
  goal_id uuid,
  status text not null check (status in ('pending', 'ready', 'running', 'in_review', 'awaiting_approval', 'acting',
    'done', 'failed', 'rejected', 'skipped', 'cancelled')),
  reason text,
  waits_on integer not null,
  -- what happens when nothing is waited for any more: a for_each task is expanded, then joined; some are approved first
  step text not null default 'run' check (step in ('run', 'expand', 'join', 'approve')),
  -- how often it was leased: the last one's fencing token
  leases integer not null default 0,
  attempts smallint not null default 0,
  leases_lost smallint not null default 0,
  retries smallint not null default 0,
  conflicts smallint not null default 0,
  run_id uuid,
  ready_at timestamptz,
  ended_at timestamptz,
  primary key (organization_id, id)
) with (fillfactor = 40);
create index planner_task_states_by_goal on planner_task_states (organization_id, goal_id) where goal_id is not null;
select muster_protect('planner_task_states');

create table planner_task_edges (
  organization_id uuid not null,
  from_id uuid not null,
  to_id uuid not null,
  on_failure text not null,
  primary key (organization_id, from_id, to_id)
);
create index planner_task_edges_by_target on planner_task_edges (organization_id, to_id, from_id);
select muster_protect('planner_task_edges');

-- Ready tasks: inserted and deleted, never updated. A lane is (priority, organization, project, capability, agent).
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
  available_at timestamptz not null,
  primary key (organization_id, task_id)
);
create index planner_task_queue_lanes on planner_task_queue (priority, organization_id, project_id, capability, agent_id, available_at, task_id);
create index planner_task_queue_by_goal on planner_task_queue (organization_id, goal_id) where goal_id is not null;
select muster_protect('planner_task_queue');

-- The accepted output of a task: kept once, here; the run's row then has none.
create table planner_task_outputs (
  organization_id uuid not null,
  task_id uuid not null,
  run_id uuid,
  output json not null,
  sha256 text not null,
  primary key (organization_id, task_id)
);
select muster_protect('planner_task_outputs');

-- When a project last had a task claimed: among equals the one served longest ago comes first.
create table planner_project_turns (
  organization_id uuid not null,
  project_id uuid not null,
  served_at timestamptz not null,
  primary key (organization_id, project_id)
) with (fillfactor = 50);
select muster_protect('planner_project_turns');

-- What a returned task's next try is told.
create table planner_task_feedback (
  organization_id uuid not null,
  id bigint generated always as identity,
  task_id uuid not null,
  at timestamptz not null default muster_now(),
  "from" text not null,
  text text not null,
  violations json not null,
  primary key (organization_id, id)
);
create index planner_task_feedback_by_task on planner_task_feedback (organization_id, task_id, at);
select muster_protect('planner_task_feedback');

create table planner_goal_counters (
  organization_id uuid not null,
  project_id uuid not null,
  last_number integer not null,
  primary key (organization_id, project_id),
  foreign key (organization_id, project_id) references projects on delete cascade
) with (fillfactor = 50);
select muster_protect('planner_goal_counters');

create view planner_ready_v with (security_invoker = true) as
  select organization_id, task_id, project_id, goal_id, priority, capability, agent_id, cost_micro_usd, tokens, available_at
  from planner_task_queue;
create view planner_turns_v with (security_invoker = true) as
  select organization_id, project_id, served_at from planner_project_turns;
-- Tasks with what moves of them, goals and edges, for screens.
create view planner_tasks_v with (security_invoker = true) as
  select t.organization_id, t.id as task_id, t.project_id, t.goal_id, t.key, t.title, t.capability, t.agent_id, t.cost_micro_usd,
    t.tokens, t.superseded_in, s.status, s.reason, s.waits_on, s.step, s.ready_at, s.ended_at, t.revision, t.created_at,
    t.created_by, t.parent_id, s.attempts, s.leases_lost, s.retries, s.conflicts
  from planner_tasks t join planner_task_states s on s.organization_id = t.organization_id and s.id = t.id;
create view planner_goals_v with (security_invoker = true) as
  select organization_id, id as goal_id, project_id, title, status, reason, number from planner_goals;
create view planner_edges_v with (security_invoker = true) as
  select organization_id, from_id, to_id, on_failure from planner_task_edges;
-- An accepted output stands with the task; `run_id` says whose it was.
create view planner_outputs_v with (security_invoker = true) as
  select organization_id, task_id, run_id, output, sha256 from planner_task_outputs;
create view planner_plans_v with (security_invoker = true) as
  select organization_id, goal_id, revision, reason, created_by, created_at from planner_plans;
create view planner_goal_times_v with (security_invoker = true) as
  select organization_id, id as goal_id, project_id, title, status, reason, rerun_of, plan_revision, created_at, started_at, ended_at
  from planner_goals;

grant select on planner_ready_v, planner_turns_v, planner_tasks_v, planner_goals_v, planner_edges_v, planner_outputs_v,
  planner_plans_v, planner_goal_times_v to muster_app, muster_engine;
