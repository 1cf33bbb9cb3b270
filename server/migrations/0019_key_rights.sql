-- Breaks running servers: no.
-- What keys in force may do, for those who test the key that lent another one.
create or replace view identity_keys_v with (security_invoker = true) as
  select organization_id, id as key_id, agent_id, permissions, model_requests_per_minute, model_tokens_per_minute
  from api_keys where revoked_at is null;

-- Which key made which, revoked ones too.
create view identity_key_makers_v with (security_invoker = true) as
  select organization_id, id as key_id, created_by as maker_id from api_keys;
grant select on identity_key_makers_v to muster_app, muster_engine;
