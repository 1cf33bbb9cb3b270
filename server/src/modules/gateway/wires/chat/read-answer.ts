/** Reads an answer of OpenAI's chat completions, as servers of this wire vary it. */
import type { Json, JsonObject } from '@muster/contract/values'
import { newId } from '../../../../platform/ids.ts'
import { ProviderFailure, type Usage } from '../../gateway.types.ts'
import { isObject, list, object, usageOfOpenai } from '../../rules/usage.ts'
import { errorIn } from '../answer-errors.ts'
import type { CallIds } from '../call-ids.ts'
import type { Answer, AnswerPart, FinishReason } from '../conversation.ts'
import { maybe, textIn } from '../fields.ts'
import { readAssistant } from './read-request.ts'

/** The first choice. @throws ProviderFailure for what is no answer */
export function readChatAnswer(body: JsonObject): Answer {
  const error = errorIn(body)
  if (error) throw error
  const choice = object(list(body.choices)[0])
  if (!isObject(choice.message)) throw new ProviderFailure('malformed', 'The provider’s response has no message.')
  const usage = usageOfOpenai(body.usage)
  const parts = readAssistant(choice.message, 'choices[0].message', answerCallIds()).flatMap(answerPart)
  const has_calls = parts.some(({ type }) => type === 'tool_call')
  return {
    id: textIn(body.id) ?? '',
    model: textIn(body.model) ?? '',
    parts,
    finish: chatFinish(choice.finish_reason, { has_calls, usage }),
    ...maybe('usage', usage),
  }
}

/** Ids for the calls of one answer: an id that is missing, or that another call has, is made. */
export function answerCallIds(): CallIds {
  const ids = new Set<string>()
  return {
    call(given) {
      const id = given && !ids.has(given) ? given : `call_${newId().replaceAll('-', '')}`
      ids.add(id)
      return id
    },
    result: (id) => ({ call_id: id ?? '' }),
  }
}

function answerPart(part: ReturnType<typeof readAssistant>[number]): readonly AnswerPart[] {
  if (part.type === 'tool_call') {
    if (part.name === '') throw new ProviderFailure('malformed', 'The provider’s response calls a tool without a name.')
    return [unplaced(part)]
  }
  if (part.type === 'text' || part.type === 'refusal' || part.type === 'thinking') return [unplaced(part)]
  throw new ProviderFailure('malformed', `The provider’s response holds a ${part.type}, which cannot be translated.`)
}

function unplaced<Part extends AnswerPart>({ place: _place, ...part }: Part) {
  return part
}

/** The words of servers of this wire. Any other word says no more than that the answer has ended. */
const reasons: Readonly<Record<string, FinishReason>> = {
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  tool_calls: 'tool_calls',
  tool_call: 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  sensitive: 'content_filter',
  refusal: 'refusal',
}

/** Words for an answer that its server gave up: of Mistral, OpenRouter and vLLM, of DeepSeek, of Zhipu. */
const failures: readonly unknown[] = ['error', 'abort', 'insufficient_system_resource', 'network_error']

/**
 * Some servers say that an answer with calls has just stopped.
 *
 * @throws ProviderFailure for an answer that its server gave up
 */
export function chatFinish(
  reason: Json | undefined,
  { has_calls, usage }: { readonly has_calls: boolean; readonly usage: Usage | undefined },
): FinishReason {
  if (failures.includes(reason))
    throw new ProviderFailure('broken', `The provider ended the response with finish_reason ${String(reason)}.`, {
      ...maybe('usage', usage),
    })
  const finish = reasons[String(reason)] ?? 'stop'
  return finish === 'stop' && has_calls ? 'tool_calls' : finish
}
