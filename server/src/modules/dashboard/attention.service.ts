import type { AttentionKind } from '@muster/contract/dashboard/attention'
import type { Permission } from '@muster/contract/permissions'
import type { TenantTx } from '../../platform/db/db.ts'
import type { Finding, LimitRow, StopRow } from './dashboard.types.ts'
import { type Attention, attentionTable, ranked } from './rules/attention.rules.ts'
import type { UnworkedLane } from './rules/fleet.rules.ts'
import { isUsedUp } from './rules/why.rules.ts'
import { attentionStore } from './store/attention.store.ts'
import type { FleetScope } from './store/fleet.store.ts'

export interface Known {
  readonly stops: readonly StopRow[]
  readonly unworked: readonly UnworkedLane[]
  readonly limits: readonly LimitRow[]
  readonly permissions: ReadonlySet<Permission>
}

/** Collects what needs a person's attention now, the gravest first. */
export async function needsAttention(tx: TenantTx, scope: FleetScope, known: Known): Promise<readonly Attention[]> {
  const { stops, unworked, limits, permissions } = known
  const closed = limits.filter((limit) => limit.budget_window !== 'goal' && isUsedUp(limit))
  const scopes = [...stops, ...closed].map(({ scope_id }) => scope_id)
  const [approvals, plans, goals, tasks, agents, conflicts, named] = await Promise.all([
    attentionStore.approvals(tx, scope),
    attentionStore.needingPlan(tx, scope),
    attentionStore.failedGoals(tx, scope),
    attentionStore.failedTasks(tx, scope),
    attentionStore.silentAgents(tx, scope),
    attentionStore.conflicts(tx, scope),
    scopes.length === 0 ? [] : attentionStore.names(tx, scope.organization_id, scopes),
  ])
  const names = new Map(named.map(({ id, name }) => [id, name]))
  const found = [
    ...stops.map((stop) => stopOf(stop, names)),
    ...unworked.map(laneOf),
    ...closed.map((limit) => budgetOf(limit, names)),
    ...approvals.map((one) =>
      attentionOf(one.is_past_due ? 'approval_past_due' : 'approval_due_soon', 'approval', {
        ...one,
        remedy: `npx muster approvals show ${one.id}`,
      }),
    ),
    ...plans.map((one) =>
      attentionOf('goal_needs_plan', 'goal', {
        ...one,
        remedy: `Replan the goal: POST /api/v1/planner/replan with goal_id ${one.id}`,
      }),
    ),
    ...goals.map((one) => attentionOf('goal_failed', 'goal', { ...one, remedy: `npx muster goal show ${one.id}` })),
    ...tasks.map((one) => attentionOf('task_failed', 'task', { ...one, remedy: `npx muster task retry ${one.id}` })),
    ...agents.map((one) =>
      attentionOf('agent_offline_with_work', 'agent', { ...one, remedy: `Start agent ${one.title}.` }),
    ),
    ...conflicts.map((one) => attentionOf('conflicts', 'task', { ...one, remedy: `npx muster task why ${one.id}` })),
  ]
  return ranked(found, permissions)
}

function attentionOf(
  kind: AttentionKind,
  subject_kind: Attention['subject_kind'],
  { id, project_id, goal_id, title, since, remedy }: Finding & { readonly remedy: string },
): Attention {
  return {
    kind,
    severity: attentionTable[kind].severity,
    subject_kind,
    subject_id: id,
    ...(project_id !== null && { project_id }),
    ...(goal_id !== null && { goal_id }),
    title,
    since,
    remedy,
  }
}

const stop_paths = { organization: 'orgs', project: 'projects', agent: 'agents' } as const

function stopOf({ scope_kind, scope_id, reason, raised_at }: StopRow, names: ReadonlyMap<string, string>): Attention {
  const name = names.get(scope_id) ?? 'the organization'
  return attentionOf('stop', scope_kind, {
    id: scope_id,
    project_id: scope_kind === 'project' ? scope_id : null,
    goal_id: null,
    title: reason === '' ? `Emergency stop: ${name}` : `Emergency stop: ${name} (${reason})`,
    since: raised_at,
    remedy: `Lift the stop in the dashboard, or call DELETE /api/v1/${stop_paths[scope_kind]}/${scope_id}/stop.`,
  })
}

function laneOf({ capability, agent_id, able_name, any_name, tasks, oldest_at, remedy }: UnworkedLane): Attention {
  const waiting = tasks === 1 ? '1 task' : `${tasks} tasks`
  const missing = agent_id === null ? `capability ${capability}` : `agent ${able_name ?? any_name ?? agent_id}`
  const title = `No agent online for ${waiting} (${missing})`
  const lane = { id: 'task_queue', project_id: null, goal_id: null, title, since: oldest_at, remedy }
  return attentionOf('unworked_queue', 'queue', lane)
}

function budgetOf(limit: LimitRow, names: ReadonlyMap<string, string>): Attention {
  const { limit_id, scope_kind, scope_id, budget_window, window_start, created_at } = limit
  return attentionOf('budget_closed', 'budget', {
    id: limit_id,
    project_id: scope_kind === 'project' ? scope_id : null,
    goal_id: scope_kind === 'goal' ? scope_id : null,
    title: `Budget limit reached: ${names.get(scope_id) ?? 'the organization'}`,
    since: budget_window === 'day' ? window_start : created_at,
    remedy: `Raise the budget in the dashboard, or call PUT /api/v1/budgets/${limit_id}.`,
  })
}
