/** Fills in the planner's prompts: pure. The texts are in `prompts/`. */

import { limits } from '@muster/contract/limits'
import { cutText } from '@muster/contract/texts/graphemes'
import type { JsonObject } from '@muster/contract/values'
import { fillTemplate } from '../../../platform/text/fill-template.ts'
import { markedData } from '../../../platform/text/prompt-data.ts'
import type { GoalInput } from '../strategies/strategy.types.ts'

/** An agent that a plan may give work to. */
export interface AbleAgent {
  readonly name: string
  readonly description: string | null
  readonly capabilities: readonly string[]
  readonly persona_name: string | null
}

export interface PlanningFacts {
  readonly title: string
  readonly text: string | undefined
  readonly artifacts: readonly GoalInput[]
  readonly reason: string | null
  /** The summaries and inputs of the built-in capabilities, by name. */
  readonly builtin: ReadonlyMap<string, { readonly summary: string; readonly input: JsonObject }>
  readonly agents: readonly AbleAgent[]
}

type Texts = Readonly<Record<'plan-system' | 'plan-goal', string>>

export function planningMessages(texts: Texts, facts: PlanningFacts): readonly JsonObject[] {
  const { title, text, artifacts, reason, agents } = facts
  const documents = artifacts.slice(0, documents_max).map(({ artifact_id, name }) => `- ${line(name)} (${artifact_id})`)
  const more = artifacts.length > documents_max ? [`- and ${artifacts.length - documents_max} more`] : []
  const content = fillTemplate(texts['plan-goal'], {
    title: line(title),
    text: text === undefined ? '' : `\n${markedData(text)}\n`,
    documents: documents.length > 0 ? `\n## Documents\n${[...documents, ...more].join('\n')}\n` : '',
    reason: reason === null ? '' : `\n## Why it is planned anew\n${markedData(reason)}\n`,
    capabilities: capabilityLines(facts).join('\n'),
    agents: agents.map((agent) => `- ${agentLine(agent)}`).join('\n'),
  })
  return [
    { role: 'system', content: texts['plan-system'].trim() },
    { role: 'user', content: content.trim() },
  ]
}

const documents_max = 200

function capabilityLines({ builtin, agents }: PlanningFacts): string[] {
  const all = [...new Set(agents.flatMap(({ capabilities }) => capabilities))].sort()
  return all.map((name) => {
    const builtinCapability = builtin.get(name)
    return builtinCapability
      ? `- ${name}: ${builtinCapability.summary} Input: ${JSON.stringify(builtinCapability.input)}`
      : `- ${line(name)}`
  })
}

function agentLine({ name, description, capabilities, persona_name }: AbleAgent): string {
  const who = persona_name === null ? '' : ` (${line(persona_name)})`
  const what = description === null ? '' : `: ${line(description)}`
  return `${line(name)}${who}${what} [${capabilities.map(line).join(', ')}]`
}

const line = (text: string): string => cutText(text.replaceAll(/\s+/g, ' '), limits.reason_bytes_max)

/** The plan as a tool's parameters: the part of it that a model is asked for. */
export const planParameters: JsonObject = {
  type: 'object',
  required: ['tasks'],
  properties: {
    tasks: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['key', 'capability'],
        additionalProperties: false,
        properties: {
          key: { type: 'string', pattern: '^[A-Za-z0-9_][A-Za-z0-9_-]*$' },
          title: { type: 'string' },
          capability: { type: 'string' },
          agent_id: { type: 'string', description: 'The name of an agent; leave it out for any that is able.' },
          input: { type: 'object' },
          depends_on: { type: 'array', items: { type: 'string' } },
          on_failure: { enum: ['fail', 'skip', 'continue', 'ask'] },
          approval: { enum: ['none', 'before', 'after'] },
          output_schema: { type: 'object' },
          for_each: { type: 'object', required: ['$from'], properties: { $from: { type: 'string' } } },
        },
      },
    },
  },
}
