import { isRetryableCode } from '@muster/contract/errors'
import { limits } from '@muster/contract/limits'
import type { Json } from '@muster/contract/values'
import { MusterError } from '../../../platform/errors.ts'
import { capabilityContext } from '../capability-context.ts'
import type { MeteredRunBudget } from '../rules/run-budget.rules.ts'
import type { ChatMessage } from '../rules/task-prompt.rules.ts'
import { type RunAsks, type RunDone, RunFailure, type Usage } from '../runtimes.port.ts'
import { type AskModelDeps, askModel } from './ask-model.service.ts'
import { checkpointOf } from './checkpoint.ts'
import type { Conversation } from './conversation.types.ts'
import { type RunTools, resultOfText, runTools, type ToolCall, type ToolDeps } from './model-tools.service.ts'

export type ConversationDeps = AskModelDeps & ToolDeps

/** Goes on until there is a result or a question, or the steps are used up. */
export async function converse(deps: ConversationDeps, talk: Conversation): Promise<RunDone | RunAsks> {
  const { assignment, agent, context, run_budget } = talk
  const tools = runTools(deps, agent, assignment.task.spec.output_schema)
  const steps_max = agent.settings.model?.steps_max ?? limits.agent_steps_default
  try {
    while (talk.steps < steps_max) {
      talk.steps += 1
      const outcome = await step(deps, talk, tools)
      if (outcome) return outcome
    }
  } catch (error) {
    if (context.signal.aborted)
      throw new RunFailure('aborted', 'The run was stopped.', { retryable: true, usage: usedOf(run_budget) })
    const ask = budgetQuestion(error, talk)
    if (ask) return ask
    throw failureOf(error, run_budget)
  }
  const message = `No result within ${steps_max} steps.`
  throw new RunFailure('steps_used_up', message, { retryable: true, usage: usedOf(run_budget) })
}

/** Asks the model once and runs the tools that it calls. Undefined: the conversation goes on. */
async function step(
  deps: ConversationDeps,
  talk: Conversation,
  tools: RunTools,
): Promise<RunDone | RunAsks | undefined> {
  const { context, messages, assignment } = talk
  const message = await askModel(deps, talk, tools)
  messages.push(message.raw)
  const { calls, text } = message
  if (text !== '') context.log('info', text)
  if (calls.length === 0) {
    const outcome = await resultOfText(deps.bounded, text, assignment.task.spec.output_schema)
    if (outcome.what === 'result') return doneWith(talk, outcome.output)
    messages.push({ role: 'user', content: outcome.what === 'answer' ? outcome.text : '' })
    return undefined
  }
  let question: { readonly id: string; readonly question: string; readonly options: readonly string[] } | undefined
  for (const call of calls) {
    const outcome = await useTool(talk, tools, call)
    if (outcome.what === 'result') return doneWith(talk, outcome.output)
    if (outcome.what === 'question' && !question) question = { id: call.id, ...outcome }
    else messages.push(toolMessage(call, outcome.what === 'answer' ? outcome.text : 'Ask one question at a time.'))
  }
  if (!question) return undefined
  context.log('info', `Question to a person: ${question.question}`)
  const { id: call_id, ...asked } = question
  return { ask: { question: asked.question, options: asked.options, checkpoint: checkpointOf(talk, call_id) } }
}

/** Where a shared budget has no room, the run asks a person whether it goes on, and nothing is lost. */
function budgetQuestion(error: unknown, talk: Conversation): RunAsks | undefined {
  if (!(error instanceof MusterError) || error.code !== 'budget_exceeded' || error.detail.budget_id === undefined)
    return undefined
  const question = `${error.message} Raise the budget or wait until it resets, then answer to continue the run.`
  talk.steps -= 1
  return { ask: { question, options: ['Continue'], checkpoint: checkpointOf(talk) } }
}

const toolMessage = ({ id }: ToolCall, content: string): ChatMessage => ({ role: 'tool', tool_call_id: id, content })

function doneWith({ sources, run_budget }: Conversation, output: Json): RunDone {
  return { output, sources: [...sources], usage: usedOf(run_budget) }
}

const usedOf = (run_budget: MeteredRunBudget): Usage => ({ ...run_budget.spent(), metered: true })

async function useTool({ context, assignment, sources }: Conversation, tools: RunTools, call: ToolCall) {
  context.log('debug', `${call.name} ${call.input}`)
  const outcome = await tools.use(call, capabilityContext(assignment, context))
  if (outcome.what === 'answer') {
    for (const source of outcome.sources ?? []) sources.add(source)
    context.log(outcome.failed ? 'warn' : 'debug', `${call.name}: ${outcome.text}`)
  }
  return outcome
}

function failureOf(error: unknown, run_budget: MeteredRunBudget): unknown {
  const usage = usedOf(run_budget)
  if (error instanceof RunFailure)
    return new RunFailure(error.code, error.message, { retryable: error.retryable, usage })
  if (error instanceof MusterError)
    return new RunFailure(error.code, error.message, { retryable: isRetryableCode(error.code), usage })
  return error
}
