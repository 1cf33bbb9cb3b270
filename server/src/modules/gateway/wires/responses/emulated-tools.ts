/**
 * Tools that this wire has alone, as functions: custom tools, whose input is a text, and the local shell. What a model
 * answers is turned back by their names.
 */
import type { Json, JsonObject } from '@muster/contract/values'
import { parseExactJson } from '../../../../platform/json/exact-json.ts'
import { list, object } from '../../rules/usage.ts'
import type { FunctionTool } from '../conversation.ts'
import { present, textIn } from '../fields.ts'

export type ToolKind = 'function' | 'custom' | 'local_shell'

export const local_shell = 'local_shell'

export function customTool(tool: JsonObject, place: string): FunctionTool {
  const { type, syntax, definition } = object(tool.format)
  const grammar =
    type === 'grammar' ? `\n\nThe input must follow this grammar (${String(syntax)}):\n${String(definition)}` : ''
  return {
    type: 'function',
    name: String(tool.name),
    description: `${textIn(tool.description) ?? ''}${grammar}`.trim(),
    parameters: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The whole input of the tool, as it is.' } },
      required: ['input'],
      additionalProperties: false,
    },
    place,
  }
}

export function shellTool(place: string): FunctionTool {
  return {
    type: 'function',
    name: local_shell,
    description: 'Runs a command on the user’s machine and returns its output.',
    parameters: {
      type: 'object',
      properties: {
        command: { type: 'array', items: { type: 'string' }, description: 'The program and its arguments.' },
        working_directory: { type: 'string' },
        timeout_ms: { type: 'integer' },
      },
      required: ['command'],
      additionalProperties: false,
    },
    place,
  }
}

/** The kinds of the tools of a request by their names; a name that is missing is a function’s. */
export function toolKinds(request: JsonObject): ReadonlyMap<string, ToolKind> {
  const kinds = new Map<string, ToolKind>()
  for (const tool of list(request.tools).map(object)) {
    if (tool.type === 'custom') kinds.set(String(tool.name), 'custom')
    if (tool.type === local_shell) kinds.set(local_shell, local_shell)
  }
  return kinds
}

/** The input of a custom tool as arguments of its function. */
export const customArguments = (input: string): string => JSON.stringify({ input })

/** The input of a custom tool out of the arguments of its function. */
export function customInput(text: string): string {
  const { input } = object(parsed(text))
  return typeof input === 'string' ? input : text
}

export const shellArguments = (action: JsonObject): string => {
  const { command, working_directory, timeout_ms } = action
  return JSON.stringify(present({ command, working_directory, timeout_ms }))
}

export function shellAction(text: string): JsonObject {
  const { command, working_directory, timeout_ms } = object(parsed(text))
  const words: Json = Array.isArray(command) ? command.map(String) : ['sh', '-c', String(command ?? '')]
  const [directory, timeout] = [working_directory ?? undefined, timeout_ms ?? undefined]
  return { type: 'exec', command: words, env: {}, ...present({ working_directory: directory, timeout_ms: timeout }) }
}

function parsed(text: string): unknown {
  try {
    return parseExactJson(text)
  } catch {
    // A model wrote it, so that it may be no JSON; the caller takes the text.
    return undefined
  }
}
