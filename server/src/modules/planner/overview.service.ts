import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import { idOfCursor, pageById } from '../../platform/db/pages.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import type { Bounded } from '../../platform/threads/bounded.ts'
import type { ProjectsPort } from '../projects/projects.port.ts'
import { relevance } from './evaluation/evaluations.ts'
import { type RelevanceDeps, thinkRelevance } from './operations/by-model/think-relevance.ts'
import { countsOf } from './rules/present.rules.ts'
import { goalReadStore } from './store/goal-read.store.ts'
import { taskReadStore } from './store/task-read.store.ts'

interface FilterRequest {
  readonly content: { readonly content: string }
  readonly context: {
    readonly project_id?: string | undefined
    readonly active_goals?: readonly string[] | undefined
    readonly relevance_threshold: number
  }
  readonly model?: string | undefined
}

export interface OverviewDeps extends RelevanceDeps {
  readonly transactions: RequestTransactions
  readonly projects: ProjectsPort
  readonly bounded: Pick<Bounded, 'run'>
}

/** The status of projects, and the semantic filter. */
export function createOverview(deps: OverviewDeps) {
  const { transactions } = deps
  return {
    projectStatus(
      caller: Caller,
      project_id: string,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
    ) {
      return transactions.read(caller, async (tx) => {
        const { organization_id } = caller
        const { gate } = await deps.projects.inForce(tx, { organization_id, project_id })
        const counts = await taskReadStore.counts(tx, organization_id, project_id)
        const rows = await taskReadStore.tasks(tx, organization_id, {
          project_id,
          current: true,
          order: 'newest',
          before: idOfCursor(cursor),
          limit: limit + 1,
        })
        const { items, ...more } = pageById(rows, limit)
        const tasks = items.map(({ id, goal_id, title, capability, status, created_at, ready_at, ended_at }) => ({
          task_id: id,
          ...(goal_id !== null && { goal_id }),
          title,
          agent_type: capability,
          status,
          created_at,
          updated_at: ended_at ?? ready_at ?? created_at,
        }))
        const status = gate.stopped ? ('stopped' as const) : gate.status
        return {
          project_id,
          status,
          counts: countsOf(Object.fromEntries(counts.map((row) => [row.status, row.tasks]))),
          tasks,
          ...more,
        }
      })
    },

    /** The relevance of a text to active goals: by a model where one is named, else by shared terms. */
    async semanticFilter(caller: Caller, { content, context, model: namedModel }: FilterRequest) {
      const { organization_id } = caller
      const { active_goals, project_id, relevance_threshold } = context
      const { goals, model } = await transactions.read(caller, async (tx) => {
        const taskRef = { organization_id, project_id: project_id ?? '' }
        const policy = project_id === undefined ? undefined : (await deps.projects.inForce(tx, taskRef)).policy
        const goals = active_goals ?? (await activeGoals(tx, organization_id, project_id))
        return { goals, model: namedModel ?? policy?.planner_model }
      })
      if (model === undefined || goals.length === 0)
        return deps.bounded.run(relevance, { content: content.content, goals, relevance_threshold })
      const relevanceRequest = { caller, project_id: project_id ?? null, model, goals, content: content.content }
      const { score, reasoning } = await thinkRelevance(deps, relevanceRequest)
      const filtered = score < relevance_threshold
      return { filtered, relevance_score: score, relevance_threshold, reasoning, should_create_task: !filtered }
    },
  }
}

async function activeGoals(tx: Tx, organization_id: string, project_id: string | undefined): Promise<string[]> {
  const rows = await goalReadStore.goals(tx, organization_id, {
    filter: { project_id, statuses: ['running'] },
    page: { limit: 200 },
  })
  return rows.map(({ title, text }) => `${title}\n${text ?? ''}`)
}
