import { goalStatuses } from '@muster/contract/shapes/goals'
import { taskStatuses } from '@muster/contract/shapes/tasks'
import type { Caller } from '../../platform/caller.ts'
import type { TenantTx } from '../../platform/db/db.ts'
import type { Door } from '../../platform/db/door.ts'
import type { ReadJournalLag } from '../../platform/journal/lag.ts'
import type { ProcessSeen, StopRow } from './dashboard.types.ts'
import { type FailedRun, type FleetAgent, fleetStore } from './fleet.store.ts'

export interface FleetParts {
  readonly door: Door
  readonly lag: ReadJournalLag
  processes(): Promise<readonly ProcessSeen[]>
}

/** The fleet at a glance. Of the installation's processes a tenant sees that they are there and what they hold of its own. */
export function createFleet({ door, lag, processes }: FleetParts) {
  return async function fleetStatus(caller: Caller) {
    const [seen, { lag_ms }] = await Promise.all([processes(), lag()])
    const facts = await door.read(caller, (tx) => factsOf(tx, caller.organization_id))
    const { numbers, agents, goals, tasks, stops, failures, held } = facts
    return {
      fleet_overview: overviewOf(agents),
      queue_depths: {
        task_queue: numbers.task_queue,
        review_queue: numbers.review_queue,
        hitl_queue: numbers.hitl_queue,
      },
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
      at: numbers.at,
    }
  }
}

async function factsOf(tx: TenantTx, organization_id: string) {
  const [numbers, agents, goals, tasks, stops, failures, held] = await Promise.all([
    fleetStore.numbers(tx, organization_id),
    fleetStore.agents(tx, organization_id),
    fleetStore.goals(tx, organization_id),
    fleetStore.tasks(tx, organization_id),
    fleetStore.stops(tx, organization_id),
    fleetStore.failures(tx, organization_id),
    fleetStore.liveByProcess(tx, organization_id),
  ])
  return { numbers, agents, goals, tasks, stops, failures, held }
}

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

/** Agents that work from elsewhere are their own workers. */
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
    error?.message ?? (status === 'lost' ? 'Its lease ran out: there was no sign of life any more.' : 'It failed.')
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
