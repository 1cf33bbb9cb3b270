import { limits } from '@muster/contract/limits'
import type { JsonObject } from '@muster/contract/values'
import { MusterError } from '../../../platform/errors.ts'
import { writtenJson } from '../../../platform/json/written-json.ts'
import type { GatewayPort, StructuredAsk } from '../gateway.port.ts'
import { chatReply } from '../wires/chat/chat-reply.ts'

/**
 * Asks a model for a value of a shape: the model has one tool and calls it with the value. A value that does not fit is
 * sent back with the problem, a bounded number of times. Throws what `call` throws, and `provider_failed` where no
 * fitting value came.
 */
export function createStructured(call: GatewayPort['call']): GatewayPort['structured'] {
  return async function structured<Value>(ask: StructuredAsk<Value>): Promise<Value> {
    const { alias, messages, tool, output_tokens_max, read, repairs_max = 2, ...context } = ask
    const conversation: JsonObject[] = [...messages]
    let problem = ''
    for (let repairs = 0; repairs <= repairs_max; repairs++) {
      const body = {
        model: alias,
        messages: conversation,
        max_tokens: output_tokens_max ?? limits.model_output_tokens_default,
        tools: [{ type: 'function', function: tool }],
        tool_choice: { type: 'function', function: { name: tool.name } },
      }
      const answer = await call({ ...context, key_id: null, wire: 'chat', body })
      const reply = replyIn(answer.kind === 'whole' ? answer.body : undefined)
      const outcome = reply.value === undefined ? { problem: reply.problem } : await read(reply.value)
      if ('value' in outcome) return outcome.value
      problem = outcome.problem
      conversation.push(...reply.messages, ...corrections(reply.call_ids, tool.name, problem))
    }
    throw new MusterError('provider_failed', `Model ${alias} returned no valid result: ${problem}`, { value: alias })
  }
}

interface ModelReply {
  /** What the model said, for the conversation. */
  readonly messages: readonly JsonObject[]
  readonly call_ids: readonly string[]
  readonly value: unknown
  readonly problem: string
}

/** The arguments of the first call; for models without tools, the text. */
function replyIn(body: JsonObject | undefined): ModelReply {
  const reply = body && chatReply(body)
  if (!reply) return { messages: [], call_ids: [], value: undefined, problem: 'The answer is no message.' }
  const [call] = reply.calls
  const value = writtenJson(call?.arguments ?? reply.text, 'whole')
  return { messages: [reply.message], call_ids: reply.calls.map(({ id }) => id), value, problem: 'It is no JSON.' }
}

/** Providers refuse a conversation in which a call has no answer, so that each gets one. */
function corrections(call_ids: readonly string[], name: string, problem: string): readonly JsonObject[] {
  const content = `${problem}\nMend it and call ${name} again, with the whole value.`
  if (call_ids.length === 0) return [{ role: 'user', content }]
  return call_ids.map((tool_call_id, index) => ({
    role: 'tool',
    tool_call_id,
    content: index === 0 ? content : `Only the first call was read; call ${name} once.`,
  }))
}
