import type { GoalChange, GoalCreate, GoalRerun, GoalSort, GoalStatus } from '@muster/contract/planner/goals/goals'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import { pageIn, type WindowQuery, windowOf } from '../../platform/db/pages.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { notFound } from '../../platform/errors.ts'
import { isUuid } from '../../platform/ids.ts'
import { commitKillPoints } from '../../platform/kill-points.ts'
import type { Scope } from '../identity/identity.port.ts'
import { type CreateDeps, createGoal } from './operations/goals/create-goal.ts'
import { cancelGoal, changeGoal, pauseGoal, resumeGoal, type SteerDeps } from './operations/goals/steer-goal.ts'
import { presentGoal } from './rules/present.rules.ts'
import { goalReadStore, type NamedRow } from './store/goal-read.store.ts'

export interface GoalsDeps extends CreateDeps, SteerDeps {
  readonly transactions: RequestTransactions
}

interface GoalListQuery extends WindowQuery {
  readonly project_id?: string | undefined
  readonly status?: readonly GoalStatus[] | undefined
  readonly q?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly sort?: GoalSort | undefined
  readonly order?: 'asc' | 'desc' | undefined
}

const goalKillPoint = commitKillPoints('planner.goal')
const steerKillPoint = commitKillPoints('planner.steer')

/** Goals as callers create, read and control them. */
export function createGoals(deps: GoalsDeps) {
  const { transactions } = deps

  function steer(
    work: (
      deps: GoalsDeps,
      tx: Tx,
      steering: { caller: Caller; goal_id: string; reason?: string | undefined },
    ) => Promise<void>,
  ) {
    return (caller: Caller, goal_id: string, reason?: string | undefined) =>
      transactions.write(caller, async (tx) => {
        steerKillPoint(tx)
        await work(deps, tx, { caller, goal_id, reason })
        return foundGoal(tx, caller.organization_id, goal_id)
      })
  }

  return {
    create: (caller: Caller, request: GoalCreate) =>
      transactions.write(caller, (tx) => {
        goalKillPoint(tx)
        return createGoal(deps, tx, { caller, request })
      }),

    /** Goals or tasks by their ids, for modules that keep things for them. */
    scopes: (what: NamedRow['what']) => async (tx: Tx, organization_id: string, refs: readonly string[]) => {
      const rows = await goalReadStore.named(tx, organization_id, { what, ids: refs.filter(isUuid) })
      return new Map(rows.map((row) => [row.id, scopeOf(row)]))
    },

    get: (caller: Caller, id: string) => transactions.read(caller, (tx) => foundGoal(tx, caller.organization_id, id)),

    list: (caller: Caller, query: GoalListQuery) => listGoals(transactions, caller, query),

    pause: steer(pauseGoal),
    resume: steer(resumeGoal),
    cancel: steer(cancelGoal),

    change: (caller: Caller, goal_id: string, change: GoalChange) =>
      transactions.write(caller, async (tx) => {
        await changeGoal(tx, caller, { goal_id, change })
        return foundGoal(tx, caller.organization_id, goal_id)
      }),

    /** A new goal; what the request leaves out is taken from the old one. */
    rerun: (caller: Caller, goal_id: string, change: GoalRerun) =>
      transactions.write(caller, (tx) => rerun(deps, tx, { caller, goal_id, change })),
  }
}

function listGoals(transactions: RequestTransactions, caller: Caller, query: GoalListQuery) {
  const { project_id, status: statuses, q, from, to, sort = 'created' } = query
  const order = query.order ?? (sort === 'title' || sort === 'status' ? 'asc' : 'desc')
  const filter = { project_id, statuses, q, from, to }
  const window = windowOf(query, sort === 'created' && order === 'desc' ? undefined : `${sort} ${order}`)
  const { after, offset, size } = window
  return transactions.read(caller, async (tx) => {
    const { organization_id } = caller
    const page = { sort, order, after, offset, limit: size + 1 }
    const { items, ...more } = pageIn(await goalReadStore.goals(tx, organization_id, { filter, page }), window)
    const total = window.counted ? { total: await goalReadStore.count(tx, organization_id, filter) } : {}
    return { items: items.map(presentGoal), ...more, ...total }
  })
}

function scopeOf({ what, id, title: name, project_id, goal_id }: NamedRow): Scope {
  const task_id = what === 'task' ? id : null
  return { id, name, project_id, goal_id, task_id, agent_id: null, stopped: false, usable: true }
}

/** A goal as it is shown. @throws not_found */
export async function foundGoal(tx: Tx, organization_id: string, id: string) {
  const row = await goalReadStore.goal(tx, organization_id, id)
  if (!row) throw notFound('goal', id)
  return presentGoal(row)
}

async function rerun(
  deps: GoalsDeps,
  tx: Tx,
  { caller, goal_id, change }: { caller: Caller; goal_id: string; change: GoalRerun },
) {
  const { organization_id } = caller
  const row = await goalReadStore.goal(tx, organization_id, goal_id)
  if (!row) throw notFound('goal', goal_id)
  const [plan] =
    row.strategy === 'explicit' ? await goalReadStore.plans(tx, organization_id, { goal_id, limit: 1 }) : []
  const text = change.text ?? row.text ?? undefined
  const request = {
    project_id: row.project_id,
    title: change.title ?? row.title,
    ...(text !== undefined && { text }),
    artifact_ids: change.artifact_ids ?? row.artifacts.map(({ artifact_id }) => artifact_id),
    ...(plan && { plan: plan.plan }),
    ...(row.playbook !== null && { playbook: row.playbook }),
    ...(row.planner_model !== null && { strategy: 'model', model: row.planner_model }),
    variables: { ...row.variables, ...change.variables },
    priority: presentGoal(row).priority,
    start: change.start,
  }
  // Everything taken over was accepted as such a request before.
  return createGoal(deps, tx, { caller, request: request as unknown as GoalCreate, rerun_of: goal_id })
}
