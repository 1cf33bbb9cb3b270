-- Breaks running servers: no.
-- What a key may ask models for in a minute; null: any number.
alter table api_keys add column model_requests_per_minute integer check (model_requests_per_minute > 0);
alter table api_keys add column model_tokens_per_minute bigint check (model_tokens_per_minute > 0);

-- What the attempts that are not kept any more came to, by the day (UTC) that they were charged on: the charges stay, and are
-- still checked against this.
create table gateway_attempts_past (
  organization_id uuid not null references organizations,
  day date not null,
  attempts integer not null,
  -- of them, those that were charged for
  charges integer not null,
  cost_micro_usd bigint not null,
  tokens bigint not null,
  primary key (organization_id, day)
);
select muster_protect('gateway_attempts_past');
-- Rows come in the order of time, so this is small and costs an insert next to nothing.
create index gateway_attempts_by_start on gateway_attempts using brin (started_at);
