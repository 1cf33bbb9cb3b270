import type { Engine } from '../../../platform/db/db.ts'
import type { AgentAtWork, AgentsPort } from '../../agents/agents.port.ts'
import type { BudgetsPort, RunCeiling } from '../../budgets/budgets.port.ts'
import type { GatewayPort } from '../../gateway/gateway.port.ts'
import { modelPrompts } from '../prompts.service.ts'
import { createRunBudget, taskCeiling } from '../rules/run-budget.rules.ts'
import { type ChatMessage, openingMessages } from '../rules/task-prompt.rules.ts'
import { type AgentRuntime, type AnsweredRun, type Assignment, RunFailure } from '../runtimes.port.ts'
import { checkpointShape } from './checkpoint.ts'
import { converse } from './conversation.service.ts'
import type { Conversation } from './conversation.types.ts'
import { answerText, type ToolDeps } from './model-tools.service.ts'

export interface ModelRuntimeDeps extends ToolDeps {
  readonly engine: Engine
  readonly agents: Pick<AgentsPort, 'atWork'>
  readonly budgets: Pick<BudgetsPort, 'runCeilings'>
  readonly gateway: Pick<GatewayPort, 'call' | 'readChat'>
}

/**
 * The runtime `model`: asks a model and runs its tools until it submits a result. Steps, tokens, money and time are
 * bounded; the gateway charges each call, so the run itself holds and charges nothing.
 */
export function createModelRuntime(deps: ModelRuntimeDeps): AgentRuntime {
  return {
    runtime: 'model',
    async execute(assignment, context) {
      const { organization_id, agent_id } = assignment.run
      const { agent, ceilings } = await deps.engine.transact(async (tx) => ({
        ceilings: await deps.budgets.runCeilings(tx, assignment.run),
        agent: await deps.agents.atWork(tx, organization_id, agent_id),
      }))
      const settings = agent?.settings.model
      if (!agent || !settings) throw new RunFailure('invalid', 'The agent has no model.', { retryable: false })
      const { name, persona } = agent
      const as = persona ? `${persona.name} (persona ${persona.version})` : name
      context.log('info', `Running as ${as} with model ${settings.alias}, prompts ${modelPrompts.hash}.`)
      const answeredRun = await context.answered()
      const beginning = beginningOf({ agent, assignment, answeredRun, ceilings })
      return converse(deps, { assignment, context, agent, ...beginning })
    },
  }
}

type ConversationStart = Pick<Conversation, 'messages' | 'sources' | 'run_budget' | 'steps'>

/** Starts the conversation from the task, or from the checkpoint of an earlier run that asked a person. */
function beginningOf({
  agent,
  assignment,
  answeredRun,
  ceilings: runCeilings,
}: {
  readonly agent: AgentAtWork
  readonly assignment: Assignment
  readonly answeredRun: AnsweredRun | undefined
  readonly ceilings: readonly RunCeiling[]
}): ConversationStart {
  const { cost_micro_usd_max, tokens_max } = agent.settings.model ?? {}
  const own = { cost_micro_usd: cost_micro_usd_max, tokens: tokens_max }
  const ceilings = [taskCeiling(assignment.task), own, ...runCeilings]
  // The checkpoint of another agent is not used: then the task holds the answer.
  const checkpoint = answeredRun?.agent_id === agent.id ? checkpointShape.safeParse(answeredRun.checkpoint) : undefined
  if (!answeredRun || !checkpoint?.success)
    return {
      messages: [...openingMessages(modelPrompts.texts, agent, assignment)],
      sources: new Set(),
      run_budget: createRunBudget(ceilings),
      steps: 0,
    }
  const { messages, call_id, steps, sources, cost_micro_usd, tokens } = checkpoint.data
  const firstMessages = messages.length > 0 ? [] : openingMessages(modelPrompts.texts, agent, assignment)
  const answer: ChatMessage[] =
    call_id === undefined || messages.length === 0
      ? []
      : [{ role: 'tool', tool_call_id: call_id, content: answerText(answeredRun) }]
  return {
    messages: [...firstMessages, ...messages, ...answer],
    sources: new Set(sources),
    run_budget: createRunBudget(ceilings, { cost_micro_usd, tokens }),
    steps,
  }
}
