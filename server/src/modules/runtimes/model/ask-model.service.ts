import { limits } from '@muster/contract/limits'
import type { GatewayPort } from '../../gateway/gateway.port.ts'
import type { ChatMessage } from '../rules/task-prompt.rules.ts'
import { RunFailure } from '../runtimes.port.ts'
import type { Conversation } from './conversation.types.ts'
import type { RunTools, ToolCall } from './model-tools.service.ts'

export interface AskModelDeps {
  readonly gateway: Pick<GatewayPort, 'call' | 'readChat'>
}

/** What a model said. */
export interface AssistantTurn {
  readonly raw: ChatMessage
  readonly text: string
  readonly calls: readonly ToolCall[]
}

/** Asks the model once, with the whole conversation. */
export async function askModel(deps: AskModelDeps, talk: Conversation, tools: RunTools): Promise<AssistantTurn> {
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
  const reply = answer.kind === 'whole' ? deps.gateway.readChat(answer.body) : undefined
  if (!reply) throw new RunFailure('malformed', 'The model’s response has no message.', { retryable: true })
  if (reply.calls.length > limits.tool_calls_max) {
    const problem = `The model’s response calls ${reply.calls.length} tools; at most ${limits.tool_calls_max} are allowed.`
    throw new RunFailure('malformed', problem, { retryable: true })
  }
  if (reply.is_cut) context.log('warn', 'The model’s response was cut off at output_tokens_max.')
  const calls = reply.calls.map(({ id, name, arguments: input }) => ({ id, name, input }))
  return { raw: reply.message, text: reply.text.trim(), calls }
}
