/**
 * Tools that this wire has alone, as functions: custom tools, whose input is a text, the local shell, and namespaces of
 * tools, which stand in the names of their functions. What a model answers is turned back by their names.
 */
import type { Json, JsonObject } from '@muster/contract/values'
import { parseExactJson } from '../../../../platform/json/exact-json.ts'
import { list, object } from '../../rules/usage.ts'
import type { FunctionTool } from '../conversation.ts'
import { maybe, present, textIn } from '../fields.ts'

export type ToolKind = 'function' | 'custom' | 'local_shell'

/** A tool as the client named it. */
export interface NamedTool {
  readonly kind: ToolKind
  readonly name: string
  readonly namespace?: string
}

/** The name of a tool’s function; that of a namespace stands in front. */
export const functionName = (name: string, namespace?: string): string =>
  namespace === undefined ? name : `${namespace}__${name}`

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

/** The tools of a request by the names of their functions, as far as they are no plain functions. */
export function namedTools(request: JsonObject): ReadonlyMap<string, NamedTool> {
  const named = new Map<string, NamedTool>()
  const add = (tool: JsonObject, namespace?: string): void => {
    const kind = tool.type === 'custom' || tool.type === local_shell ? tool.type : 'function'
    const name = kind === local_shell ? local_shell : String(tool.name)
    named.set(functionName(name, namespace), { kind, name, ...maybe('namespace', namespace) })
  }
  for (const tool of list(request.tools).map(object)) {
    if (tool.type !== 'namespace') add(tool)
    else for (const inner of list(tool.tools).map(object)) add(inner, String(tool.name))
  }
  return named
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

/** Without a command where the arguments have none, such as those that were cut at the limit. */
export function shellAction(text: string): JsonObject {
  const { command, working_directory, timeout_ms } = object(parsed(text))
  const words: Json = typeof command === 'string' ? ['sh', '-c', command] : list(command).map(String)
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
