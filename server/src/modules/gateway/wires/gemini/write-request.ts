/**
 * Writes a request to Gemini. What its wire has no equivalent for is refused with its place; hints such as a user's id are
 * left out.
 */
import type { Json, JsonObject } from '@muster/contract/values'
import type {
  ContentPart,
  Conversation,
  MediaPart,
  Part,
  Reasoning,
  Tool,
  ToolCallPart,
  ToolChoice,
  ToolResultPart,
  Turn,
} from '../conversation.ts'
import { present, refusedAt } from '../fields.ts'
import { describedText } from '../parts.ts'
import { allowedTools, argumentsValue, refuseSpecial } from '../request-rules.ts'
import { joinNeighbours, withNamesInText } from '../turns.ts'

export function writeGeminiRequest(
  conversation: Conversation,
  { model, output_tokens_max }: { readonly model: string; readonly output_tokens_max: number },
): JsonObject {
  refuseSpecial(conversation, [])
  const contents = writeTurns(conversation.turns, { needs_signatures: !signs_by_choice.test(model) })
  if (contents.length === 0) throw refusedAt('messages', 'this model needs a message of the user that is not empty.')
  const system = conversation.system.map(({ text }) => text).join('\n\n')
  return {
    contents,
    ...(system !== '' && { systemInstruction: { parts: [{ text: system }] } }),
    ...toolFields(conversation),
    generationConfig: generationConfig(conversation, output_tokens_max),
  }
}

function generationConfig(conversation: Conversation, output_tokens_max: number): JsonObject {
  const { stop, sampling, response_format: format, reasoning } = conversation
  const { temperature, top_p, top_k, seed, presence_penalty, frequency_penalty } = sampling
  return {
    maxOutputTokens: conversation.output_tokens_max ?? output_tokens_max,
    ...(stop.length > 0 && { stopSequences: stop }),
    ...present({ temperature, topP: top_p, topK: top_k, seed }),
    ...present({ presencePenalty: presence_penalty, frequencyPenalty: frequency_penalty }),
    ...(format && { responseMimeType: 'application/json' }),
    ...(format?.type === 'schema' && { responseJsonSchema: format.schema }),
    ...(reasoning && thinkingConfig(reasoning)),
  }
}

/** The budgets that Google's own compatible address takes for these efforts. */
const budgets: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
}

function thinkingConfig({ effort, budget_tokens, is_on }: Reasoning): JsonObject {
  const thinkingBudget = is_on === false ? undefined : (budget_tokens ?? budgets[String(effort)])
  if (thinkingBudget === undefined) return is_on === true ? { thinkingConfig: { includeThoughts: true } } : {}
  return { thinkingConfig: { ...(thinkingBudget > 0 && { includeThoughts: true }), thinkingBudget } }
}

function toolFields({ tools, tool_choice }: Conversation): JsonObject {
  if (tools.length === 0) return {}
  const functionCallingConfig = callingConfig(tool_choice ?? { type: 'auto' })
  return {
    tools: [{ functionDeclarations: offeredTools(tools, tool_choice).map(declaration) }],
    toolConfig: { functionCallingConfig },
  }
}

/** A subset of which none must be called: the others are not offered, since this wire has a subset with `ANY` only. */
function offeredTools(tools: readonly Tool[], choice: ToolChoice | undefined): readonly Tool[] {
  const allowed = allowedTools(tools, choice)
  return choice?.type === 'allowed' && choice.is_required ? tools : allowed
}

function declaration(tool: Tool): JsonObject {
  if (tool.type === 'foreign') throw refusedAt(tool.place, `this model does not support ${tool.kind}.`)
  const { name, description, parameters } = tool
  return { name, ...present({ description, parametersJsonSchema: parameters }) }
}

function callingConfig(choice: ToolChoice): JsonObject {
  if (choice.type === 'one') return { mode: 'ANY', allowedFunctionNames: [choice.name] }
  if (choice.type === 'allowed' && choice.is_required) return { mode: 'ANY', allowedFunctionNames: choice.names }
  if (choice.type === 'none') return { mode: 'NONE' }
  return { mode: choice.type === 'required' ? 'ANY' : 'AUTO' }
}

/** Models up to 2.5 take calls without a signature; those since 3 refuse them. */
const signs_by_choice = /gemini-[12](?![0-9])/

function writeTurns(
  turns: readonly Turn[],
  { needs_signatures }: { readonly needs_signatures: boolean },
): readonly JsonObject[] {
  const written = turns.map((turn) => ({ ...turn, parts: turn.parts.filter(isSaid) }))
  const named = withNamesInText(written.filter(({ parts }) => parts.length > 0))
  return joinNeighbours(named).map(({ role, parts }) => ({
    role: role === 'assistant' ? 'model' : 'user',
    parts: (needs_signatures ? withSignature(parts) : parts).flatMap(writePart),
  }))
}

/** Google’s own mark for calls that another model made. Of calls at once only the first has a signature. */
const unsigned_call = { text: 'skip_thought_signature_validator', made_by: 'gemini' } as const

function withSignature(parts: readonly Part[]): readonly Part[] {
  const first = parts.find((part) => part.type === 'tool_call')
  if (first?.type !== 'tool_call' || signatureOf(first) !== undefined) return parts
  return parts.map((part) => (part === first ? { ...first, signature: unsigned_call } : part))
}

/** Thoughts are not sent back: what Gemini needs of them stands at its calls. */
function isSaid(part: Part): boolean {
  return part.type === 'text' || part.type === 'refusal' ? part.text !== '' : part.type !== 'thinking'
}

function writePart(part: Part): readonly Json[] {
  if (part.type === 'thinking') return []
  if (part.type === 'refusal') return [{ text: part.text }]
  if (part.type === 'tool_call') return [callPart(part)]
  if (part.type === 'tool_result') return resultParts(part)
  return [contentPart(part)]
}

function callPart(call: ToolCallPart): JsonObject {
  const { id, name } = call
  return { functionCall: { id, name, args: argumentsValue(call) }, ...present({ thoughtSignature: signatureOf(call) }) }
}

/** Thinking models need the signatures of their calls sent back, and refuse those of others. */
function signatureOf({ signature }: ToolCallPart): string | undefined {
  return signature?.made_by === 'messages' ? undefined : signature?.text
}

/** A response holds text alone; other media follow behind it. Gemini names results by their function. */
function resultParts({ call_id, name, parts, is_error }: ToolResultPart): readonly Json[] {
  const texts = parts.flatMap((part) => describedText(part) ?? [])
  const text = texts.join('\n\n')
  const response = is_error ? { error: text } : { output: text }
  const media = parts.filter((part) => describedText(part) === undefined)
  return [{ functionResponse: { id: call_id, name: name ?? '', response } }, ...media.map(contentPart)]
}

function contentPart(part: ContentPart): JsonObject {
  const text = describedText(part)
  return part.type === 'text' || text !== undefined ? { text: text ?? '' } : mediaPart(part)
}

function mediaPart({ source, type, title, place }: MediaPart): JsonObject {
  const displayName = present({ displayName: title })
  if (source.kind === 'data') return { inlineData: { mimeType: source.media_type, data: source.data, ...displayName } }
  if (source.kind === 'url') return { fileData: { fileUri: source.url, ...present({ mimeType: source.media_type }) } }
  if (source.kind === 'text') return { text: source.text }
  throw refusedAt(place, `this model does not know the ${type}: it is a file that another provider keeps.`)
}
