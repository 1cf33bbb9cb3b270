-- Breaks running servers: yes, goals that they state would have no number.
-- Goals are counted within their project, from 1, for people to name them by. A goal gets its number as the last thing that
-- its transaction does, so the counter is locked for no longer than the commit takes, and a creation that fails takes none.
alter table goals add column number integer;
create unique index goals_by_number on goals (organization_id, project_id, number);

create table goal_counters (
  organization_id uuid not null,
  project_id uuid not null,
  last_number integer not null,
  primary key (organization_id, project_id),
  foreign key (organization_id, project_id) references projects on delete cascade
) with (fillfactor = 50);
select muster_protect('goal_counters');

-- Row-level security is forced, so the owner of the tables sees no rows either.
set local role muster_engine;
update goals g set number = counted.number
from (
  select organization_id, id, row_number() over (partition by organization_id, project_id order by created_at, id) as number from goals
) counted
where g.organization_id = counted.organization_id and g.id = counted.id;
insert into goal_counters (organization_id, project_id, last_number)
  select organization_id, project_id, max(number) from goals group by 1, 2;
reset role;

create or replace view planner_goals_v with (security_invoker = true) as
  select organization_id, id as goal_id, project_id, title, status, because, number from goals;
