-- Breaks running servers: no.
-- Organizations take turns when jobs are claimed: the next one, and its first job that is due, are found in this index.
create index jobs_turns on jobs (kind, organization_id, due_at) where dead_at is null;
-- A dead job whose handler could not say what becomes of its subject, which waits until a person looks.
alter table jobs add column abandoned boolean not null default false;
