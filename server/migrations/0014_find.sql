-- Breaks running servers: no.
-- What is found by a part of its id, by its number or by its name: titles that the owners of the tables lend.
drop index goals_by_number;
-- A number is looked for in one project and in all of them.
create unique index goals_by_number on goals (organization_id, number, project_id);

create view projects_names_v with (security_invoker = true) as
  select organization_id, id as project_id, name, status from projects;

create view artifacts_names_v with (security_invoker = true) as
  select organization_id, id as artifact_id, project_id, goal_id, name, type from artifacts;

create view state_keys_v with (security_invoker = true) as
  select organization_id, scope, scope_id, document, version from documents;

create view approvals_titles_v with (security_invoker = true) as
  select organization_id, id as approval_id, project_id, goal_id, question, status from approvals;

grant select on projects_names_v, artifacts_names_v, state_keys_v, approvals_titles_v to muster_app, muster_engine;
