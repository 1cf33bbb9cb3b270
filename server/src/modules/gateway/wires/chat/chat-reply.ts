/** An answer of OpenAI's chat completions for whoever goes on with the conversation: agents, and questions with a shape. */
import type { JsonObject } from '@muster/contract/values'
import type { ChatReply } from '../../gateway.port.ts'
import { ProviderFailure } from '../../gateway.types.ts'
import { list, object } from '../../rules/usage.ts'
import { readChatAnswer } from './read-answer.ts'

/** Undefined for what is no answer, such as a call of a tool without a name. */
export function chatReply(body: JsonObject): ChatReply | undefined {
  const answer = readAnswer(body)
  if (!answer) return undefined
  const text = answer.parts.flatMap((part) => (part.type === 'text' || part.type === 'refusal' ? [part.text] : []))
  const parts = answer.parts.flatMap((part) => (part.type === 'tool_call' ? [part] : []))
  const calls = parts.map(({ id, name, arguments: written }) => ({ id, name, arguments: written }))
  const { function_call: _legacy, ...said } = object(object(list(body.choices)[0]).message)
  const givenCalls = list(said.tool_calls).map(object)
  const tool_calls = parts.map(({ id, name, arguments: written, value }, at) => ({
    ...givenCalls[at],
    id,
    type: 'function',
    // The next provider may need a value, and would refuse the whole conversation.
    function: { name, arguments: value ? written : JSON.stringify({ unreadable_arguments: written }) },
  }))
  const content = typeof said.content === 'string' ? said.content : text.join('') || null
  const message = { ...said, role: 'assistant', content, ...(calls.length > 0 && { tool_calls }) }
  return { message, text: text.join(''), calls, is_cut: answer.finish === 'length' }
}

function readAnswer(body: JsonObject) {
  try {
    return readChatAnswer(body)
  } catch (error) {
    if (error instanceof ProviderFailure) return undefined
    throw error
  }
}
