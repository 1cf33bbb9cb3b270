-- Breaks running servers: no.
-- What keys in force may do, for those who test the key that lent another one.
create or replace view identity_keys_v with (security_invoker = true) as
  select organization_id, id as key_id, agent_id, permissions, model_requests_per_minute, model_tokens_per_minute
  from api_keys where revoked_at is null;

-- Finds the keys that a key made.
create index api_keys_by_maker on api_keys (organization_id, created_by) where created_by is not null;

-- Finds who amended the result of a run.
create index approvals_by_run on approvals (organization_id, run_id) where run_id is not null;
