-- Breaks running servers: no (first migrations).
-- A question put to people, and what its answer is bound to. Times are whole milliseconds, as cursors carry them.
create table approvals (
  organization_id uuid not null references identity_organizations,
  id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  task_id uuid,
  run_id uuid,
  subject_kind text not null check (subject_kind in ('result', 'task', 'dependency', 'plan', 'question')),
  subject_id uuid not null,
  question text not null,
  options text[] not null,
  proposed json not null,
  artifact_sha256 text,
  policy_version integer not null,
  read_set json not null,
  rule text not null,
  tags text[] not null,
  risk text not null check (risk in ('low', 'medium', 'high')),
  confidence double precision,
  quorum smallint not null check (quorum >= 1),
  -- who may not decide, and to whom a failed amendment goes back
  made_by json not null,
  stated_by json,
  amended_by json,
  status text not null default 'open' check (status in ('open', 'decided', 'applied', 'expired', 'withdrawn')),
  reason text,
  claimed_by json,
  claimed_until timestamptz,
  snoozed_until timestamptz,
  due_at timestamptz not null,
  -- the answer that settled it, and when that takes effect
  decided_by_answer uuid,
  effective_at timestamptz,
  created_at timestamptz not null default date_trunc('milliseconds', muster_now()),
  primary key (organization_id, id),
  foreign key (organization_id, project_id) references projects on delete cascade
) with (fillfactor = 80);
create index approvals_by_due on approvals (organization_id, status, due_at, id);
create index approvals_by_goal on approvals (organization_id, goal_id, id) where goal_id is not null;
create index approvals_by_task on approvals (organization_id, task_id, id) where task_id is not null;
create index approvals_to_expire on approvals (due_at, id) where status = 'open';
create index approvals_to_apply on approvals (effective_at, id) where status = 'decided';
-- Finds who amended the result of a run.
create index approvals_by_run on approvals (organization_id, run_id) where run_id is not null;
select muster_protect('approvals');

create table approvals_answers (
  organization_id uuid not null,
  approval_id uuid not null,
  id uuid not null,
  answered_by json not null,
  principal_id text not null,
  action text not null check (action in ('approve', 'reject', 'amend', 'answer', 'retry', 'skip', 'continue', 'fail')),
  comment text,
  content json,
  at timestamptz not null,
  effective_at timestamptz not null,
  revoked_at timestamptz,
  primary key (organization_id, approval_id, id),
  foreign key (organization_id, approval_id) references approvals on delete cascade
);
-- A principal counts once.
create unique index approvals_answers_once on approvals_answers (organization_id, approval_id, principal_id) where revoked_at is null;
select muster_protect('approvals_answers');

-- What waits for a decision or for its effect, for those who show or count it.
create view approvals_waiting_v with (security_invoker = true) as
  select organization_id, id as approval_id, project_id, goal_id, task_id, run_id, subject_kind, subject_id, rule, tags, risk,
    status, snoozed_until, due_at, effective_at, created_at
  from approvals where status in ('open', 'decided');
create view approvals_questions_v with (security_invoker = true) as
  select organization_id, id as approval_id, project_id, goal_id, task_id, run_id, subject_kind, status, question, rule, risk,
    snoozed_until, due_at, effective_at, decided_by_answer, created_at
  from approvals;
create view approvals_answers_v with (security_invoker = true) as
  select organization_id, approval_id, id as answer_id, answered_by, action, at, effective_at, revoked_at from approvals_answers;
create view approvals_titles_v with (security_invoker = true) as
  select organization_id, id as approval_id, project_id, goal_id, question, status from approvals;

grant select on approvals_waiting_v, approvals_questions_v, approvals_answers_v, approvals_titles_v
  to muster_app, muster_engine;
