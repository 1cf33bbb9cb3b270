import { limits } from '@muster/contract/limits'
import type { GoalCreate } from '@muster/contract/planner/goals/goals'
import type { Strategy } from '@muster/contract/planner/plans/plans'
import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import { createYielder, type EventLoopYielder, runYielding } from '../../../../platform/concurrency/event-loop.ts'
import type { Tx } from '../../../../platform/db/db.ts'
import { invalid, MusterError } from '../../../../platform/errors.ts'
import type { Bounded } from '../../../../platform/threads/bounded.ts'
import { draft, writtenParts } from '../../evaluation/evaluations.ts'
import { checkGraphSteps, PlanError, type PlanGraph } from '../../rules/graph.rules.ts'
import { type PlanRows, planText, type RowOptions, rowSteps } from '../../rules/plan-rows.rules.ts'
import type { GoalInput } from '../../strategies/strategy.types.ts'

export interface PlanDeps {
  readonly bounded: Pick<Bounded, 'inTransaction'>
  readonly agents: {
    /** Ids of agents by id or name; unknown ones are left out. */
    resolve(tx: Tx, organization_id: string, refs: readonly string[]): Promise<ReadonlyMap<string, string>>
    /** Every capability that an agent of the organization has who is not retired. */
    capabilities(tx: Tx, organization_id: string): Promise<ReadonlySet<string>>
  }
  readonly artifacts: {
    /** What the artifacts are; unknown ids are left out. */
    describe(
      tx: Tx,
      organization_id: string,
      ids: readonly string[],
    ): Promise<readonly (GoalInput & { readonly project_id: string })[]>
  }
}

export interface CheckedPlan {
  readonly strategy: Strategy
  readonly tasks: readonly PlanTask[]
  readonly graph: PlanGraph
  readonly artifacts: readonly GoalInput[]
  readonly agents: ReadonlyMap<string, string>
}

/** The rows of a plan's tasks and the text of the plan, made in slices, since a plan may be large. */
export async function rowsOfPlan(
  tasks: readonly PlanTask[],
  graph: PlanGraph,
  options: RowOptions,
): Promise<{ readonly rows: PlanRows; readonly text: string }> {
  const turns = createYielder()
  const rows = await runYielding(rowSteps(tasks, graph, options), turns)
  return { rows, text: await runYielding(planText(tasks), turns) }
}

export type PlanRequest = Pick<GoalCreate, 'title' | 'text' | 'artifact_ids' | 'plan' | 'playbook' | 'variables'>

/**
 * Makes a plan by the strategy of the request and checks it like a caller's own plan. @throws plan_invalid and others
 */
export async function planFor(
  deps: PlanDeps,
  tx: Tx,
  {
    organization_id,
    project_id,
    request,
  }: { organization_id: string; project_id?: string | undefined; request: PlanRequest },
): Promise<CheckedPlan> {
  const artifacts = await inputsOf(deps, tx, { organization_id, project_id, ids: request.artifact_ids ?? [] })
  const strategy: Strategy = request.plan ? 'explicit' : request.playbook !== undefined ? 'playbook' : 'outline'
  const tasks = request.plan?.tasks ?? draftTasks(deps, request, artifacts)
  const checkedPlan = await checkPlan(deps, tx, { organization_id, tasks })
  return { strategy, tasks, artifacts, ...checkedPlan }
}

/** Checks the tasks of any plan: the graph, the capabilities, the agents. */
export async function checkPlan(
  deps: PlanDeps,
  tx: Tx,
  { organization_id, tasks }: { organization_id: string; tasks: readonly PlanTask[] },
): Promise<{ graph: PlanGraph; agents: ReadonlyMap<string, string> }> {
  const turns = createYielder()
  const graph = await graphFor(tasks, turns)
  checkWritten(deps, tasks)
  const capabilities = await deps.agents.capabilities(tx, organization_id)
  const unknown = tasks.findIndex(({ capability }) => !capabilities.has(capability))
  if (unknown >= 0) throw unknownCapability(tasks[unknown]?.capability ?? '', `plan.tasks[${unknown}].capability`)
  const agents = await knownAgents(deps, tx, { organization_id, tasks, field: 'plan.tasks' })
  return { graph, agents }
}

/** Refuses a plan with conditions or schemas that cannot be used, or with both `for_each` and `repeat` on one task. */
function checkWritten({ bounded }: Pick<PlanDeps, 'bounded'>, tasks: readonly PlanTask[]): void {
  const both = tasks.findIndex(({ for_each, repeat }) => for_each !== undefined && repeat !== undefined)
  if (both >= 0)
    throw invalid(
      `plan.tasks[${both}].repeat`,
      'A task can have `for_each` or `repeat`, not both. To repeat each item, use a goal for it.',
    )
  checkSchemaSizes(tasks)
  const writtenTasks = tasks.map(({ repeat, output_schema }) => ({ repeat, output_schema }))
  const writtenProblem = bounded.inTransaction(writtenParts, writtenTasks)
  if (writtenProblem === null) return
  const { index, where, problem } = writtenProblem
  if (where === 'output_schema') throw schemaRefused(tasks, index, { problem })
  const path = `plan.tasks[${index}].repeat.until`
  throw invalid(path, `Invalid condition: ${problem}.`, tasks[index]?.repeat?.until)
}

/** Compiling schemas takes time, so their characters are limited for the whole plan. */
function checkSchemaSizes(tasks: readonly PlanTask[]): void {
  const knownSchemas = new Set<string>()
  const limit = limits.plan_schema_characters_max
  let characters = 0
  for (const [index, { output_schema }] of tasks.entries()) {
    if (output_schema === undefined) continue
    const text = JSON.stringify(output_schema)
    characters += knownSchemas.has(text) ? 0 : text.length
    knownSchemas.add(text)
    if (characters > limit) {
      const problem = `the schemas of the plan have more than ${limit} characters in total`
      throw schemaRefused(tasks, index, { problem, limit })
    }
  }
}

function schemaRefused(
  tasks: readonly PlanTask[],
  index: number,
  { problem, ...detail }: { readonly problem: string; readonly limit?: number },
): MusterError {
  return new MusterError('plan_invalid', `Invalid output schema of "${tasks[index]?.key}": ${problem}.`, {
    path: `plan.tasks[${index}].output_schema`,
    problem: 'output_schema',
    ...detail,
  })
}

/**
 * Ids of the agents that tasks name: who does them, and whose documents they read or write. Throws for unknown ones.
 */
export async function knownAgents(
  deps: Pick<PlanDeps, 'agents'>,
  tx: Tx,
  { tasks, organization_id, field }: { organization_id: string; tasks: readonly NamingAgents[]; field: string },
): Promise<ReadonlyMap<string, string>> {
  const refs = [...new Set(tasks.flatMap(agentRefs))]
  if (refs.length === 0) return new Map()
  const agents = await deps.agents.resolve(tx, organization_id, refs)
  const unknownAgent = refs.find((ref) => !agents.has(ref))
  if (unknownAgent !== undefined) throw invalid(field, `No such agent: ${unknownAgent}.`, unknownAgent)
  return agents
}

export function unknownCapability(capability: string, field: string): MusterError {
  return new MusterError('unknown_capability', `No active agent has the capability "${capability}".`, {
    field,
    value: capability,
    remedy: 'Use a capability from `muster agents list`, or add an agent with this one.',
  })
}

type NamingAgents = Pick<PlanTask, 'agent_id' | 'reads' | 'writes'>

function agentRefs(task: NamingAgents): string[] {
  const refs = [task.agent_id, ...(task.writes ?? []).map((write) => write.agent_id)]
  for (const readInput of task.reads) if (typeof readInput !== 'string') refs.push(readInput.agent_id)
  return refs.filter((ref): ref is string => typeof ref === 'string')
}

function draftTasks(
  { bounded }: Pick<PlanDeps, 'bounded'>,
  request: PlanRequest,
  artifacts: readonly GoalInput[],
): readonly PlanTask[] {
  const { title, text, variables = {}, playbook } = request
  const draftedPlan = bounded.inTransaction(draft, { request: { title, text, artifacts, variables }, playbook })
  if ('problem' in draftedPlan) throw invalid(draftedPlan.field, draftedPlan.problem)
  return draftedPlan.tasks
}

async function graphFor(tasks: readonly PlanTask[], turns: EventLoopYielder): Promise<PlanGraph> {
  try {
    return await runYielding(checkGraphSteps(tasks), turns)
  } catch (error) {
    if (error instanceof PlanError)
      throw new MusterError('plan_invalid', error.message, { path: error.path, problem: error.problem })
    throw error
  }
}

/**
 * The goal's inputs as they are stored with it. Throws for unknown artifacts, and where they are too large together.
 */
export async function inputsOf(
  deps: PlanDeps,
  tx: Tx,
  {
    organization_id,
    project_id,
    ids,
  }: { organization_id: string; project_id: string | undefined; ids: readonly string[] },
): Promise<readonly GoalInput[]> {
  if (ids.length === 0) return []
  const artifactById = new Map(
    (await deps.artifacts.describe(tx, organization_id, ids)).map((artifact) => [artifact.artifact_id, artifact]),
  )
  const inputs = [...new Set(ids)].map((id) => {
    const artifact = artifactById.get(id)
    if (!artifact || (project_id !== undefined && artifact.project_id !== project_id))
      throw invalid('artifact_ids', `No such artifact in this project: ${id}.`, id)
    const { artifact_id, name, media_type, size_bytes, sha256 } = artifact
    return { artifact_id, name, media_type, size_bytes, sha256 }
  })
  const bytes = inputs.reduce((sum, input) => sum + input.size_bytes, 0)
  if (bytes > limits.goal_input_bytes_max)
    throw new MusterError('too_large', `The inputs have ${bytes} bytes in total.`, {
      field: 'artifact_ids',
      limit: limits.goal_input_bytes_max,
    })
  return inputs
}
