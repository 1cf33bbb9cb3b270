-- Breaks running servers: no.
-- A document's head. Its value stands in the version's row, once. `scope_id` is the project or the agent. Keys are compared
-- by their bytes, so that the index finds prefixes.
create table documents (
  organization_id uuid not null references organizations,
  scope text not null check (scope in ('project', 'agent')),
  scope_id uuid not null,
  document text collate "C" not null,
  version integer not null,
  primary key (organization_id, scope, scope_id, document)
) with (fillfactor = 70);
select muster_protect('documents');

create table document_versions (
  organization_id uuid not null,
  scope text not null,
  scope_id uuid not null,
  document text collate "C" not null,
  version integer not null,
  value json not null,
  commit_id uuid not null,
  committed_at timestamptz not null default muster_now(),
  primary key (organization_id, scope, scope_id, document, version)
);
select muster_protect('document_versions');

create table commits (
  organization_id uuid not null,
  id uuid not null,
  -- null for a change of an agent's own documents outside of any project
  project_id uuid,
  goal_id uuid,
  task_id uuid,
  run_id uuid,
  committed_by json not null,
  -- [{scope, scope_id, document, version}]: what was read, and what was written
  read_set json not null,
  written json not null,
  committed_at timestamptz not null default muster_now(),
  primary key (organization_id, id)
);
create index commits_by_project on commits (organization_id, project_id, id);
select muster_protect('commits');

-- A refused commit: what it had read, and what stood there instead.
create table commit_conflicts (
  organization_id uuid not null,
  id uuid not null,
  project_id uuid,
  goal_id uuid,
  task_id uuid,
  run_id uuid,
  moved json not null,
  refused_at timestamptz not null default muster_now(),
  primary key (organization_id, id)
);
create index commit_conflicts_by_task on commit_conflicts (organization_id, task_id);
select muster_protect('commit_conflicts');

create index commits_by_task on commits (organization_id, task_id, id) where task_id is not null;
create view state_task_commits_v with (security_invoker = true) as
  select organization_id, task_id, id as commit_id, written, committed_at from commits where task_id is not null;
grant select on state_task_commits_v to muster_app, muster_engine;

create view state_commits_v with (security_invoker = true) as
  select organization_id, id as commit_id, project_id, goal_id, task_id, run_id, committed_by, written, committed_at from commits;
create view state_conflicts_v with (security_invoker = true) as
  select organization_id, id as conflict_id, project_id, goal_id, task_id, run_id, moved, refused_at from commit_conflicts;
grant select on state_commits_v, state_conflicts_v to muster_app, muster_engine;
