import { referencesIn } from '@muster/contract/planner/plans/references'
import { kindOfTask, type TaskCreate } from '@muster/contract/planner/tasks/task-definitions'
import type { Caller } from '../../../platform/caller.ts'
import type { Tx } from '../../../platform/db/db.ts'
import { invalid, MusterError, notFound } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import { writtenParts } from '../evaluation/evaluations.ts'
import { specOf } from '../rules/plan-rows.rules.ts'
import { priority_ranks } from '../rules/planner.rules.ts'
import { goalStore } from '../store/goal.store.ts'
import type { CreateDeps } from './create-goal.ts'
import { knownAgents, unknownCapability } from './plan.ts'

/** Creates a task without a goal. Returns its id. */
export async function createTask(
  deps: CreateDeps,
  tx: Tx,
  { caller, request }: { caller: Caller; request: TaskCreate },
): Promise<string> {
  const { organization_id, principal: actor } = caller
  const { project_id, capability } = request
  const kind = kindOfTask(request)
  // Its schema asks for the capability of work.
  if (kind !== 'work' || capability === undefined)
    throw new MusterError('unknown_kind', `Unknown task kind "${kind}". Use "work".`, {
      field: 'kind',
      value: kind,
    })
  const taskRef = { organization_id, project_id }
  const [gate] = await deps.projects.gates(tx, [taskRef], 'none')
  if (!gate) throw notFound('project', project_id)
  const policy = await deps.projects.policy(tx, taskRef, gate.policy_version)
  const capabilities = await deps.agents.capabilities(tx, organization_id)
  if (!capabilities.has(capability)) throw unknownCapability(capability, 'capability')
  const writtenProblem = deps.bounded.inTransaction(writtenParts, [
    { repeat: undefined, output_schema: request.output_schema },
  ])
  if (writtenProblem !== null) throw invalid('output_schema', `Invalid output schema: ${writtenProblem.problem}.`)
  if (referencesIn(request.input).length > 0)
    throw invalid('input', 'A task without a goal cannot reference other tasks.')
  const agents = await knownAgents(deps, tx, {
    organization_id,
    tasks: [request],
    field: 'agent_id',
  })
  const id = newId()
  const approves = request.approval === 'before' || policy.approve_before.includes(capability)
  await goalStore.insertTasks(tx, {
    ...taskRef,
    goal_id: null,
    revision: 1,
    created_by: JSON.stringify(actor),
    edges: [],
    queue: true,
    tasks: [{ id, step: approves ? 'approve' : 'run', ...taskRow({ ...request, capability }, agents) }],
  })
  if (approves) await deps.settling.ask(tx, [{ what: 'approve', ...taskRef, goal_id: null, task_id: id }], actor)
  else deps.journal.record(tx, organization_id, [{ type: 'task.ready', actor, project_id, task_id: id }])
  deps.settling.announce(tx)
  return id
}

/** What the row of a task without a goal takes from its request. */
function taskRow(request: TaskCreate & { readonly capability: string }, agents: ReadonlyMap<string, string>) {
  return {
    key: 'task',
    title: request.title ?? request.capability,
    capability: request.capability,
    agent_id: request.agent_id ? (agents.get(request.agent_id) ?? null) : null,
    priority: priority_ranks[request.priority ?? 'medium'],
    cost_micro_usd: request.budget?.cost_micro_usd ?? 0,
    tokens: request.budget?.tokens ?? 0,
    timeout_ms: request.timeout_ms,
    attempts_max: request.attempts_max,
    input: JSON.stringify(request.input),
    spec: JSON.stringify(specOf(request, agents)),
    waits_on: 0,
    parent_id: null,
    item_index: null,
    retry_of: null,
  }
}
