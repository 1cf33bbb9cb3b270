import type { Tx } from '../../../platform/db/db.ts'
import { clampedSum, fragment, sql } from '../../../platform/db/sql.ts'
import type { Balance } from '../budgets.rules.ts'
import type { BalanceChange, ChargeRow, HoldRow, LimitRow, PassedRow, ScopeRow } from '../budgets.types.ts'

const columns = (scopes: readonly ScopeRow[]): [string[], string[], string[]] => [
  scopes.map((scope) => scope.organization_id),
  scopes.map((scope) => scope.scope_kind),
  scopes.map((scope) => scope.scope_id),
]

/** Statements of admission and settling. */
export const budgetsStore = {
  /** Limits of the scopes, their rows locked in the order of their ids. */
  lock(tx: Tx, scopes: readonly ScopeRow[]): Promise<LimitRow[]> {
    const [organization_ids, kinds, ids] = columns(scopes)
    return tx.rows<LimitRow>(sql`
      select l.organization_id, l.id as limit_id, l.scope_kind, l.scope_id, l.budget_window, l.cost_micro_usd, l.tokens,
        l.live_runs, budgets_window_start(l.budget_window) as window_start
      from unnest(${organization_ids}::uuid[], ${kinds}::text[], ${ids}::uuid[]) as i (organization_id, scope_kind, scope_id)
      join budgets_limits l on l.organization_id = i.organization_id and l.scope_kind = i.scope_kind and l.scope_id = i.scope_id
      order by l.organization_id, l.id for no key update of l`)
  },

  /** The same without locks, for charges without a hold. */
  limits(tx: Tx, scopes: readonly ScopeRow[]): Promise<LimitRow[]> {
    const [organization_ids, kinds, ids] = columns(scopes)
    return tx.rows<LimitRow>(sql`
      select l.organization_id, l.id as limit_id, l.scope_kind, l.scope_id, l.budget_window, l.cost_micro_usd, l.tokens,
        l.live_runs, budgets_window_start(l.budget_window) as window_start
      from unnest(${organization_ids}::uuid[], ${kinds}::text[], ${ids}::uuid[]) as i (organization_id, scope_kind, scope_id)
      join budgets_limits l on l.organization_id = i.organization_id and l.scope_kind = i.scope_kind and l.scope_id = i.scope_id`)
  },

  /**
   * Balances of the scopes' limits in their current windows. It is a statement of its own after the lock: a statement
   * sees the rows of its start, and would miss what the lock's holder wrote while it waited.
   */
  balances(tx: Tx, scopes: readonly ScopeRow[], goal_ids: readonly string[]): Promise<Balance[]> {
    const [organization_ids, kinds, ids] = columns(scopes)
    return tx.rows<Balance>(sql`
      select b.limit_id, b.goal_id, b.held_micro_usd, b.held_tokens, b.used_micro_usd, b.used_tokens
      from unnest(${organization_ids}::uuid[], ${kinds}::text[], ${ids}::uuid[]) as i (organization_id, scope_kind, scope_id)
      cross join lateral (
        select l.id, l.budget_window from budgets_limits l where l.organization_id = i.organization_id
          and l.scope_kind = i.scope_kind and l.scope_id = i.scope_id offset 0) l
      cross join lateral (
        select b.* from budgets_balances b where b.organization_id = i.organization_id and b.limit_id = l.id
          and b.window_start = budgets_window_start(l.budget_window)
          and (l.budget_window <> 'goal' or b.goal_id = any (${goal_ids}::uuid[])) offset 0) b`)
  },

  async hold(tx: Tx, holds: readonly HoldRow[]): Promise<void> {
    await tx.execute(sql`
      insert into budgets_holds (organization_id, run_id, cost_micro_usd, tokens, balances)
      select organization_id, run_id, cost_micro_usd, tokens, balances::json
      from unnest(${holds.map((one) => one.organization_id)}::uuid[], ${holds.map((one) => one.run_id)}::uuid[],
        ${holds.map((one) => one.cost_micro_usd)}::bigint[], ${holds.map((one) => one.tokens)}::bigint[],
        ${holds.map((one) => JSON.stringify(one.balances))}::text[])
        as i (organization_id, run_id, cost_micro_usd, tokens, balances)`)
  },

  /** Deletes holds and returns them; a hold that is gone is left out, so that nothing is settled twice. */
  takeHolds(
    tx: Tx,
    runs: readonly { readonly organization_id: string; readonly run_id: string }[],
  ): Promise<HoldRow[]> {
    return tx.rows<HoldRow>(sql`
      delete from budgets_holds h
      using unnest(${runs.map((run) => run.organization_id)}::uuid[], ${runs.map((run) => run.run_id)}::uuid[]) as i (organization_id, run_id)
      where h.organization_id = i.organization_id and h.run_id = i.run_id
      returning h.organization_id, h.run_id, h.cost_micro_usd, h.tokens, h.balances`)
  },

  /**
   * Adds to balances, one row each, in key order. Returns those that reached nine tenths of their limit, or passed it.
   */
  async change(tx: Tx, changes: readonly BalanceChange[]): Promise<PassedRow[]> {
    const sortedChanges = [...changes].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
    return tx.rows<PassedRow>(sql`
      with moved as (
        insert into budgets_balances as b (organization_id, limit_id, window_start, goal_id, held_micro_usd, held_tokens,
          used_micro_usd, used_tokens)
        select * from unnest(${sortedChanges.map((one) => one.organization_id)}::uuid[], ${sortedChanges.map((one) => one.limit_id)}::uuid[],
          ${sortedChanges.map((one) => one.window_start)}::timestamptz[], ${sortedChanges.map((one) => one.goal_id)}::uuid[],
          ${sortedChanges.map((one) => one.held_micro_usd)}::bigint[], ${sortedChanges.map((one) => one.held_tokens)}::bigint[],
          ${sortedChanges.map((one) => one.used_micro_usd)}::bigint[], ${sortedChanges.map((one) => one.used_tokens)}::bigint[])
        on conflict (organization_id, limit_id, window_start, goal_id) do update set
          held_micro_usd = ${clampedSum(fragment`b.held_micro_usd`, fragment`excluded.held_micro_usd`)},
          held_tokens = ${clampedSum(fragment`b.held_tokens`, fragment`excluded.held_tokens`)},
          used_micro_usd = ${clampedSum(fragment`b.used_micro_usd`, fragment`excluded.used_micro_usd`)},
          used_tokens = ${clampedSum(fragment`b.used_tokens`, fragment`excluded.used_tokens`)}
        returning b.*
      )
      select m.organization_id, m.limit_id, m.window_start, m.goal_id, l.scope_kind, l.scope_id, t.is_over
      from moved m join budgets_limits l on l.organization_id = m.organization_id and l.id = m.limit_id
      cross join lateral (select
        coalesce(m.used_micro_usd >= 0.9 * l.cost_micro_usd, false) or coalesce(m.used_tokens >= 0.9 * l.tokens, false) as is_near,
        coalesce(m.used_micro_usd > l.cost_micro_usd, false) or coalesce(m.used_tokens > l.tokens, false) as is_over) t
      where (m.used_micro_usd > 0 or m.used_tokens > 0) and ((t.is_near and not m.warned) or (t.is_over and not m.closed))`)
  },

  /** Marks the warning as recorded, so that there is one event a window. */
  async markWarned(tx: Tx, passedRows: readonly PassedRow[]): Promise<void> {
    await tx.execute(sql`
      update budgets_balances b set warned = true, closed = b.closed or i.is_over
      from unnest(${passedRows.map((one) => one.organization_id)}::uuid[], ${passedRows.map((one) => one.limit_id)}::uuid[],
        ${passedRows.map((one) => one.window_start)}::timestamptz[], ${passedRows.map((one) => one.goal_id)}::uuid[],
        ${passedRows.map((one) => one.is_over)}::boolean[]) as i (organization_id, limit_id, window_start, goal_id, is_over)
      where b.organization_id = i.organization_id and b.limit_id = i.limit_id and b.window_start = i.window_start
        and b.goal_id = i.goal_id`)
  },

  /** Inserts charges, each once; returns those that were new. */
  async charge(tx: Tx, charges: readonly ChargeRow[]): Promise<string[]> {
    const rows = await tx.rows<{ run_id: string }>(sql`
      insert into budgets_charges (organization_id, run_id, project_id, goal_id, task_id, agent_id, category, cost_micro_usd,
        tokens, unknown_usage, source)
      select organization_id, run_id, project_id, goal_id, task_id, agent_id, 'inference', cost_micro_usd, tokens, unknown_usage, source
      from unnest(${charges.map((one) => one.organization_id)}::uuid[], ${charges.map((one) => one.run_id)}::uuid[],
        ${charges.map((one) => one.project_id)}::uuid[], ${charges.map((one) => one.goal_id)}::uuid[],
        ${charges.map((one) => one.task_id)}::uuid[], ${charges.map((one) => one.agent_id)}::uuid[],
        ${charges.map((one) => one.cost_micro_usd)}::bigint[], ${charges.map((one) => one.tokens)}::bigint[],
        ${charges.map((one) => one.unknown_usage)}::boolean[], ${charges.map((one) => one.source)}::text[])
        as i (organization_id, run_id, project_id, goal_id, task_id, agent_id, cost_micro_usd, tokens, unknown_usage, source)
      on conflict do nothing
      returning run_id`)
    return rows.map(({ run_id }) => run_id)
  },
}

function orderOf({ organization_id, limit_id, window_start, goal_id }: BalanceChange): string {
  return `${organization_id} ${limit_id} ${window_start} ${goal_id}`
}
