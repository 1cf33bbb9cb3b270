-- Breaks running servers: no (first migrations).
-- Live runs: inserted at the claim, deleted when the run ends, changed by a heartbeat only. That a task has one row here
-- is what "running" means.
create table worker_live_runs (
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
create unique index worker_live_runs_one_a_task on worker_live_runs (organization_id, task_id) where kind = 'work';
select muster_protect('worker_live_runs');

create table worker_runs (
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
  -- null while the task keeps it: an accepted output stands once, in planner_task_outputs
  output json,
  output_sha256 text,
  artifact_ids uuid[] not null default '{}',
  confidence double precision,
  usage json,
  error json,
  primary key (organization_id, id)
);
create index worker_runs_by_task on worker_runs (organization_id, task_id, id);
-- For screens of the last hours; it costs next to nothing to keep, since runs are written as they end.
create index worker_runs_by_end on worker_runs using brin (ended_at);
create index worker_runs_by_agent on worker_runs (organization_id, agent_id, id);
select muster_protect('worker_runs');

-- Results that wait for a judge: inserted and deleted.
create table worker_review_queue (
  organization_id uuid not null,
  run_id uuid not null,
  task_id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  available_at timestamptz not null,
  primary key (organization_id, run_id)
);
create index worker_review_queue_by_time on worker_review_queue (available_at);
select muster_protect('worker_review_queue');

create table worker_run_logs (
  organization_id uuid not null,
  id uuid not null,
  task_id uuid not null,
  run_id uuid not null,
  at timestamptz not null,
  level text not null,
  text text not null,
  primary key (organization_id, id)
);
create index worker_run_logs_by_task on worker_run_logs (organization_id, task_id, id);
-- What is kept for so many days only is found by its age: ids are UUIDv7, so they grow with time.
create index worker_run_logs_by_age on worker_run_logs using brin (id);
select muster_protect('worker_run_logs');

-- A run that asked a person: what it leaves to the run that goes on, and what was answered. One a task.
create table worker_run_checkpoints (
  organization_id uuid not null,
  task_id uuid not null,
  run_id uuid not null,
  agent_id uuid not null,
  -- what the runtime needs to go on, its own affair
  checkpoint json not null,
  question text not null,
  asked_at timestamptz not null default muster_now(),
  answer json,
  primary key (organization_id, task_id)
);
select muster_protect('worker_run_checkpoints');

-- What runs, what has run and what waits for a judge, for screens.
create view worker_live_v with (security_invoker = true) as
  select organization_id, run_id, task_id, project_id, goal_id, agent_id, kind, process_id, claimed_at, expires_at, token,
    deadline_at, progress, read_set, artifact_ids
  from worker_live_runs;
create view worker_runs_v with (security_invoker = true) as
  select organization_id, id as run_id, task_id, project_id, goal_id, agent_id, status, claimed_at, ended_at, error, token,
    read_set, output, output_sha256, artifact_ids, confidence, usage
  from worker_runs;
create view worker_reviews_v with (security_invoker = true) as
  select organization_id, run_id, task_id, project_id, available_at from worker_review_queue;

grant select on worker_live_v, worker_runs_v, worker_reviews_v to muster_app, muster_engine;
