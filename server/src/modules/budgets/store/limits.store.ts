import type { BudgetScope, BudgetWindow } from '@muster/contract/budgets/budgets'
import type { Tx } from '../../../platform/db/db.ts'
import type { ReadScope } from '../../../platform/db/read-scope.ts'
import { allOf, type Fragment, fragment, sql, sumOf } from '../../../platform/db/sql.ts'
import { attention_rows_max } from '../../../platform/module/attention-source.ts'
import type { LimitFilter, LimitStatus } from '../budgets.port.ts'

export interface Amounts {
  readonly cost_micro_usd: number | null
  readonly tokens: number | null
  readonly live_runs: number | null
}

export interface NewLimit extends Amounts {
  readonly organization_id: string
  readonly id: string
  readonly scope_kind: BudgetScope
  readonly scope_id: string
  readonly budget_window: BudgetWindow
  /** The project that the scope is, or belongs to. */
  readonly project_id: string | null
}

/** A limit with the amounts of its current window; for all goals together where each counts apart. */
export interface BudgetRow extends Omit<LimitStatus, 'live'> {
  readonly organization_id: string
}

interface ZoneChange {
  readonly organization_id: string
  readonly project_id: string
  readonly time_zone: string
}

const statuses_max = 500

/** A closed limit, with the name of its project. */
export interface ClosedLimit
  extends Pick<BudgetRow, 'id' | 'scope_kind' | 'scope_id' | 'budget_window' | 'window_start' | 'created_at'> {
  readonly project_name: string | null
}

function budgets(filter: Fragment, limit: number, counted: Fragment = fragment`true`) {
  return sql`
    select l.organization_id, l.id, l.scope_kind, l.scope_id, l.budget_window, l.time_zone, l.cost_micro_usd, l.tokens, l.live_runs,
      l.created_at, w.window_start,
      case when l.budget_window = 'day'
        then (date_trunc('day', muster_now() at time zone l.time_zone) + interval '1 day') at time zone l.time_zone end as window_end, b.held_micro_usd, b.held_tokens, b.used_micro_usd, b.used_tokens, b.closed
    from (select * from budgets_limits l where ${filter} order by l.id limit ${limit}) l
    cross join lateral (select budgets_window_start(l.budget_window, l.time_zone) as window_start) w
    cross join lateral (
      select ${sumOf(fragment`b.held_micro_usd`)} as held_micro_usd, ${sumOf(fragment`b.held_tokens`)} as held_tokens,
        ${sumOf(fragment`b.used_micro_usd`)} as used_micro_usd, ${sumOf(fragment`b.used_tokens`)} as used_tokens,
        coalesce(bool_or(b.used_micro_usd > l.cost_micro_usd or b.used_tokens > l.tokens), false) as closed
      from budgets_balances b
      where b.organization_id = l.organization_id and b.limit_id = l.id and b.window_start = w.window_start and ${counted}) b
    order by l.id`
}

/** Statements that set and read limits. */
export const limitsStore = {
  async insert(tx: Tx, limit: NewLimit): Promise<void> {
    await tx.execute(sql`
      insert into budgets_limits (organization_id, id, scope_kind, scope_id, budget_window, project_id, time_zone,
        cost_micro_usd, tokens, live_runs)
      values (${limit.organization_id}, ${limit.id}, ${limit.scope_kind}, ${limit.scope_id}, ${limit.budget_window},
        ${limit.project_id}, coalesce((select time_zone from projects_zones_v
          where organization_id = ${limit.organization_id} and project_id = ${limit.project_id}::uuid), 'UTC'),
        ${limit.cost_micro_usd}, ${limit.tokens}, ${limit.live_runs})`)
  },

  /** Sets an agent's limit of live runs and leaves the other amounts of the limit alone. */
  async setLiveRuns(tx: Tx, limit: Omit<NewLimit, 'cost_micro_usd' | 'tokens' | 'project_id'>): Promise<void> {
    await tx.execute(sql`
      insert into budgets_limits (organization_id, id, scope_kind, scope_id, budget_window, live_runs)
      values (${limit.organization_id}, ${limit.id}, ${limit.scope_kind}, ${limit.scope_id}, ${limit.budget_window},
        ${limit.live_runs})
      on conflict (organization_id, scope_kind, scope_id, budget_window) do update set live_runs = excluded.live_runs`)
  },

  async find(tx: Tx, organization_id: string, id: string): Promise<BudgetRow | undefined> {
    return tx.row<BudgetRow>(budgets(fragment`l.organization_id = ${organization_id} and l.id = ${id}`, 1))
  },

  list(
    tx: Tx,
    organization_id: string,
    query: {
      readonly scope_kind: BudgetScope | undefined
      readonly scope_id: string | undefined
      readonly after: string | undefined
      readonly limit: number
    },
  ): Promise<BudgetRow[]> {
    const { scope_kind, scope_id, after, limit } = query
    const filters = [
      fragment`l.organization_id = ${organization_id}`,
      scope_kind === undefined ? undefined : fragment`l.scope_kind = ${scope_kind}`,
      scope_id === undefined ? undefined : fragment`l.scope_id::text = ${scope_id.toLowerCase()}`,
      after === undefined ? undefined : fragment`l.id > ${after}`,
    ]
    return tx.rows<BudgetRow>(budgets(allOf(filters), limit))
  },

  /** Those of the scopes; without scopes, all. Where a limit tells goals apart, the amounts of one goal count, or of all. */
  ofScopes(tx: Tx, organization_id: string, { scope_ids, scope_kinds, goal_id }: LimitFilter): Promise<BudgetRow[]> {
    const filters = [
      fragment`l.organization_id = ${organization_id}`,
      scope_ids === undefined ? undefined : fragment`l.scope_id = any(${scope_ids}::uuid[])`,
      scope_kinds === undefined ? undefined : fragment`l.scope_kind = any(${scope_kinds}::text[])`,
    ]
    const counted =
      goal_id === undefined ? fragment`true` : fragment`(l.budget_window <> 'goal' or b.goal_id = ${goal_id}::uuid)`
    return tx.rows<BudgetRow>(budgets(allOf(filters), statuses_max, counted))
  },

  /** Those that are closed for all that they limit; of one project also those of the organization. */
  closed(tx: Tx, { organization_id, project_id }: ReadScope): Promise<ClosedLimit[]> {
    const isSeen =
      project_id === undefined ? fragment`true` : fragment`l.scope_id in (${organization_id}, ${project_id}::uuid)`
    return tx.rows<ClosedLimit>(sql`
      select distinct l.id, l.scope_kind, l.scope_id, l.budget_window, b.window_start, l.created_at, p.name as project_name
      from budgets_limits l
      join budgets_balances b on b.organization_id = l.organization_id and b.limit_id = l.id
        and b.window_start = budgets_window_start(l.budget_window, l.time_zone)
        and (b.used_micro_usd > l.cost_micro_usd or b.used_tokens > l.tokens)
      left join projects_list_v p on p.organization_id = l.organization_id and p.project_id = l.scope_id
      where l.organization_id = ${organization_id} and l.budget_window <> 'goal' and ${isSeen}
      order by l.id limit ${attention_rows_max}`)
  },

  /** Replaces the amounts. Warnings of the window are recorded again where they become true again. */
  async replace(tx: Tx, organization_id: string, { id, ...amounts }: Amounts & { readonly id: string }): Promise<void> {
    const { cost_micro_usd, tokens, live_runs } = amounts
    await tx.execute(sql`
      update budgets_limits set cost_micro_usd = ${cost_micro_usd}, tokens = ${tokens}, live_runs = ${live_runs}
      where organization_id = ${organization_id} and id = ${id}`)
    await tx.execute(sql`
      update budgets_balances b set
        warned = coalesce(b.used_micro_usd >= 0.9 * ${cost_micro_usd}::bigint, false) or coalesce(b.used_tokens >= 0.9 * ${tokens}::bigint, false),
        closed = coalesce(b.used_micro_usd > ${cost_micro_usd}::bigint, false) or coalesce(b.used_tokens > ${tokens}::bigint, false)
      where b.organization_id = ${organization_id} and b.limit_id = ${id}`)
  },

  /**
   * Counts the project's days in another zone. What was used today is used in the day that now is; what is under way
   * is charged to the day it began in.
   */
  async changeZone(tx: Tx, { organization_id, project_id, time_zone }: ZoneChange): Promise<number> {
    const ofProject = fragment`l.organization_id = ${organization_id} and l.project_id = ${project_id}
      and l.time_zone <> ${time_zone}`
    // A statement of its own: the copy sees what others wrote until they gave the locks back.
    await tx.rows(sql`select l.id from budgets_limits l where ${ofProject} order by l.id for no key update`)
    await tx.execute(sql`
      insert into budgets_balances as b (organization_id, limit_id, window_start, goal_id, used_micro_usd, used_tokens, warned, closed)
      select o.organization_id, o.limit_id, budgets_window_start('day', ${time_zone}), o.goal_id, o.used_micro_usd, o.used_tokens,
        o.warned, o.closed
      from budgets_limits l join budgets_balances o on o.organization_id = l.organization_id and o.limit_id = l.id
        and o.window_start = budgets_window_start('day', l.time_zone)
      where ${ofProject} and l.budget_window = 'day' and o.window_start <> budgets_window_start('day', ${time_zone})
      on conflict (organization_id, limit_id, window_start, goal_id) do update set
        used_micro_usd = greatest(b.used_micro_usd, excluded.used_micro_usd), used_tokens = greatest(b.used_tokens, excluded.used_tokens),
        warned = b.warned or excluded.warned, closed = b.closed or excluded.closed`)
    return tx.execute(sql`update budgets_limits l set time_zone = ${time_zone} where ${ofProject}`)
  },

  /** Counts the days of a new limit as its project's are counted now. */
  async followZone(tx: Tx, organization_id: string, id: string): Promise<void> {
    await tx.execute(sql`
      update budgets_limits l set time_zone = z.time_zone from projects_zones_v z
      where l.organization_id = ${organization_id} and l.id = ${id} and z.organization_id = l.organization_id
        and z.project_id = l.project_id and z.time_zone <> l.time_zone`)
  },

  async remove(tx: Tx, organization_id: string, id: string): Promise<void> {
    await tx.execute(sql`delete from budgets_limits where organization_id = ${organization_id} and id = ${id}`)
    await tx.execute(sql`delete from budgets_balances where organization_id = ${organization_id} and limit_id = ${id}`)
  },
}
