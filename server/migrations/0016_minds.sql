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
    live_runs_max, metadata, created_at, settings, persona_version, persona_name
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
