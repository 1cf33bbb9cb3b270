/** Reads the tools of a request of OpenAI's responses, and which of them may be called. */
import type { Json, JsonObject } from '@muster/contract/values'
import { isObject, list, object } from '../../rules/usage.ts'
import type { Conversation, Tool, ToolChoice } from '../conversation.ts'
import { maybe, refusedAt, textIn } from '../fields.ts'
import { customTool, functionName, local_shell, shellTool } from './emulated-tools.ts'

export function readResponsesTools(body: JsonObject): Pick<Conversation, 'tools' | 'tool_choice' | 'parallel_calls'> {
  return {
    tools: list(body.tools).flatMap((tool, at) => toolsOf(object(tool), `tools[${at}]`)),
    ...maybe('tool_choice', choiceOf(body.tool_choice)),
    ...(typeof body.parallel_tool_calls === 'boolean' && { parallel_calls: body.parallel_tool_calls }),
  }
}

/** The tools of a namespace are described by it, too. */
function toolsOf(tool: JsonObject, place: string): readonly Tool[] {
  if (tool.type !== 'namespace') return [toolOf(tool, place)]
  return list(tool.tools).map((item, at) => {
    const inner = object(item)
    const description = [tool.description, inner.description].filter((text) => typeof text === 'string').join('\n\n')
    const name = functionName(String(inner.name), String(tool.name))
    return toolOf({ ...inner, name, description }, `${place}.tools[${at}]`)
  })
}

function toolOf(tool: JsonObject, place: string): Tool {
  if (tool.type === 'function') return functionOf(tool, place)
  if (tool.type === 'custom') return customTool(tool, place)
  if (tool.type === local_shell) return shellTool(place)
  return { type: 'foreign', kind: String(tool.type), own: { wire: 'responses', fields: tool }, place }
}

function functionOf({ name, description, parameters, strict }: JsonObject, place: string): Tool {
  if (typeof name !== 'string' || name === '') throw refusedAt(place, 'the function has no name.')
  return {
    type: 'function',
    name,
    ...maybe('description', textIn(description)),
    ...(isObject(parameters) && { parameters }),
    ...(typeof strict === 'boolean' && { strict }),
    place,
  }
}

function nameOf(tool: Json): string {
  const { name, type, namespace } = object(tool)
  return functionName(String(name ?? type), textIn(namespace))
}

function choiceOf(choice: Json | undefined): ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { type: choice }
  const { type, name, namespace, mode, tools } = object(choice)
  if ((type === 'function' || type === 'custom') && typeof name === 'string')
    return { type: 'one', name: functionName(name, textIn(namespace)) }
  if (type === local_shell) return { type: 'one', name: local_shell }
  if (type === 'allowed_tools') {
    return { type: 'allowed', names: list(tools).map(nameOf), is_required: mode === 'required' }
  }
  throw refusedAt('tool_choice', `this model does not support the choice of ${String(type ?? choice)}.`)
}
