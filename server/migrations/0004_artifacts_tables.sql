-- Breaks running servers: no (first migrations).
-- Content lies in the blob store under organization and SHA-256; these rows say what it is and where it came from.
create table artifacts (
  organization_id uuid not null references identity_organizations,
  id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  task_id uuid,
  run_id uuid,
  -- whose run made it
  agent_id uuid,
  name text not null,
  type text not null,
  media_type text not null,
  size_bytes bigint not null,
  sha256 text not null,
  version integer not null default 1,
  previous_id uuid,
  human_edited boolean not null default false,
  provenance json,
  created_by json not null,
  created_at timestamptz not null default muster_now(),
  primary key (organization_id, id),
  foreign key (organization_id, project_id) references projects on delete cascade
);
create index artifacts_by_project on artifacts (organization_id, project_id, id);
create index artifacts_by_goal on artifacts (organization_id, goal_id, id) where goal_id is not null;
create index artifacts_by_run on artifacts (organization_id, run_id, id) where run_id is not null;
create index artifacts_by_previous on artifacts (organization_id, previous_id) where previous_id is not null;
create index artifacts_by_content on artifacts (organization_id, sha256);
select muster_protect('artifacts');

-- What a run's result was made from: an artifact, or another run's inline result. `input`: it was handed out to the run;
-- `source`: the result carries text taken from it. `sha256` is the result's.
create table artifacts_lineage (
  organization_id uuid not null,
  run_id uuid not null,
  sha256 text not null,
  source_kind text not null check (source_kind in ('artifact', 'result')),
  source_id uuid not null,
  relation text not null check (relation in ('input', 'source')),
  primary key (organization_id, run_id, source_kind, source_id)
);
create index artifacts_lineage_by_source on artifacts_lineage (organization_id, source_kind, source_id);
select muster_protect('artifacts_lineage');

create view artifacts_names_v with (security_invoker = true) as
  select organization_id, id as artifact_id, project_id, goal_id, name, type from artifacts;

grant select on artifacts_names_v to muster_app, muster_engine;
