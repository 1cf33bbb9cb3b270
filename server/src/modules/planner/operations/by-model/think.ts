import { limits } from '@muster/contract/limits'
import { plan as planShape } from '@muster/contract/planner/plans/plans'
import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import type { Tx } from '../../../../platform/db/db.ts'
import { MusterError } from '../../../../platform/errors.ts'
import type { GatewayPort, Read } from '../../../gateway/gateway.port.ts'
import { inputSchemaOf, type ToolsPort } from '../../../tools/tools.port.ts'
import { type AbleAgent, type PlanningFacts, planningMessages, planParameters } from '../../rules/plan-prompt.rules.ts'
import type { GoalInput } from '../../strategies/strategy.types.ts'
import { checkPlan, type PlanDeps } from '../goals/plan.ts'
import { plannerPrompts } from './prompts.ts'

export interface ThinkDeps extends PlanDeps {
  readonly gateway: Pick<GatewayPort, 'structured'>
  readonly tools: Pick<ToolsPort, 'capabilities'>
  readonly able: {
    /** The agents that may be given work. */
    able(tx: Tx, organization_id: string): Promise<readonly AbleAgent[]>
  }
  /** Reads in a transaction of the organization. */
  inside<Result>(organization_id: string, work: (tx: Tx) => Promise<Result>): Promise<Result>
}

export interface ModelPlanRequest {
  readonly organization_id: string
  readonly project_id: string | null
  readonly goal_id: string | null
  readonly request_id: string
  readonly model: string
  readonly title: string
  readonly text: string | undefined
  readonly artifacts: readonly GoalInput[]
  /** Why a new plan is needed; null for the first. */
  readonly reason: string | null
  readonly signal: AbortSignal
}

/**
 * Lets a model plan. The plan is checked like a caller's own; problems are sent back to the model, at most twice.
 * Throws what calls of models throw.
 */
export async function thinkPlan(deps: ThinkDeps, planningRequest: ModelPlanRequest): Promise<readonly PlanTask[]> {
  const { organization_id, project_id, goal_id, request_id, model: alias, signal } = planningRequest
  const agents = await deps.inside(organization_id, (tx) => deps.able.able(tx, organization_id))
  const messages = planningMessages(plannerPrompts.texts, {
    ...planningRequest,
    agents,
    builtin: builtinOf(deps.tools),
  })
  return deps.gateway.structured<readonly PlanTask[]>({
    organization_id,
    project_id,
    goal_id,
    agent_id: null,
    request_id,
    signal,
    alias,
    messages,
    output_tokens_max: limits.plan_output_tokens,
    tool: { name: 'submit_plan', description: 'Hands the whole plan in.', parameters: planParameters },
    read: (value) => readPlan(deps, organization_id, value),
  })
}

async function readPlan(deps: ThinkDeps, organization_id: string, value: unknown): Promise<Read<readonly PlanTask[]>> {
  const parsedPlan = planShape.safeParse(value)
  if (!parsedPlan.success) {
    const [issue] = parsedPlan.error.issues
    return { problem: `Invalid plan: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a plan'}` }
  }
  // The shape is that of an accepted request.
  const tasks = parsedPlan.data.tasks as readonly PlanTask[]
  try {
    await deps.inside(organization_id, (tx) => checkPlan(deps, tx, { organization_id, tasks }))
    return { value: tasks }
  } catch (error) {
    if (!(error instanceof MusterError)) throw error
    const { path, field } = error.detail
    return { problem: `Invalid plan: ${error.message} (${String(path ?? field ?? 'plan')})` }
  }
}

function builtinOf({ capabilities }: ThinkDeps['tools']): PlanningFacts['builtin'] {
  return new Map(
    [...capabilities].map(([name, capability]) => [
      name,
      { summary: capability.summary, input: inputSchemaOf(capability) },
    ]),
  )
}
