-- Breaks running servers: no (first migrations).
create table projects (
  organization_id uuid not null references identity_organizations,
  id uuid not null,
  name text not null,
  description text,
  status text not null default 'active' check (status in ('active', 'paused')),
  oversight text not null check (oversight in ('low', 'medium', 'high')),
  policy_version integer not null,
  -- Emergency stops: the project's own, and its organization's, copied here so that one row answers for both.
  stopped boolean not null default false,
  organization_stopped boolean not null default false,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, id)
);
select muster_protect('projects');

create table projects_policies (
  organization_id uuid not null,
  project_id uuid not null,
  version integer not null,
  -- complete, so that a later default changes no project
  policy json not null,
  rolled_back_to integer,
  changed_by json not null,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, project_id, version),
  foreign key (organization_id, project_id) references projects on delete cascade
);
select muster_protect('projects_policies');

-- Emergency stops of every scope, kept when they are lifted. The flags above say what is in force.
create table projects_stops (
  organization_id uuid not null references identity_organizations,
  id uuid not null,
  scope_kind text not null check (scope_kind in ('organization', 'project', 'agent')),
  scope_id uuid not null,
  reason text not null,
  raised_by json not null,
  raised_at timestamptz not null default muster_now(),
  lifted_by json,
  lifted_at timestamptz,
  primary key (organization_id, id)
);
create unique index projects_stops_in_force on projects_stops (organization_id, scope_kind, scope_id) where lifted_at is null;
select muster_protect('projects_stops');

-- What the claim and the commit test, locked `for share` by them: a stop waits for those under way.
create view projects_gate_v with (security_invoker = true) as
  select organization_id, id as project_id, status, stopped or organization_stopped as stopped, policy_version, oversight
  from projects;
-- What is stopped just now, for screens.
create view projects_stop_v with (security_invoker = true) as
  select organization_id, id, scope_kind, scope_id, reason, raised_by, raised_at from projects_stops where lifted_at is null;
create view projects_list_v with (security_invoker = true) as
  select organization_id, id as project_id, name from projects;
create view projects_names_v with (security_invoker = true) as
  select organization_id, id as project_id, name, status from projects;

grant select, update on projects_gate_v to muster_app, muster_engine;
grant select on projects_stop_v, projects_list_v, projects_names_v to muster_app, muster_engine;
