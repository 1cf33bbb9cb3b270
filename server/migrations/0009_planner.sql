-- Breaks running servers: no.
create table goals (
  organization_id uuid not null,
  id uuid not null,
  project_id uuid not null,
  title text not null,
  text text,
  status text not null check (status in ('planning', 'awaiting_approval', 'running', 'paused', 'done', 'failed', 'cancelled')),
  because text,
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
  primary key (organization_id, id),
  foreign key (organization_id, project_id) references projects on delete cascade
) with (fillfactor = 50);
create index goals_by_project on goals (organization_id, project_id, id);
select muster_protect('goals');

create table plans (
  id uuid not null,
  organization_id uuid not null,
  goal_id uuid not null,
  revision integer not null,
  plan json not null,
  because text not null,
  created_by json not null,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, goal_id, revision),
  foreign key (organization_id, goal_id) references goals on delete cascade
);
select muster_protect('plans');

-- What a task is. Written once; what moves stands in task_states.
create table tasks (
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
create index tasks_by_goal on tasks (organization_id, goal_id, id) where goal_id is not null;
create index tasks_by_project on tasks (organization_id, project_id, id);
create index tasks_by_parent on tasks (organization_id, parent_id) where parent_id is not null;
select muster_protect('tasks');

create table task_states (
  organization_id uuid not null,
  id uuid not null,
  goal_id uuid,
  status text not null check (status in ('pending', 'ready', 'running', 'in_review', 'awaiting_approval', 'acting',
    'done', 'failed', 'rejected', 'skipped', 'cancelled')),
  because text,
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
create index task_states_by_goal on task_states (organization_id, goal_id) where goal_id is not null;
select muster_protect('task_states');

create table task_edges (
  organization_id uuid not null,
  from_id uuid not null,
  to_id uuid not null,
  on_failure text not null,
  primary key (organization_id, from_id, to_id)
);
create index task_edges_by_target on task_edges (organization_id, to_id, from_id);
select muster_protect('task_edges');

-- Ready tasks: inserted and deleted, never updated. A lane is (priority, organization, project, capability, agent).
create table task_queue (
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
create index task_queue_lanes on task_queue (priority, organization_id, project_id, capability, agent_id, available_at, task_id);
create index task_queue_by_goal on task_queue (organization_id, goal_id) where goal_id is not null;
select muster_protect('task_queue');

create view planner_ready_v with (security_invoker = true) as
  select organization_id, task_id, project_id, goal_id, priority, capability, agent_id, cost_micro_usd, tokens, available_at
  from task_queue;
grant select on planner_ready_v to muster_app, muster_engine;

-- The accepted output of a task: kept once, here; the run's row then has none.
create table task_outputs (
  organization_id uuid not null,
  task_id uuid not null,
  run_id uuid,
  output json not null,
  sha256 text not null,
  primary key (organization_id, task_id)
);
select muster_protect('task_outputs');

-- When a project last had a task claimed: among equals the one served longest ago comes first.
create table project_turns (
  organization_id uuid not null,
  project_id uuid not null,
  served_at timestamptz not null,
  primary key (organization_id, project_id)
) with (fillfactor = 50);
select muster_protect('project_turns');

create view planner_turns_v with (security_invoker = true) as
  select organization_id, project_id, served_at from project_turns;
grant select on planner_turns_v to muster_app, muster_engine;

-- What a returned task's next try is told.
create table task_feedback (
  organization_id uuid not null,
  id uuid not null default gen_random_uuid(),
  task_id uuid not null,
  at timestamptz not null default muster_now(),
  "from" text not null,
  text text not null,
  violations json not null,
  primary key (organization_id, id)
);
create index task_feedback_by_task on task_feedback (organization_id, task_id, at);
select muster_protect('task_feedback');

-- Tasks with what moves of them, goals and edges, for screens.
create view planner_tasks_v with (security_invoker = true) as
  select t.organization_id, t.id as task_id, t.project_id, t.goal_id, t.key, t.title, t.capability, t.agent_id, t.cost_micro_usd,
    t.tokens, t.superseded_in, s.status, s.because, s.waits_on, s.step, s.ready_at, s.ended_at
  from tasks t join task_states s on s.organization_id = t.organization_id and s.id = t.id;
grant select on planner_tasks_v to muster_app, muster_engine;

create view planner_goals_v with (security_invoker = true) as
  select organization_id, id as goal_id, project_id, title, status, because from goals;
grant select on planner_goals_v to muster_app, muster_engine;

create view planner_edges_v with (security_invoker = true) as
  select organization_id, from_id, to_id, on_failure from task_edges;
grant select on planner_edges_v to muster_app, muster_engine;
