import { limits } from '@muster/contract/limits'
import { z } from 'zod'
import type { GatewayPort } from '../../gateway/gateway.port.ts'
import type { ChatMessage } from '../rules/task-prompt.rules.ts'
import { RunFailure } from '../runtimes.port.ts'
import type { Conversation } from './conversation.types.ts'
import type { RunTools, ToolCall } from './model-tools.service.ts'

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

export interface AskModelDeps {
  readonly gateway: Pick<GatewayPort, 'call'>
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
  const parsedTurn = turn.safeParse(answer.kind === 'whole' ? answer.body : undefined)
  const message = parsedTurn.data?.choices[0]?.message
  if (!message) throw new RunFailure('malformed', 'The model’s response has no message.', { retryable: true })
  if (parsedTurn.data?.choices[0]?.finish_reason === 'length')
    context.log('warn', 'The model’s response was cut off at output_tokens_max.')
  const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: input } }) => ({ id, name, input }))
  // Fields that the shape does not name came from JSON too.
  const raw = { role: 'assistant', ...message } as ChatMessage
  return { raw, text: message.content?.trim() ?? '', calls }
}
