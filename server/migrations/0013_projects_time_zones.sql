-- Breaks running servers: no.
-- Whose midnight begins a day of the project's budgets: a name of the IANA time zone database.
alter table projects add column time_zone text not null default 'UTC';

create view projects_zones_v with (security_invoker = true) as
  select organization_id, id as project_id, time_zone from projects;
grant select on projects_zones_v to muster_app, muster_engine;
