import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import { clampedSum, fragment, sql } from '../../../platform/db/sql.ts'
import type { Amounts, SpendScopes } from '../budgets.port.ts'
import type { Balance } from '../budgets.rules.ts'
import type {
  BalanceChange,
  ChargeRow,
  HoldRef,
  HoldRow,
  LimitRow,
  PassedRow,
  ReservationRow,
  ScopeRow,
} from '../budgets.types.ts'

const columns = (scopes: readonly ScopeRow[]): [string[], string[], string[]] => [
  scopes.map((scope) => scope.organization_id),
  scopes.map((scope) => scope.scope_kind),
  scopes.map((scope) => scope.scope_id),
]

const organizations = (rows: readonly { readonly organization_id: string }[]) => rows.map((one) => one.organization_id)
const ids = (holds: readonly HoldRef[]) => holds.map((one) => one.id)

/** Statements of holds, reservations, charges and balances. */
export const holdsStore = {
  /** Limits of the scopes, their rows locked in the order of their ids. */
  lock(tx: Tx, scopes: readonly ScopeRow[]): Promise<LimitRow[]> {
    const [organization_ids, kinds, ids] = columns(scopes)
    return tx.rows<LimitRow>(sql`
      select l.organization_id, l.id as limit_id, l.scope_kind, l.scope_id, l.budget_window, l.cost_micro_usd, l.tokens,
        l.live_runs, budgets_window_start(l.budget_window, l.time_zone) as window_start
      from unnest(${organization_ids}::uuid[], ${kinds}::text[], ${ids}::uuid[]) as i (organization_id, scope_kind, scope_id)
      join budgets_limits l on l.organization_id = i.organization_id and l.scope_kind = i.scope_kind and l.scope_id = i.scope_id
      order by l.organization_id, l.id for no key update of l`)
  },

  /** The same without locks, for charges without a hold. */
  limits(tx: Tx, scopes: readonly ScopeRow[]): Promise<LimitRow[]> {
    const [organization_ids, kinds, ids] = columns(scopes)
    return tx.rows<LimitRow>(sql`
      select l.organization_id, l.id as limit_id, l.scope_kind, l.scope_id, l.budget_window, l.cost_micro_usd, l.tokens,
        l.live_runs, budgets_window_start(l.budget_window, l.time_zone) as window_start
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
        select l.id, l.budget_window, l.time_zone from budgets_limits l where l.organization_id = i.organization_id
          and l.scope_kind = i.scope_kind and l.scope_id = i.scope_id offset 0) l
      cross join lateral (
        select b.* from budgets_balances b where b.organization_id = i.organization_id and b.limit_id = l.id
          and b.window_start = budgets_window_start(l.budget_window, l.time_zone)
          and (l.budget_window <> 'goal' or b.goal_id = any (${goal_ids}::uuid[])) offset 0) b`)
  },

  async hold(tx: Tx, holds: readonly HoldRow[]): Promise<void> {
    await tx.execute(sql`
      insert into budgets_holds (organization_id, id, cost_micro_usd, tokens, balances)
      select organization_id, id, cost_micro_usd, tokens, balances::json
      from unnest(${organizations(holds)}::uuid[], ${ids(holds)}::uuid[], ${holds.map((one) => one.cost_micro_usd)}::bigint[],
        ${holds.map((one) => one.tokens)}::bigint[], ${holds.map((one) => JSON.stringify(one.balances))}::text[])
        as i (organization_id, id, cost_micro_usd, tokens, balances)`)
  },

  /** Deletes holds and returns them; a hold that is gone is left out, so that nothing is settled twice. */
  takeHolds(tx: Tx, holds: readonly HoldRef[]): Promise<HoldRow[]> {
    return tx.rows<HoldRow>(sql`
      delete from budgets_holds h using unnest(${organizations(holds)}::uuid[], ${ids(holds)}::uuid[]) as i (organization_id, id)
      where h.organization_id = i.organization_id and h.id = i.id
      returning h.organization_id, h.id, h.cost_micro_usd, h.tokens, h.balances`)
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
          ${sortedChanges.map((one) => one.held.cost_micro_usd)}::bigint[], ${sortedChanges.map((one) => one.held.tokens)}::bigint[],
          ${sortedChanges.map((one) => one.used.cost_micro_usd)}::bigint[], ${sortedChanges.map((one) => one.used.tokens)}::bigint[])
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

  /** Inserts charges, each once; returns the ids of those that were new. */
  async charge(tx: Tx, charges: readonly ChargeRow[]): Promise<string[]> {
    const rows = await tx.rows<{ id: string }>(sql`
      insert into budgets_charges (organization_id, id, project_id, goal_id, task_id, agent_id, category, cost_micro_usd,
        tokens, unknown_usage, source)
      select organization_id, id, project_id, goal_id, task_id, agent_id, 'inference', cost_micro_usd, tokens, unknown_usage, source
      from unnest(${organizations(charges)}::uuid[], ${ids(charges)}::uuid[],
        ${charges.map((one) => one.project_id)}::uuid[], ${charges.map((one) => one.goal_id)}::uuid[],
        ${charges.map((one) => one.task_id)}::uuid[], ${charges.map((one) => one.agent_id)}::uuid[],
        ${charges.map((one) => one.cost_micro_usd)}::bigint[], ${charges.map((one) => one.tokens)}::bigint[],
        ${charges.map((one) => one.unknown_usage)}::boolean[], ${charges.map((one) => one.source)}::text[])
        as i (organization_id, id, project_id, goal_id, task_id, agent_id, cost_micro_usd, tokens, unknown_usage, source)
      on conflict do nothing
      returning id`)
    return rows.map(({ id }) => id)
  },

  async reserve(tx: Tx, reservations: readonly ReservationRow[]): Promise<void> {
    await tx.execute(sql`
      insert into budgets_reservations (organization_id, id, process_id, project_id, goal_id, agent_id, cost_micro_usd, tokens, balances,
        deadline_at)
      select organization_id, id, process_id, project_id, goal_id, agent_id, cost_micro_usd, tokens, balances::json,
        muster_now() + budgets_reservation_lease()
      from unnest(${organizations(reservations)}::uuid[], ${ids(reservations)}::uuid[], ${reservations.map((one) => one.process_id)}::uuid[],
        ${reservations.map((one) => one.project_id)}::uuid[], ${reservations.map((one) => one.goal_id)}::uuid[],
        ${reservations.map((one) => one.agent_id)}::uuid[], ${reservations.map((one) => one.cost_micro_usd)}::bigint[],
        ${reservations.map((one) => one.tokens)}::bigint[], ${reservations.map((one) => JSON.stringify(one.balances))}::text[])
        as i (organization_id, id, process_id, project_id, goal_id, agent_id, cost_micro_usd, tokens, balances)`)
  },

  /** Those that there are still, locked in the order of their ids. */
  async lockReservations(tx: Tx, reservations: readonly HoldRef[]): Promise<string[]> {
    const rows = await tx.rows<{ id: string }>(sql`
      select s.id from unnest(${organizations(reservations)}::uuid[], ${ids(reservations)}::uuid[]) as i (organization_id, id)
      join budgets_reservations s on s.organization_id = i.organization_id and s.id = i.id
      order by s.organization_id, s.id for update of s`)
    return rows.map(({ id }) => id)
  },

  /** Takes amounts out of reservations and renews their leases; returns the balances they stand in. */
  drawReservations(tx: Tx, draws: readonly (HoldRef & Amounts)[]): Promise<HoldRow[]> {
    return tx.rows<HoldRow>(sql`
      update budgets_reservations s set cost_micro_usd = s.cost_micro_usd - i.cost_micro_usd, tokens = s.tokens - i.tokens,
        deadline_at = muster_now() + budgets_reservation_lease()
      from unnest(${organizations(draws)}::uuid[], ${ids(draws)}::uuid[],
        ${draws.map((one) => one.cost_micro_usd)}::bigint[], ${draws.map((one) => one.tokens)}::bigint[])
        as i (organization_id, id, cost_micro_usd, tokens)
      where s.organization_id = i.organization_id and s.id = i.id
      returning s.organization_id, s.id, s.cost_micro_usd, s.tokens, s.balances`)
  },

  /** Deletes reservations; returns the rest of their amounts. */
  takeReservations(tx: Tx, reservations: readonly HoldRef[]): Promise<HoldRow[]> {
    return tx.rows<HoldRow>(sql`
      delete from budgets_reservations s using unnest(${organizations(reservations)}::uuid[], ${ids(reservations)}::uuid[]) as i (organization_id, id)
      where s.organization_id = i.organization_id and s.id = i.id
      returning s.organization_id, s.id, s.cost_micro_usd, s.tokens, s.balances`)
  },

  /** The same for reservations whose lease has expired. */
  takeLostReservations(tx: EngineTx, limit: number): Promise<(HoldRow & SpendScopes)[]> {
    return tx.rows<HoldRow & SpendScopes>(sql`
      with gone as (
        select organization_id, id from budgets_reservations where deadline_at < muster_now()
        order by organization_id, id limit ${limit} for update skip locked)
      delete from budgets_reservations s using gone where s.organization_id = gone.organization_id and s.id = gone.id
      returning s.organization_id, s.id, s.project_id, s.goal_id, s.agent_id, s.cost_micro_usd, s.tokens, s.balances`)
  },

  /** Limits of which processes other than `process_id` hold reservations. */
  async heldElsewhere(
    tx: Tx,
    limits: readonly { readonly organization_id: string; readonly limit_id: string }[],
    process_id: string,
  ): Promise<string[]> {
    const rows = await tx.rows<{ limit_id: string }>(sql`
      select i.limit_id from unnest(${organizations(limits)}::uuid[], ${limits.map((one) => one.limit_id)}::uuid[]) as i (organization_id, limit_id)
      where exists (
        select from budgets_reservations s cross join json_array_elements(s.balances) b
        where s.organization_id = i.organization_id and s.process_id <> ${process_id} and (b ->> 'limit_id')::uuid = i.limit_id)`)
    return rows.map(({ limit_id }) => limit_id)
  },

  /** Shortens leases that lie too far in the future, after the clock was put back. */
  clampReservations(tx: EngineTx): Promise<number> {
    return tx.execute(sql`
      update budgets_reservations set deadline_at = muster_now() + budgets_reservation_lease()
      where deadline_at > muster_now() + budgets_reservation_lease()`)
  },
}

function orderOf({ organization_id, limit_id, window_start, goal_id }: BalanceChange): string {
  return `${organization_id} ${limit_id} ${window_start} ${goal_id}`
}
