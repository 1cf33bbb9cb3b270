import type { Tx } from '../../platform/db/db.ts'
import { sql } from '../../platform/db/sql.ts'
import type { Balance } from './budgets.rules.ts'

export interface ScopeRow {
  readonly organization_id: string
  readonly scope_kind: string
  readonly scope_id: string
}

export interface HoldRow {
  readonly organization_id: string
  readonly run_id: string
  readonly cost_micro_usd: number
  readonly tokens: number
  readonly balances: readonly { readonly limit_id: string; readonly window_start: string }[]
}

export interface BalanceChange {
  readonly organization_id: string
  readonly limit_id: string
  readonly window_start: string
  readonly held_micro_usd: number
  readonly held_tokens: number
  readonly used_micro_usd: number
  readonly used_tokens: number
}

export interface ChargeRow {
  readonly organization_id: string
  readonly run_id: string
  readonly project_id: string
  readonly goal_id: string | null
  readonly task_id: string
  readonly agent_id: string
  readonly cost_micro_usd: number
  readonly tokens: number
  readonly unknown_usage: boolean
}

export const budgetsStore = {
  /** Limits of the scopes with their windows' balances; the limits' rows are locked in the order of their ids. */
  lock(tx: Tx, scopes: readonly ScopeRow[]): Promise<(Omit<Balance, 'live'> & { organization_id: string })[]> {
    return tx.rows(sql`
      select l.organization_id, l.id as limit_id, l.scope_kind, l.scope_id, l.cost_micro_usd, l.tokens, l.live_runs,
        l.closed_at is not null as closed, w.window_start, coalesce(b.held_micro_usd, 0) as held_micro_usd,
        coalesce(b.held_tokens, 0) as held_tokens, coalesce(b.used_micro_usd, 0) as used_micro_usd,
        coalesce(b.used_tokens, 0) as used_tokens
      from unnest(${scopes.map((scope) => scope.organization_id)}::uuid[], ${scopes.map((scope) => scope.scope_kind)}::text[],
        ${scopes.map((scope) => scope.scope_id)}::uuid[]) as i (organization_id, scope_kind, scope_id)
      join budget_limits l on l.organization_id = i.organization_id and l.scope_kind = i.scope_kind and l.scope_id = i.scope_id
      cross join lateral (select case l.budget_window when 'day' then date_trunc('day', muster_now() at time zone 'UTC') at time zone 'UTC'
        else '1970-01-01T00:00:00Z'::timestamptz end as window_start) w
      left join budget_balances b on b.organization_id = l.organization_id and b.limit_id = l.id and b.window_start = w.window_start
      order by l.organization_id, l.id for no key update of l`)
  },

  async hold(tx: Tx, holds: readonly HoldRow[]): Promise<void> {
    await tx.execute(sql`
      insert into budget_holds (organization_id, run_id, cost_micro_usd, tokens, balances)
      select organization_id, run_id, cost_micro_usd, tokens, balances::json
      from unnest(${holds.map((one) => one.organization_id)}::uuid[], ${holds.map((one) => one.run_id)}::uuid[],
        ${holds.map((one) => one.cost_micro_usd)}::bigint[], ${holds.map((one) => one.tokens)}::bigint[],
        ${holds.map((one) => JSON.stringify(one.balances))}::text[])
        as i (organization_id, run_id, cost_micro_usd, tokens, balances)`)
  },

  /** Takes holds away; what is gone already is left out, so that nothing is settled twice. */
  takeHolds(tx: Tx, runs: readonly { organization_id: string; run_id: string }[]): Promise<HoldRow[]> {
    return tx.rows<HoldRow>(sql`
      delete from budget_holds h
      using unnest(${runs.map((run) => run.organization_id)}::uuid[], ${runs.map((run) => run.run_id)}::uuid[]) as i (organization_id, run_id)
      where h.organization_id = i.organization_id and h.run_id = i.run_id
      returning h.organization_id, h.run_id, h.cost_micro_usd, h.tokens, h.balances`)
  },

  /** Adds to balances, one row each, in key order. Returns what passed 90 % of its limit or went over it by this. */
  async change(tx: Tx, changes: readonly BalanceChange[]): Promise<{ organization_id: string; limit_id: string; scope_kind: string; scope_id: string; closed: boolean }[]> {
    const sorted = [...changes].sort((a, b) => (a.limit_id + a.window_start < b.limit_id + b.window_start ? -1 : 1))
    return tx.rows(sql`
      with moved as (
        insert into budget_balances as b (organization_id, limit_id, window_start, held_micro_usd, held_tokens, used_micro_usd, used_tokens)
        select * from unnest(${sorted.map((one) => one.organization_id)}::uuid[], ${sorted.map((one) => one.limit_id)}::uuid[],
          ${sorted.map((one) => one.window_start)}::timestamptz[], ${sorted.map((one) => one.held_micro_usd)}::bigint[],
          ${sorted.map((one) => one.held_tokens)}::bigint[], ${sorted.map((one) => one.used_micro_usd)}::bigint[],
          ${sorted.map((one) => one.used_tokens)}::bigint[])
        on conflict (organization_id, limit_id, window_start) do update set
          held_micro_usd = b.held_micro_usd + excluded.held_micro_usd, held_tokens = b.held_tokens + excluded.held_tokens,
          used_micro_usd = b.used_micro_usd + excluded.used_micro_usd, used_tokens = b.used_tokens + excluded.used_tokens
        returning b.organization_id, b.limit_id, b.used_micro_usd, b.used_tokens, b.warned, b.window_start
      )
      select m.organization_id, m.limit_id, m.window_start, l.scope_kind, l.scope_id,
        m.used_micro_usd > l.cost_micro_usd or m.used_tokens > l.tokens as closed
      from moved m join budget_limits l on l.organization_id = m.organization_id and l.id = m.limit_id
      where not m.warned and (m.used_micro_usd >= 0.9 * l.cost_micro_usd or m.used_tokens >= 0.9 * l.tokens)`)
  },

  async warned(tx: Tx, limits: readonly { organization_id: string; limit_id: string; closed: boolean }[]): Promise<void> {
    const organization_ids = limits.map((limit) => limit.organization_id)
    const ids = limits.map((limit) => limit.limit_id)
    await tx.execute(sql`
      update budget_balances b set warned = true
      from unnest(${organization_ids}::uuid[], ${ids}::uuid[]) as i (organization_id, limit_id)
      where b.organization_id = i.organization_id and b.limit_id = i.limit_id`)
  },

  async charge(tx: Tx, charges: readonly ChargeRow[]): Promise<void> {
    await tx.execute(sql`
      insert into budget_charges (organization_id, run_id, project_id, goal_id, task_id, agent_id, category, cost_micro_usd,
        tokens, unknown_usage)
      select organization_id, run_id, project_id, goal_id, task_id, agent_id, 'inference', cost_micro_usd, tokens, unknown_usage
      from unnest(${charges.map((one) => one.organization_id)}::uuid[], ${charges.map((one) => one.run_id)}::uuid[],
        ${charges.map((one) => one.project_id)}::uuid[], ${charges.map((one) => one.goal_id)}::uuid[],
        ${charges.map((one) => one.task_id)}::uuid[], ${charges.map((one) => one.agent_id)}::uuid[],
        ${charges.map((one) => one.cost_micro_usd)}::bigint[], ${charges.map((one) => one.tokens)}::bigint[],
        ${charges.map((one) => one.unknown_usage)}::boolean[])
        as i (organization_id, run_id, project_id, goal_id, task_id, agent_id, cost_micro_usd, tokens, unknown_usage)
      on conflict do nothing`)
  },
}
