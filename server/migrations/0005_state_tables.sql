-- Breaks running servers: no (first migrations).
-- A document's head. Its value stands in the version's row, once. `scope_id` is the project or the agent. Keys are compared
-- by their bytes, so that the index finds prefixes.
create table state_documents (
  organization_id uuid not null references identity_organizations,
  scope text not null check (scope in ('project', 'agent')),
  scope_id uuid not null,
  document text collate "C" not null,
  version integer not null,
  primary key (organization_id, scope, scope_id, document)
) with (fillfactor = 70);
select muster_protect('state_documents');

create table state_document_versions (
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
select muster_protect('state_document_versions');

create table state_commits (
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
create index state_commits_by_project on state_commits (organization_id, project_id, id);
create index state_commits_by_task on state_commits (organization_id, task_id, id) where task_id is not null;
select muster_protect('state_commits');

-- A refused commit: what it had read, and what stood there instead.
create table state_commit_conflicts (
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
create index state_commit_conflicts_by_task on state_commit_conflicts (organization_id, task_id);
select muster_protect('state_commit_conflicts');

create view state_task_commits_v with (security_invoker = true) as
  select organization_id, task_id, id as commit_id, written, committed_at from state_commits where task_id is not null;
create view state_commits_v with (security_invoker = true) as
  select organization_id, id as commit_id, project_id, goal_id, task_id, run_id, committed_by, written, committed_at from state_commits;
create view state_conflicts_v with (security_invoker = true) as
  select organization_id, id as conflict_id, project_id, goal_id, task_id, run_id, moved, refused_at from state_commit_conflicts;
create view state_versions_v with (security_invoker = true) as
  select organization_id, scope, scope_id, document, version, value, commit_id, committed_at from state_document_versions;
create view state_keys_v with (security_invoker = true) as
  select organization_id, scope, scope_id, document, version from state_documents;

grant select on state_task_commits_v, state_commits_v, state_conflicts_v, state_versions_v, state_keys_v
  to muster_app, muster_engine;
