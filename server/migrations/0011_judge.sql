-- Breaks running servers: no.
create table verdicts (
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
create index verdicts_by_task on verdicts (organization_id, task_id, id);
select muster_protect('verdicts');
