-- Breaks running servers: no.
-- Agents that think: what their runtime needs, their personas, and whether their calls of models are metered by the gateway.
alter table agents add column settings json;
-- The gateway charges what its runs cost, call by call, so that a run itself holds and charges nothing.
alter table agents add column metered boolean not null default false;
alter table agents add column persona_version integer not null default 0;
alter table agents add column persona_name text;

create table agent_personas (
  organization_id uuid not null,
  agent_id uuid not null,
  version integer not null,
  soul text not null,
  sha256 text not null,
  created_by json not null,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, agent_id, version)
);
select muster_protect('agent_personas');

create or replace view agents_gate_v with (security_invoker = true) as
  select organization_id, id as agent_id, name, runtime, capabilities, status, stopped, seen_at, metered from agents;
create or replace view agents_list_v with (security_invoker = true) as
  select organization_id, id as agent_id, name, description, runtime, capabilities, status, stopped, online, seen_at,
    live_runs_max, metadata, created_at, settings, persona_version, persona_name, metered
  from agents;

-- A run that asked a person: what it leaves to the run that goes on, and what was answered. One a task.
create table run_checkpoints (
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
select muster_protect('run_checkpoints');

-- A run may ask people.
alter table approvals drop constraint approvals_subject_kind_check;
alter table approvals add constraint approvals_subject_kind_check
  check (subject_kind in ('result', 'task', 'dependency', 'plan', 'question'));
alter table approval_answers drop constraint approval_answers_action_check;
alter table approval_answers add constraint approval_answers_action_check
  check (action in ('approve', 'reject', 'amend', 'answer', 'retry', 'skip', 'continue', 'fail'));

-- Goals that a model is to plan, or to plan anew: gone once their plan stands.
create table plan_wishes (
  organization_id uuid not null,
  goal_id uuid not null,
  model text not null,
  -- whether the goal starts as soon as it is planned
  starts boolean not null,
  because text,
  tries integer not null default 0,
  -- whoever plans it now holds it until then; it is due when this is past
  held_until timestamptz not null default muster_now(),
  -- tells one holder from the next
  token integer not null default 0,
  primary key (organization_id, goal_id),
  foreign key (organization_id, goal_id) references goals on delete cascade
);
create index plan_wishes_due on plan_wishes (held_until);
select muster_protect('plan_wishes');
-- The alias that plans the goal, where a model does: also when it has to be planned anew.
alter table goals add column planner_model text;

-- Results that a model is to score by rubrics before they are judged: gone once the scores stand.
create table judge_scorings (
  organization_id uuid not null,
  run_id uuid not null,
  task_id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  tries integer not null default 0,
  held_until timestamptz not null default muster_now(),
  token integer not null default 0,
  primary key (organization_id, run_id)
);
create index judge_scorings_due on judge_scorings (held_until);
select muster_protect('judge_scorings');

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

-- Which run has called a model, where one did.
alter table gateway_attempts add column run_id uuid;
alter table gateway_attempts add column task_id uuid;
create index gateway_attempts_by_run on gateway_attempts (organization_id, run_id) where run_id is not null;

-- Limits on each run by itself: they have no balance, a run's purse and each call are tested against them.
alter table budget_limits drop constraint budget_limits_budget_window_check;
alter table budget_limits add constraint budget_limits_budget_window_check check (budget_window in ('day', 'goal', 'run', 'ever'));
