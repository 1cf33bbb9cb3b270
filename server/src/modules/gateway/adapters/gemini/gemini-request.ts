/** Translates a chat of OpenAI's wire into a request to Gemini. */
import type { Json, JsonObject } from '@muster/contract/values'
import type { AdapterCall } from '../../gateway.types.ts'
import { list, object } from '../../rules/usage.ts'
import { chatPart, parsedArguments, plainText, refusedFailure } from '../chat/chat-content.ts'

export function contentsBody({ body, output_tokens_max }: AdapterCall): JsonObject {
  const { system, contents } = conversation(list(body.messages))
  return {
    contents,
    ...(system !== '' && { systemInstruction: { parts: [{ text: system }] } }),
    ...toolsOf(body),
    generationConfig: generationConfig(body, output_tokens_max),
  }
}

function generationConfig(body: JsonObject, output_tokens_max: number): JsonObject {
  const max = [body.max_completion_tokens, body.max_tokens].find((one) => typeof one === 'number')
  const stops = typeof body.stop === 'string' ? [body.stop] : list(body.stop)
  const { type, json_schema } = object(body.response_format)
  const { schema } = object(json_schema)
  if (typeof body.n === 'number' && body.n > 1) throw refusedFailure('n: this model returns one choice only.')
  return {
    maxOutputTokens: max ?? output_tokens_max,
    ...(stops.length > 0 && { stopSequences: stops }),
    ...(typeof body.temperature === 'number' && { temperature: body.temperature }),
    ...(typeof body.top_p === 'number' && { topP: body.top_p }),
    ...(typeof body.seed === 'number' && { seed: body.seed }),
    ...((type === 'json_schema' || type === 'json_object') && { responseMimeType: 'application/json' }),
    ...(schema !== undefined && { responseJsonSchema: schema }),
  }
}

function toolsOf(body: JsonObject): JsonObject {
  const functionDeclarations = list(body.tools).map((tool) => {
    const { name, description, parameters } = object(object(tool).function)
    if (typeof name !== 'string') throw refusedFailure('tools: this model supports functions only.')
    return {
      name,
      ...(typeof description === 'string' && { description }),
      ...(parameters !== undefined && { parametersJsonSchema: parameters }),
    }
  })
  if (functionDeclarations.length === 0) return {}
  return { tools: [{ functionDeclarations }], toolConfig: { functionCallingConfig: callingConfig(body.tool_choice) } }
}

function callingConfig(choice: Json | undefined): JsonObject {
  if (choice === 'none') return { mode: 'NONE' }
  if (choice === 'required') return { mode: 'ANY' }
  const { name } = object(object(choice).function)
  return name === undefined ? { mode: 'AUTO' } : { mode: 'ANY', allowedFunctionNames: [name] }
}

interface Turn {
  readonly role: 'user' | 'model'
  readonly parts: Json[]
}

function conversation(messages: readonly Json[]): { readonly system: string; readonly contents: readonly Json[] } {
  const system: string[] = []
  const turns: Turn[] = []
  /** Gemini names tool results by their function, not by the call's id. */
  const names = new Map<Json, Json>()
  for (const message of messages.map(object)) {
    if (message.role === 'system' || message.role === 'developer') {
      system.push(plainText(message.content))
      continue
    }
    for (const call of list(message.tool_calls))
      names.set(object(call).id ?? '', object(object(call).function).name ?? '')
    const role = message.role === 'assistant' ? 'model' : 'user'
    const parts = partsOf(message, names)
    const last = turns.at(-1)
    if (last?.role === role) for (const one of parts) last.parts.push(one)
    else turns.push({ role, parts: [...parts] })
  }
  return { system: system.join('\n\n'), contents: turns.map(({ role, parts }) => ({ role, parts })) }
}

function partsOf(message: JsonObject, names: ReadonlyMap<Json, Json>): readonly Json[] {
  if (message.role === 'tool') {
    const id = message.tool_call_id ?? ''
    const response = { output: plainText(message.content) }
    return [{ functionResponse: { id, name: names.get(id) ?? '', response } }]
  }
  const content = typeof message.content === 'string' ? textParts(message.content) : list(message.content).map(partOf)
  const calls = list(message.tool_calls).map((call) => {
    const { id = '', function: toolFunction, extra_content } = object(call)
    const { name = '', arguments: text } = object(toolFunction)
    // Thinking models need the signatures of their calls sent back.
    const { thought_signature } = object(object(extra_content).google)
    const signatureFields = thought_signature === undefined ? {} : { thoughtSignature: thought_signature }
    return { functionCall: { id, name, args: parsedArguments(text) }, ...signatureFields }
  })
  return [...content, ...calls]
}

const textParts = (text: string): readonly Json[] => (text === '' ? [] : [{ text }])

function partOf(part: Json): Json {
  const contentPart = chatPart(part)
  if ('text' in contentPart) return { text: contentPart.text }
  if ('url' in contentPart) return { fileData: { fileUri: contentPart.url } }
  return { inlineData: { mimeType: contentPart.media_type, data: contentPart.data } }
}
