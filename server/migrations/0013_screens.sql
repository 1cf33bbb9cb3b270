-- Breaks running servers: no.
-- What screens read beyond one module's own: views that the owners of the tables lend.
create index runs_by_agent on runs (organization_id, agent_id, id);

create or replace view worker_live_v with (security_invoker = true) as
  select organization_id, run_id, task_id, project_id, goal_id, agent_id, kind, process_id, claimed_at, expires_at, token,
    deadline_at, progress, read_set, artifact_ids
  from live_runs;

create or replace view worker_runs_v with (security_invoker = true) as
  select organization_id, id as run_id, task_id, project_id, goal_id, agent_id, status, claimed_at, ended_at, error, token,
    read_set, output, output_sha256, artifact_ids, confidence, usage
  from runs;

create or replace view planner_tasks_v with (security_invoker = true) as
  select t.organization_id, t.id as task_id, t.project_id, t.goal_id, t.key, t.title, t.capability, t.agent_id, t.cost_micro_usd,
    t.tokens, t.superseded_in, s.status, s.because, s.waits_on, s.step, s.ready_at, s.ended_at, t.revision, t.created_at,
    t.created_by, t.parent_id, s.attempts, s.leases_lost, s.retries, s.conflicts
  from tasks t join task_states s on s.organization_id = t.organization_id and s.id = t.id;

-- An accepted output stands with the task; `run_id` says whose it was.
create view planner_outputs_v with (security_invoker = true) as
  select organization_id, task_id, run_id, output, sha256 from task_outputs;

create view planner_plans_v with (security_invoker = true) as
  select organization_id, goal_id, revision, because, created_by, created_at from plans;

create view planner_goal_times_v with (security_invoker = true) as
  select organization_id, id as goal_id, project_id, title, status, because, rerun_of, plan_revision, created_at, started_at, ended_at
  from goals;

create view state_versions_v with (security_invoker = true) as
  select organization_id, scope, scope_id, document, version, value, commit_id, committed_at from document_versions;

create view approvals_questions_v with (security_invoker = true) as
  select organization_id, id as approval_id, project_id, goal_id, task_id, run_id, subject_kind, status, question, rule, risk,
    snoozed_until, due_at, effective_at, decided_by_answer, created_at
  from approvals;

create view approvals_answers_v with (security_invoker = true) as
  select organization_id, approval_id, id as answer_id, answered_by, action, at, effective_at, revoked_at from approval_answers;

create view projects_list_v with (security_invoker = true) as
  select organization_id, id as project_id, name from projects;

create view agents_list_v with (security_invoker = true) as
  select organization_id, id as agent_id, name, description, runtime, capabilities, status, stopped, online, seen_at,
    live_runs_max, metadata, created_at
  from agents;

grant select on planner_outputs_v, planner_plans_v, planner_goal_times_v, state_versions_v, approvals_questions_v,
  approvals_answers_v, projects_list_v, agents_list_v to muster_app, muster_engine;
