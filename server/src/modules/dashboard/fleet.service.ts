import { goalStatuses } from '@muster/contract/planner/goals'
import { taskStatuses } from '@muster/contract/planner/tasks'
import type { Caller } from '../../platform/caller.ts'
import type { TenantTx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { notFound } from '../../platform/errors.ts'
import type { ReadJournalLag } from '../../platform/journal/lag.ts'
import { needsAttention } from './attention.service.ts'
import { presentedLimit } from './costs.service.ts'
import type { FailedRun, FleetAgent, LimitRow, ProcessSeen, StopRow } from './dashboard.types.ts'
import { agentsByState, queuesOf, unworkedLanes } from './rules/fleet.rules.ts'
import { costsStore } from './store/costs.store.ts'
import { type FleetScope, fleetStore } from './store/fleet.store.ts'
import { whyStore } from './store/why.store.ts'

export interface FleetDeps {
  readonly transactions: RequestTransactions
  readonly lag: ReadJournalLag
  processes(): Promise<readonly ProcessSeen[]>
}

export interface FleetQuery {
  readonly project_id?: string | undefined
}

/**
 * The status of the fleet. Of the installation's processes a tenant sees only that they exist and how many of its own
 * runs they hold.
 */
export function createFleet({ transactions, lag, processes }: FleetDeps) {
  return async function fleetStatus(caller: Caller, { project_id }: FleetQuery) {
    const [seen, { lag_ms }] = await Promise.all([processes(), lag()])
    const scope = { organization_id: caller.organization_id, project_id }
    const facts = await transactions.read(caller, (tx) => factsOf(tx, scope, { caller, seen }))
    const { numbers, agents, goals, tasks, stops, failures, held, throughput, unworked } = facts
    const { at, snoozed, past_due, due_within_hour, hitl_queue, hitl_oldest_at } = numbers
    return {
      fleet_overview: overviewOf(agents),
      agents_by_state: agentsByState(agents),
      queue_depths: { task_queue: numbers.task_queue, review_queue: numbers.review_queue, hitl_queue },
      queues: queuesOf(numbers, { unworked, processes: seen }),
      approvals: {
        waiting: hitl_queue - snoozed,
        snoozed,
        past_due,
        due_within_hour,
        ...(hitl_oldest_at !== null && { oldest_at: hitl_oldest_at }),
      },
      throughput,
      ...(facts.spend && { spend: facts.spend }),
      needs_attention: facts.needs_attention,
      goals: countsOf(goalStatuses, goals),
      tasks: countsOf(taskStatuses, tasks),
      live_runs: numbers.live_runs,
      workers: [...processWorkers(seen, held), ...agentWorkers(agents)],
      stops: stops.map(presentedStop),
      error_rates: {
        last_hour: shareOf(numbers.failed_hour, numbers.ended_hour),
        last_24_hours: shareOf(numbers.failed_day, numbers.ended_day),
      },
      recent_errors: failures.map(presentedFailure),
      journal_lag_ms: lag_ms,
      at,
    }
  }
}

async function factsOf(
  tx: TenantTx,
  scope: FleetScope,
  { caller, seen }: { readonly caller: Caller; readonly seen: readonly ProcessSeen[] },
) {
  if (!(await fleetStore.hasProject(tx, scope))) throw notFound('project', scope.project_id ?? '')
  const { permissions } = caller
  const [numbers, agents, goals, tasks, stops, failures, held, throughput, lanes, limits, spent] = await Promise.all([
    fleetStore.numbers(tx, scope),
    fleetStore.agents(tx, scope),
    fleetStore.goals(tx, scope),
    fleetStore.tasks(tx, scope),
    fleetStore.stops(tx, scope),
    fleetStore.failures(tx, scope),
    fleetStore.liveByProcess(tx, scope),
    fleetStore.throughput(tx, scope),
    fleetStore.lanes(tx, scope),
    limitsOf(tx, scope),
    fleetStore.spentToday(tx, scope),
  ])
  const unworked = unworkedLanes(lanes, seen)
  const needs_attention = await needsAttention(tx, scope, { stops, unworked, limits, permissions })
  const spend = permissions.has('budgets:read')
    ? { today_micro_usd: spent, budgets: shownBudgets(limits).map(presentedLimit) }
    : undefined
  return { numbers, agents, goals, tasks, stops, failures, held, throughput, unworked, spend, needs_attention }
}

async function limitsOf(tx: TenantTx, { organization_id, project_id }: FleetScope): Promise<readonly LimitRow[]> {
  const filter = { project_id, agent_id: undefined, start_date: '', end_date: '' }
  const scope_ids = await costsStore.limitedScopes(tx, organization_id, filter)
  return scope_ids.length === 0 ? [] : whyStore.limits(tx, organization_id, { scope_ids, goal_id: 'all' })
}

const budgets_max = 20

/** The budgets of organization and projects: closed ones first, then those nearest to their limit. */
function shownBudgets(limits: readonly LimitRow[]): readonly LimitRow[] {
  const used = (limit: LimitRow): number =>
    Math.max(
      partOf(limit.used_micro_usd + limit.held_micro_usd, limit.cost_micro_usd),
      partOf(limit.used_tokens + limit.held_tokens, limit.tokens),
      partOf(limit.live, limit.live_runs),
    )
  return limits
    .filter(({ scope_kind }) => scope_kind === 'organization' || scope_kind === 'project')
    .toSorted((one, other) => used(other) - used(one) || (one.limit_id < other.limit_id ? -1 : 1))
    .slice(0, budgets_max)
}

const partOf = (amount: number, limit: number | null): number => (limit === null ? 0 : amount / Math.max(1, limit))

function overviewOf(agents: readonly FleetAgent[]) {
  const count = (test: (agent: FleetAgent) => boolean): number => agents.filter(test).length
  return {
    total_agents: agents.length,
    active_agents: count(({ live_runs }) => live_runs > 0),
    idle_agents: count(({ live_runs, status }) => live_runs === 0 && status === 'active'),
    error_agents: count(({ last_ended }) => last_ended === 'failed'),
    paused_agents: count(({ status }) => status === 'paused'),
  }
}

function processWorkers(seen: readonly ProcessSeen[], held: readonly { process_id: string; count: number }[]) {
  const live = new Map(held.map(({ process_id, count }) => [process_id, count]))
  return seen
    .filter(({ services, is_alive }) => is_alive && services.includes('worker'))
    .map(({ id, seen_at }) => ({ id, service: 'worker', last_seen_at: seen_at, live_runs: live.get(id) ?? 0 }))
}

/** Remote agents count as workers of their own. */
function agentWorkers(agents: readonly FleetAgent[]) {
  return agents.flatMap(({ agent_id, runtime, seen_at, is_present, live_runs }) =>
    is_present && seen_at !== null
      ? [{ id: agent_id, service: runtime, agent_id, last_seen_at: seen_at, live_runs }]
      : [],
  )
}

function presentedStop({ id, scope_kind, scope_id, reason, raised_by, raised_at }: StopRow) {
  return { id, scope: { kind: scope_kind, id: scope_id }, reason, raised_by, raised_at }
}

function presentedFailure({ run_id, agent_id, task_id, status, error, ended_at }: FailedRun) {
  const error_type = error?.code ?? (status === 'lost' ? 'lease_lost' : 'failed')
  const message =
    error?.message ??
    (status === 'lost' ? 'The lease expired: the agent stopped sending heartbeats.' : 'The run failed.')
  return { error_id: run_id, agent_id, task_id, error_type, message, timestamp: ended_at }
}

const shareOf = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

/** Every status, those without any too. */
function countsOf<Status extends string>(
  statuses: readonly Status[],
  rows: readonly { readonly status: Status; readonly count: number }[],
): Record<Status, number> {
  const counts = new Map(rows.map(({ status, count }) => [status, count]))
  return Object.fromEntries(statuses.map((status) => [status, counts.get(status) ?? 0])) as Record<Status, number>
}
