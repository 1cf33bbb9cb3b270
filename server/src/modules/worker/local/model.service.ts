import { limits } from '@muster/contract/limits'
import { count, type Json, type JsonObject, jsonProblem } from '@muster/contract/values'
import { z } from 'zod'
import type { Engine } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import type { Bounded } from '../../../platform/threads/bounded.ts'
import type { AgentAtWork, AgentsPort } from '../../agents/agents.port.ts'
import type { BudgetsPort, RunCeiling } from '../../budgets/budgets.port.ts'
import type { GatewayPort } from '../../gateway/gateway.port.ts'
import type { ArtifactContent, ToolsPort } from '../../tools/tools.port.ts'
import { modelPrompts } from '../prompts.service.ts'
import { type ChatMessage, openingMessages } from '../rules/model-prompt.rules.ts'
import { createRunBudget, type MeteredRunBudget, taskCeiling } from '../rules/run-budget.rules.ts'
import { checkpointStore } from '../store/checkpoint.store.ts'
import type { Usage } from '../worker.port.ts'
import { answerText, type RunTools, resultOfText, runTools, type ToolCall } from './model-tools.service.ts'
import {
  type AgentRuntime,
  type Assignment,
  type Resumed,
  type RunAsks,
  type RunContext,
  type RunDone,
  RunFailure,
} from './runtime.types.ts'

export interface ModelRuntimeDeps {
  readonly engine: Engine
  readonly agents: Pick<AgentsPort, 'atWork'>
  readonly budgets: Pick<BudgetsPort, 'runCeilings'>
  readonly gateway: Pick<GatewayPort, 'call'>
  readonly tools: ToolsPort
  readonly bounded: Pick<Bounded, 'run'>
  content(assignment: Assignment, artifact_id: string): Promise<ArtifactContent>
}

/** The part of a model's answer that is read. */
const turn = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        finish_reason: z.string().nullish(),
        message: z.looseObject({
          content: z.string().nullish(),
          tool_calls: z
            .array(
              z.looseObject({
                id: z.string(),
                function: z.looseObject({ name: z.string(), arguments: z.string().default('') }),
              }),
            )
            .max(limits.tool_calls_max)
            .nullish(),
        }),
      }),
    )
    .min(1),
})

const checkpointShape = z.object({
  /** Empty where they were too long to be kept: then the run starts anew, and its task holds the answer. */
  messages: z.array(z.record(z.string(), z.unknown())),
  /** The tool call that asked; absent where the run waited for something other than an answer to the model. */
  call_id: z.string().optional(),
  steps: count,
  sources: z.array(z.string()),
  cost_micro_usd: count,
  tokens: count,
})

/**
 * The runtime `model`: asks a model and runs its tools until it submits a result. Steps, tokens, money and time are
 * bounded; the gateway charges each call, so the run itself holds and charges nothing.
 */
export function createModelRuntime(deps: ModelRuntimeDeps): AgentRuntime {
  return {
    runtime: 'model',
    async execute(assignment, context) {
      const { organization_id, agent_id, task_id } = assignment.run
      const { agent, resumed, ceilings } = await deps.engine.transact(async (tx) => ({
        ceilings: await deps.budgets.runCeilings(tx, assignment.run),
        agent: await deps.agents.atWork(tx, organization_id, agent_id),
        resumed: (await checkpointStore.answered(tx, organization_id, [task_id]))[0],
      }))
      const settings = agent?.settings.model
      if (!agent || !settings) throw new RunFailure('invalid', 'The agent has no model.', { retryable: false })
      const { name, persona } = agent
      const as = persona ? `${persona.name} (persona ${persona.version})` : name
      context.log('info', `Running as ${as} with model ${settings.alias}, prompts ${modelPrompts.hash}.`)
      return converse(deps, { assignment, context, agent, ...beginningOf({ agent, assignment, resumed, ceilings }) })
    },
  }
}

interface Conversation {
  readonly assignment: Assignment
  readonly context: RunContext
  readonly agent: AgentAtWork
  readonly messages: ChatMessage[]
  readonly sources: Set<string>
  readonly run_budget: MeteredRunBudget
  steps: number
}

type ConversationStart = Pick<Conversation, 'messages' | 'sources' | 'run_budget' | 'steps'>

/** Starts the conversation from the task, or from the checkpoint of an earlier run that asked a person. */
function beginningOf({
  agent,
  assignment,
  resumed,
  ceilings: runCeilings,
}: {
  readonly agent: AgentAtWork
  readonly assignment: Assignment
  readonly resumed: Resumed | undefined
  readonly ceilings: readonly RunCeiling[]
}): ConversationStart {
  const { cost_micro_usd_max, tokens_max } = agent.settings.model ?? {}
  const own = { cost_micro_usd: cost_micro_usd_max, tokens: tokens_max }
  const ceilings = [taskCeiling(assignment.task), own, ...runCeilings]
  // The checkpoint of another agent is not used: then the task holds the answer.
  const checkpoint = resumed?.agent_id === agent.id ? checkpointShape.safeParse(resumed.checkpoint) : undefined
  if (!resumed || !checkpoint?.success)
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
      : [{ role: 'tool', tool_call_id: call_id, content: answerText(resumed) }]
  return {
    // They were messages when they were kept.
    messages: [...firstMessages, ...(messages as ChatMessage[]), ...answer],
    sources: new Set(sources),
    run_budget: createRunBudget(ceilings, { cost_micro_usd, tokens }),
    steps,
  }
}

async function converse(deps: ModelRuntimeDeps, talk: Conversation): Promise<RunDone | RunAsks> {
  const { assignment, agent, context, run_budget } = talk
  const tools = runTools(deps, agent, assignment.task.spec.output_schema as JsonObject | undefined)
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
  deps: ModelRuntimeDeps,
  talk: Conversation,
  tools: RunTools,
): Promise<RunDone | RunAsks | undefined> {
  const { context, messages, assignment } = talk
  const message = await askModel(deps, talk, tools)
  messages.push(message.raw)
  const { calls, text } = message
  if (text !== '') context.log('info', text)
  if (calls.length === 0) {
    const outcome = await resultOfText(deps.bounded, text, assignment.task.spec.output_schema as JsonObject | undefined)
    if (outcome.what === 'result') return doneWith(talk, outcome.output)
    messages.push({ role: 'user', content: outcome.what === 'answer' ? outcome.text : '' })
    return undefined
  }
  let question: { readonly id: string; readonly question: string; readonly options: readonly string[] } | undefined
  for (const call of calls) {
    const outcome = await useTool(deps, talk, { tools, call })
    if (outcome.what === 'result') return doneWith(talk, outcome.output)
    if (outcome.what === 'question' && !question) question = { id: call.id, ...outcome }
    else messages.push(toolMessage(call, outcome.what === 'answer' ? outcome.text : 'Ask one question at a time.'))
  }
  if (!question) return undefined
  context.log('info', `Question to a person: ${question.question}`)
  const { id: call_id, ...asked } = question
  return { ask: { question: asked.question, options: asked.options, checkpoint: checkpointOf(talk, call_id) } }
}

function checkpointOf({ messages, steps, sources, run_budget }: Conversation, call_id?: string): Json {
  const rest = { ...(call_id !== undefined && { call_id }), steps, sources: [...sources], ...run_budget.spent() }
  const whole = { messages, ...rest } as unknown as Json
  const jsonLimits = { max_bytes: limits.checkpoint_bytes_max, max_depth: limits.json_depth_max }
  return jsonProblem(whole, jsonLimits) === null ? whole : { messages: [], ...rest }
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

async function useTool(
  deps: ModelRuntimeDeps,
  { context, assignment, sources }: Conversation,
  { tools, call }: { readonly tools: RunTools; readonly call: ToolCall },
) {
  context.log('debug', `${call.name} ${call.input}`)
  const outcome = await tools.use(call, {
    signal: context.signal,
    artifact: (artifact_id) => deps.content(assignment, artifact_id),
    documents: assignment.documents.map(({ document, version, value }) => ({
      document,
      version,
      value: (value ?? null) as Json,
    })),
    log: context.log,
  })
  if (outcome.what === 'answer') {
    for (const source of outcome.sources ?? []) sources.add(source)
    context.log(outcome.failed ? 'warn' : 'debug', `${call.name}: ${outcome.text}`)
  }
  return outcome
}

interface AssistantTurn {
  readonly raw: ChatMessage
  readonly text: string
  readonly calls: readonly ToolCall[]
}

async function askModel(deps: ModelRuntimeDeps, talk: Conversation, tools: RunTools): Promise<AssistantTurn> {
  const { assignment, agent, context, messages, run_budget } = talk
  const { organization_id, project_id, goal_id, agent_id, run_id, task_id } = assignment.run
  const settings = agent.settings.model
  const answer = await deps.gateway.call({
    organization_id,
    project_id,
    goal_id,
    agent_id,
    run: { run_id, task_id },
    key_id: null,
    request_id: run_id,
    wire: 'chat',
    body: {
      model: settings?.alias ?? '',
      messages,
      tools: tools.definitions,
      max_tokens: settings?.output_tokens_max ?? limits.model_output_tokens_default,
      ...(settings?.temperature !== undefined && { temperature: settings.temperature }),
    },
    signal: context.signal,
    run_budget,
  })
  const parsedTurn = turn.safeParse(answer.kind === 'whole' ? answer.body : undefined)
  const message = parsedTurn.data?.choices[0]?.message
  if (!message) throw new RunFailure('malformed', 'The model’s response has no message.', { retryable: true })
  if (parsedTurn.data?.choices[0]?.finish_reason === 'length')
    context.log('warn', 'The model’s response was cut off at output_tokens_max.')
  const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: input } }) => ({ id, name, input }))
  return { raw: { role: 'assistant', ...message } as ChatMessage, text: message.content?.trim() ?? '', calls }
}

/** Failures after which another try may help: not the run's own budget, a wrong model or a wrong request. */
const retryable: ReadonlySet<string> = new Set([
  'rate_limited',
  'provider_failed',
  'provider_timeout',
  'unavailable',
  'stopped',
])

function failureOf(error: unknown, run_budget: MeteredRunBudget): unknown {
  const usage = usedOf(run_budget)
  if (error instanceof RunFailure)
    return new RunFailure(error.code, error.message, { retryable: error.retryable, usage })
  if (error instanceof MusterError)
    return new RunFailure(error.code, error.message, { retryable: retryable.has(error.code), usage })
  return error
}
