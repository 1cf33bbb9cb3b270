/** Reads the tools of a chat completion, and which of them may be called. */
import type { Json, JsonObject } from '@muster/contract/values'
import { isObject, list, object } from '../../rules/usage.ts'
import type { Conversation, Tool, ToolChoice } from '../conversation.ts'
import { maybe, refusedAt, textIn } from '../fields.ts'

export function readChatTools(body: JsonObject): Pick<Conversation, 'tools' | 'tool_choice' | 'parallel_calls'> {
  const modern = list(body.tools).map((tool, at) => toolOf(object(tool), `tools[${at}]`))
  const legacy = list(body.functions).map((one, at) => functionOf(object(one), `functions[${at}]`))
  return {
    tools: [...modern, ...legacy],
    ...maybe('tool_choice', choiceOf(body.tool_choice ?? legacyChoice(body.function_call))),
    ...(typeof body.parallel_tool_calls === 'boolean' && { parallel_calls: body.parallel_tool_calls }),
  }
}

function toolOf(tool: JsonObject, place: string): Tool {
  const described = object(tool.function)
  if (typeof described.name === 'string') return functionOf(described, place)
  return { type: 'foreign', kind: String(tool.type), own: { wire: 'chat', fields: tool }, place }
}

function functionOf({ name, description, parameters, strict }: JsonObject, place: string): Tool {
  if (typeof name !== 'string') throw refusedAt(place, 'the function has no name.')
  return {
    type: 'function',
    name,
    ...maybe('description', textIn(description)),
    ...(isObject(parameters) && { parameters }),
    ...(typeof strict === 'boolean' && { strict }),
    place,
  }
}

const legacyChoice = (choice: Json | undefined): Json | undefined =>
  typeof choice === 'string' || choice === undefined || choice === null
    ? choice
    : { type: 'function', function: choice }

function choiceOf(choice: Json | undefined): ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined
  const fields = object(choice)
  const word = typeof choice === 'string' ? choice : fields.type
  if (word === 'auto' || word === 'none' || word === 'required') return { type: word }
  // A word of Anthropic's and Mistral's wire, which servers of this one take too.
  if (word === 'any') return { type: 'required' }
  if (fields.type === 'allowed_tools') {
    const allowed = isObject(fields.allowed_tools) ? fields.allowed_tools : fields
    const names = list(allowed.tools).flatMap((tool) => toolName(object(tool)) ?? [])
    return { type: 'allowed', names, is_required: allowed.mode === 'required' }
  }
  const name = toolName(fields)
  if (name !== undefined) return { type: 'one', name }
  throw refusedAt('tool_choice', `this model does not support the choice of ${String(word)}.`)
}

const toolName = (tool: JsonObject): string | undefined =>
  textIn(object(tool.function).name) ?? textIn(object(tool.custom).name) ?? textIn(tool.name)
