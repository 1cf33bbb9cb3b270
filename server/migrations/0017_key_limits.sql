-- Breaks running servers: no.
-- What a key may ask models for in a minute; null: any number.
alter table api_keys add column model_requests_per_minute integer check (model_requests_per_minute > 0);
alter table api_keys add column model_tokens_per_minute bigint check (model_tokens_per_minute > 0);
