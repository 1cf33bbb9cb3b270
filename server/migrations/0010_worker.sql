-- Breaks running servers: no.
-- Live runs: inserted at the claim, deleted when the run ends, changed by a heartbeat only. That a task has one row here
-- is what "running" means.
create table live_runs (
  organization_id uuid not null,
  run_id uuid not null,
  task_id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  agent_id uuid not null,
  kind text not null default 'work' check (kind in ('work', 'judge')),
  token integer not null,
  process_id uuid,
  claimed_by json not null,
  claimed_at timestamptz not null,
  expires_at timestamptz not null,
  deadline_at timestamptz not null,
  -- [{scope, scope_id, document, version, may_move}] as handed out
  read_set json not null,
  progress json,
  -- artifacts that the brief names, for remote agents: what their keys may read
  artifact_ids uuid[] not null default '{}',
  primary key (organization_id, run_id)
) with (fillfactor = 70);
create unique index live_runs_one_a_task on live_runs (organization_id, task_id) where kind = 'work';
select muster_protect('live_runs');

create table runs (
  organization_id uuid not null,
  id uuid not null,
  task_id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  agent_id uuid not null,
  token integer not null,
  status text not null check (status in ('finished', 'failed', 'lost', 'given_back', 'cancelled')),
  claimed_by json not null,
  completed_by json,
  claimed_at timestamptz not null,
  ended_at timestamptz not null,
  read_set json not null,
  -- null while the task keeps it: an accepted output stands once, in task_outputs
  output json,
  output_sha256 text,
  artifact_ids uuid[] not null default '{}',
  confidence double precision,
  usage json,
  error json,
  primary key (organization_id, id)
);
create index runs_by_task on runs (organization_id, task_id, id);
-- For screens of the last hours; it costs next to nothing to keep, since runs are written as they end.
create index runs_by_end on runs using brin (ended_at);
select muster_protect('runs');

-- Results that wait for a judge: inserted and deleted.
create table review_queue (
  organization_id uuid not null,
  run_id uuid not null,
  task_id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  available_at timestamptz not null,
  primary key (organization_id, run_id)
);
create index review_queue_by_time on review_queue (available_at);
select muster_protect('review_queue');

create table run_logs (
  organization_id uuid not null,
  id uuid not null,
  task_id uuid not null,
  run_id uuid not null,
  at timestamptz not null,
  level text not null,
  text text not null,
  primary key (organization_id, id)
);
create index run_logs_by_task on run_logs (organization_id, task_id, id);
select muster_protect('run_logs');

-- What runs, what has run and what waits for a judge, for screens.
create view worker_live_v with (security_invoker = true) as
  select organization_id, run_id, task_id, project_id, goal_id, agent_id, kind, process_id, claimed_at, expires_at from live_runs;
grant select on worker_live_v to muster_app, muster_engine;

create view worker_runs_v with (security_invoker = true) as
  select organization_id, id as run_id, task_id, project_id, goal_id, agent_id, status, claimed_at, ended_at, error from runs;
grant select on worker_runs_v to muster_app, muster_engine;

create view worker_reviews_v with (security_invoker = true) as
  select organization_id, run_id, task_id, project_id, available_at from review_queue;
grant select on worker_reviews_v to muster_app, muster_engine;
