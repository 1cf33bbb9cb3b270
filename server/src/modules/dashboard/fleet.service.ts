import { goalStatuses } from '@muster/contract/planner/goals/goals'
import { taskStatuses } from '@muster/contract/planner/tasks/tasks'
import { tableOf } from '@muster/contract/platform/objects'
import type { Caller } from '../../platform/caller.ts'
import type { TenantTx } from '../../platform/db/db.ts'
import type { ReadScope } from '../../platform/db/read-scope.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { notFound } from '../../platform/errors.ts'
import type { ReadJournalLag } from '../../platform/journal/lag.ts'
import type { AttentionItem, AttentionSource } from '../../platform/module/attention-source.ts'
import type { SeenProcess } from '../../platform/processes.ts'
import type { BudgetFields, BudgetsPort } from '../budgets/budgets.port.ts'
import type { FailedRun, FleetAgent, StopRow } from './dashboard.types.ts'
import { findAttention } from './operations/attention.ts'
import { agentsByState, queuesOf } from './rules/fleet.rules.ts'
import { fleetStore } from './store/fleet.store.ts'

export interface FleetDeps {
  readonly transactions: RequestTransactions
  readonly lag: ReadJournalLag
  readonly budgets: Pick<BudgetsPort, 'statuses' | 'presentBudget'>
  /** Of every module that finds something. */
  readonly attention: readonly AttentionSource[]
  processes(): Promise<readonly SeenProcess[]>
}

export interface FleetQuery {
  readonly project_id?: string | undefined
}

/**
 * The status of the fleet. Of the installation's processes a tenant sees only that they exist and how many of its own
 * runs they hold.
 */
export function createFleet(deps: FleetDeps) {
  const { transactions, lag, processes } = deps
  return async function fleetStatus(caller: Caller, { project_id }: FleetQuery) {
    const [processList, { lag_ms }] = await Promise.all([processes(), lag()])
    const scope = { organization_id: caller.organization_id, project_id }
    const facts = await transactions.read(caller, (tx) => readFacts(deps, tx, { scope, caller, seen: processList }))
    const { numbers, agents, goals, tasks, stops, failures, held, throughput, attention } = facts
    const { at, snoozed, past_due, due_within_hour, hitl_queue, hitl_oldest_at } = numbers
    return {
      fleet_overview: overviewOf(agents),
      agents_by_state: agentsByState(agents),
      queue_depths: { task_queue: numbers.task_queue, review_queue: numbers.review_queue, hitl_queue },
      queues: queuesOf(numbers, {
        task_remedy: queueRemedy(attention.all),
        has_judge: servicesOf(processList).has('judge'),
      }),
      approvals: {
        waiting: hitl_queue - snoozed,
        snoozed,
        past_due,
        due_within_hour,
        ...(hitl_oldest_at !== null && { oldest_at: hitl_oldest_at }),
      },
      throughput,
      ...(facts.spend && { spend: facts.spend }),
      needs_attention: attention.shown,
      goals: countsOf(goalStatuses, goals),
      tasks: countsOf(taskStatuses, tasks),
      live_runs: numbers.live_runs,
      workers: [...processWorkers(processList, held), ...agentWorkers(agents)],
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

async function readFacts(
  { attention: sources, budgets }: FleetDeps,
  tx: TenantTx,
  {
    scope,
    caller,
    seen,
  }: { readonly scope: ReadScope; readonly caller: Caller; readonly seen: readonly SeenProcess[] },
) {
  if (!(await fleetStore.hasProject(tx, scope))) throw notFound('project', scope.project_id ?? '')
  const { organization_id, project_id } = scope
  const { permissions } = caller
  const limits = {
    scope_kinds: ['organization', 'project'] as const,
    ...(project_id !== undefined && { scope_ids: [organization_id, project_id] }),
  }
  const reader = { permissions, services: servicesOf(seen) }
  const [numbers, agents, goals, tasks, stops, failures, held, throughput, spend, attention] = await Promise.all([
    fleetStore.numbers(tx, scope),
    fleetStore.agents(tx, scope),
    fleetStore.goals(tx, scope),
    fleetStore.tasks(tx, scope),
    fleetStore.stops(tx, scope),
    fleetStore.failures(tx, scope),
    fleetStore.liveByProcess(tx, scope),
    fleetStore.throughput(tx, scope),
    permissions.has('budgets:read') ? spendOf() : undefined,
    findAttention(sources, tx, { scope, reader }),
  ])
  return { numbers, agents, goals, tasks, stops, failures, held, throughput, spend, attention }

  async function spendOf() {
    const [today_micro_usd, statuses] = await Promise.all([
      fleetStore.spentToday(tx, scope),
      budgets.statuses(tx, organization_id, limits),
    ])
    return { today_micro_usd, budgets: shownBudgets(statuses.map(budgets.presentBudget)) }
  }
}

/** What would get the oldest ready task that nobody can take done. */
function queueRemedy(items: readonly AttentionItem[]): string | undefined {
  return items.find(({ kind, subject_id }) => kind === 'unworked_queue' && subject_id === 'task_queue')?.remedy
}

/** The services that some process runs now. */
function servicesOf(processList: readonly SeenProcess[]): ReadonlySet<string> {
  return new Set(processList.flatMap(({ services, is_alive }) => (is_alive ? services : [])))
}

const budgets_max = 20

/** The budgets of organization and projects: closed ones first, then those nearest to their limit. */
function shownBudgets(budgets: readonly BudgetFields[]): readonly BudgetFields[] {
  return budgets
    .toSorted((one, other) => usedShare(other) - usedShare(one) || (one.id < other.id ? -1 : 1))
    .slice(0, budgets_max)
}

function usedShare({ held, used, cost_micro_usd, tokens, live_runs }: BudgetFields): number {
  return Math.max(
    partOf(used.cost_micro_usd + held.cost_micro_usd, cost_micro_usd),
    partOf(used.tokens + held.tokens, tokens),
    partOf(held.live_runs, live_runs),
  )
}

const partOf = (amount: number, limit: number | undefined): number =>
  limit === undefined ? 0 : amount / Math.max(1, limit)

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

function processWorkers(processList: readonly SeenProcess[], held: readonly { process_id: string; count: number }[]) {
  const live = new Map(held.map(({ process_id, count }) => [process_id, count]))
  return processList
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
  return tableOf(statuses, (status) => counts.get(status) ?? 0)
}
