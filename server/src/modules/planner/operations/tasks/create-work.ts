import { referencesIn } from '@muster/contract/planner/plans/references'
import type { WorkCreate } from '@muster/contract/planner/tasks/task-definitions'
import type { Tx } from '../../../../platform/db/db.ts'
import { invalid, notFound } from '../../../../platform/errors.ts'
import { newId } from '../../../../platform/ids.ts'
import { writtenParts } from '../../evaluation/evaluations.ts'
import { specOf } from '../../rules/plan-rows.rules.ts'
import { priority_ranks } from '../../rules/planner.rules.ts'
import { goalStore } from '../../store/goal.store.ts'
import type { Requester } from '../../task-kinds.port.ts'
import type { CreateDeps } from '../goals/create-goal.ts'
import { knownAgents, unknownCapability } from '../goals/plan.ts'

/** Creates a task of the kind `work` without a goal. Returns its id. */
export async function createWork(
  deps: CreateDeps,
  tx: Tx,
  { caller, body }: { readonly caller: Requester; readonly body: WorkCreate },
): Promise<string> {
  const { organization_id, principal: actor } = caller
  const { project_id, capability } = body
  const taskRef = { organization_id, project_id }
  const [gate] = await deps.projects.gates(tx, [taskRef], 'none')
  if (!gate) throw notFound('project', project_id)
  const policy = await deps.projects.policy(tx, taskRef, gate.policy_version)
  const capabilities = await deps.agents.capabilities(tx, organization_id)
  if (!capabilities.has(capability)) throw unknownCapability(capability, 'capability')
  const writtenProblem = deps.bounded.inTransaction(writtenParts, [
    { repeat: undefined, output_schema: body.output_schema },
  ])
  if (writtenProblem !== null) throw invalid('output_schema', `Invalid output schema: ${writtenProblem.problem}.`)
  if (referencesIn(body.input).length > 0) throw invalid('input', 'A task without a goal cannot reference other tasks.')
  const agents = await knownAgents(deps, tx, {
    organization_id,
    tasks: [body],
    field: 'agent_id',
  })
  const id = newId()
  const approves = body.approval === 'before' || policy.approve_before.includes(capability)
  await goalStore.insertTasks(tx, {
    ...taskRef,
    goal_id: null,
    revision: 1,
    created_by: JSON.stringify(actor),
    edges: [],
    queue: true,
    tasks: [{ id, step: approves ? 'approve' : 'run', ...taskRow(body, agents) }],
  })
  if (approves) await deps.settling.ask(tx, [{ what: 'approve', ...taskRef, goal_id: null, task_id: id }], actor)
  else deps.journal.record(tx, organization_id, [{ type: 'task.ready', actor, project_id, task_id: id }])
  deps.settling.announce(tx)
  return id
}

/** What the row of a task without a goal takes from its body. */
function taskRow(body: WorkCreate, agents: ReadonlyMap<string, string>) {
  return {
    key: 'task',
    title: body.title ?? body.capability,
    capability: body.capability,
    agent_id: body.agent_id ? (agents.get(body.agent_id) ?? null) : null,
    priority: priority_ranks[body.priority ?? 'medium'],
    cost_micro_usd: body.budget?.cost_micro_usd ?? 0,
    tokens: body.budget?.tokens ?? 0,
    timeout_ms: body.timeout_ms,
    attempts_max: body.attempts_max,
    input: JSON.stringify(body.input),
    spec: JSON.stringify(specOf(body, agents)),
    waits_on: 0,
    parent_id: null,
    item_index: null,
    retry_of: null,
  }
}
