-- Breaks running servers: no.
-- Content lies in the blob store under organization and SHA-256; these rows say what it is and where it came from.
create table artifacts (
  organization_id uuid not null references organizations,
  id uuid not null,
  project_id uuid not null,
  goal_id uuid,
  task_id uuid,
  run_id uuid,
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
create index artifacts_by_run on artifacts (organization_id, run_id) where run_id is not null;
select muster_protect('artifacts');

-- What a result was made from: an artifact, or a run's inline result (`source_kind` result, its SHA-256).
create table artifact_lineage (
  organization_id uuid not null,
  sha256 text not null,
  run_id uuid not null,
  source_kind text not null check (source_kind in ('artifact', 'result')),
  source_id uuid not null,
  primary key (organization_id, run_id, source_kind, source_id)
);
create index artifact_lineage_by_source on artifact_lineage (organization_id, source_kind, source_id);
select muster_protect('artifact_lineage');
