/** OpenAI's legacy completions, for providers of other wires: the prompt is what a user says. */
import type { JsonObject } from '@muster/contract/values'
import { newId } from '../../../../platform/ids.ts'
import { exactJsonText } from '../../../../platform/json/exact-json.ts'
import { list, object, openaiUsage } from '../../rules/usage.ts'
import type { AnswerOptions, AnswerStreamWriter, ClientWire } from '../answer-wires.ts'
import type { Answer, Conversation, FinishReason, PartStart } from '../conversation.ts'
import { maybe, numberIn, refusedAt, textIn } from '../fields.ts'

export const completionsWire: ClientWire = {
  readRequest: readCompletionsRequest,
  writeAnswer: writeCompletionsAnswer,
  streamWriter: completionsStreamWriter,
}

function readCompletionsRequest(body: JsonObject): Conversation {
  for (const [name, isAsked] of Object.entries(uncarried))
    if (isAsked(body[name] ?? undefined)) throw refusedAt(name, 'this model does not support it in completions.')
  return {
    system: [],
    turns: [{ role: 'user', parts: [{ type: 'text', text: promptOf(body), place: 'prompt' }] }],
    tools: [],
    ...maybe('output_tokens_max', numberIn(body.max_tokens)),
    stop: typeof body.stop === 'string' ? [body.stop] : list(body.stop).flatMap((one) => textIn(one) ?? []),
    sampling: {
      ...maybe('temperature', numberIn(body.temperature)),
      ...maybe('top_p', numberIn(body.top_p)),
      ...maybe('seed', numberIn(body.seed)),
      ...maybe('presence_penalty', numberIn(body.presence_penalty)),
      ...maybe('frequency_penalty', numberIn(body.frequency_penalty)),
    },
    ...maybe('user', textIn(body.user)),
    special: {},
  }
}

/** Fields that only a server of completions can follow, with what asks for them. */
const uncarried: Readonly<Record<string, (value: unknown) => boolean>> = {
  suffix: (value) => typeof value === 'string' && value !== '',
  echo: (value) => value === true,
  best_of: (value) => typeof value === 'number' && value > 1,
  n: (value) => typeof value === 'number' && value > 1,
  logprobs: (value) => value !== undefined && value !== false,
  logit_bias: (value) => Object.keys(object(value)).length > 0,
}

function promptOf({ prompt }: JsonObject): string {
  const prompts = Array.isArray(prompt) ? prompt : [prompt]
  if (prompts.length !== 1) throw refusedAt('prompt', 'this model takes one prompt in a request.')
  const [text] = prompts
  if (typeof text === 'string') return text
  throw refusedAt('prompt', 'this model takes texts, not token IDs.')
}

const reasons: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'stop',
  content_filter: 'content_filter',
  refusal: 'content_filter',
  pause: 'stop',
}

const isSaid = (type: PartStart['type']): boolean => type === 'text' || type === 'refusal'

const headOf = (model: string) => ({
  id: `cmpl-${newId()}`,
  object: 'text_completion',
  created: Math.floor(Date.now() / 1000),
  model,
})

const choiceOf = (text: string, finish_reason: string | null) => ({ text, index: 0, logprobs: null, finish_reason })

function writeCompletionsAnswer({ model, parts, finish, usage }: Answer): JsonObject {
  const text = parts.map((part) => (part.type === 'text' || part.type === 'refusal' ? part.text : '')).join('')
  const choices = [choiceOf(text, reasons[finish])]
  return { ...headOf(model), choices, ...(usage && { usage: openaiUsage(usage) }) }
}

function completionsStreamWriter({ request }: Pick<AnswerOptions, 'request'>): AnswerStreamWriter {
  const wants_usage = object(request.stream_options).include_usage === true
  const said = new Set<number>()
  let head = headOf(String(request.model ?? ''))
  const chunk = (fields: JsonObject): string => `data: ${exactJsonText({ ...head, ...fields })}\n\n`
  return {
    write(event) {
      if (event.type === 'start') head = headOf(event.model)
      if (event.type === 'part_start' && isSaid(event.part.type)) said.add(event.index)
      if (event.type === 'delta' && said.has(event.index)) return chunk({ choices: [choiceOf(event.text, null)] })
      return event.type === 'finish' ? chunk({ choices: [choiceOf('', reasons[event.finish])] }) : ''
    },
    end: (usage) => `${wants_usage && usage ? chunk({ choices: [], usage: openaiUsage(usage) }) : ''}data: [DONE]\n\n`,
  }
}
