/** What writers of several wires make of a request in the same way. */
import type { JsonObject } from '@muster/contract/values'
import type { Conversation, FunctionTool, Tool, ToolCallPart, ToolChoice } from './conversation.ts'
import { refusedAt } from './fields.ts'

/** Refuses what only the client's wire has, also several answers (`n`). `carried`: the names that this wire has too. */
export function refuseSpecial({ special, choices }: Conversation, carried: readonly string[]): void {
  if (choices !== undefined && !carried.includes('n')) throw refusedAt('n', 'this model returns one choice only.')
  const name = Object.keys(special).find((one) => !carried.includes(one))
  if (name !== undefined) throw refusedAt(name, 'this model does not support it.')
}

/**
 * The tools, and those that only the history calls: some servers refuse calls of tools that they were not told of. Such a
 * tool is not offered anew by anybody; it takes any object.
 */
export function toolsWithHistory({ tools, turns }: Conversation): readonly Tool[] {
  if (tools.length > 0) return tools
  const names = new Set(
    turns.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool_call' ? [part.name] : []))),
  )
  return [...names].map((name): FunctionTool => ({ type: 'function', name }))
}

/** The tools that may be called. @throws ProviderFailure where none of them is there */
export function allowedTools(tools: readonly Tool[], choice: ToolChoice | undefined): readonly Tool[] {
  if (choice?.type !== 'allowed') return tools
  const allowed = tools.filter((tool) => tool.type === 'function' && choice.names.includes(tool.name))
  if (allowed.length === 0) throw refusedAt('tool_choice', 'none of the allowed tools is among the tools.')
  return allowed
}

/** The arguments of a call for a wire that has them as a value. @throws ProviderFailure where they cannot be read */
export function argumentsValue({ value, is_custom, place, arguments_place = place }: ToolCallPart): JsonObject {
  if (is_custom) throw refusedAt(place, 'this model does not support calls of custom tools.')
  if (value) return value
  throw refusedAt(arguments_place, 'the arguments are not a JSON object, which this model needs.')
}
