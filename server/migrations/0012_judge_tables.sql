-- Breaks running servers: no (first migrations).
create table judge_verdicts (
  organization_id uuid not null,
  id uuid not null,
  run_id uuid not null,
  task_id uuid not null,
  project_id uuid not null,
  quality double precision,
  confidence double precision not null,
  route_to text not null check (route_to in ('commit', 'retry', 'approval')),
  route_row smallint not null,
  policy_version integer not null,
  output_sha256 text not null,
  -- checks with their evidence, violations, topics and the route's reason
  findings json not null,
  at timestamptz not null default muster_now(),
  primary key (organization_id, id)
);
create index judge_verdicts_by_task on judge_verdicts (organization_id, task_id, id);
select muster_protect('judge_verdicts');

-- Results whose words a person agreed to: topics in them are settled for later results of the same goal.
create table judge_approved_results (
  organization_id uuid not null,
  goal_id uuid,
  task_id uuid not null,
  run_id uuid not null,
  texts json not null,
  approved_at timestamptz not null default muster_now(),
  primary key (organization_id, run_id)
);
create index judge_approved_results_by_goal on judge_approved_results (organization_id, goal_id) where goal_id is not null;
select muster_protect('judge_approved_results');

-- What a model made of a result by one rubric; without a score, why there is none.
create table judge_scores (
  organization_id uuid not null,
  run_id uuid not null,
  rubric text not null,
  -- of what was scored: a person's version is another
  output_sha256 text not null,
  score double precision,
  reasoning text not null,
  model text not null,
  prompts text not null,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, run_id, rubric)
);
select muster_protect('judge_scores');
