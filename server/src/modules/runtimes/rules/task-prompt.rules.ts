/** Fills in the prompts for a task: pure. The texts are in `prompts/`. */
import type { JsonObject } from '@muster/contract/values'
import { z } from 'zod'
import { fillTemplate } from '../../../platform/text/fill-template.ts'
import { cutDataText, markedData } from '../../../platform/text/prompt-data.ts'
import type { AgentAtWork, PersonaAtWork } from '../../agents/agents.port.ts'
import type { Assignment } from '../runtimes.port.ts'

export type ChatMessage = JsonObject

const ask_rule = `- Where you cannot go on without a decision that is not yours, call \`ask_person\`. The work rests until somebody
  answers, and then goes on where you were; so ask once, and ask everything.`

export function openingMessages(
  prompts: Readonly<Record<'model-system' | 'model-task', string>>,
  agent: AgentAtWork,
  assignment: Assignment,
): readonly ChatMessage[] {
  const { task } = assignment
  const may_ask = agent.settings.model?.may_ask ?? false
  const system = fillTemplate(prompts['model-system'], {
    persona: agent.persona ? `${personaText(agent.persona)}\n\n` : '',
    text_rule: task.spec.output_schema ? ', if it is JSON of the shape that is asked for' : '',
    ask_rule: may_ask ? ask_rule : '',
  })
  return [
    { role: 'system', content: system.trim() },
    { role: 'user', content: taskText(prompts['model-task'], assignment).trim() },
  ]
}

/** The file in the workspace that holds a command line's task as JSON. */
export const task_file = '.muster-task.json'

export function commandLinePrompt(
  prompts: Readonly<Record<'command-line' | 'model-task', string>>,
  agent: AgentAtWork,
  assignment: Assignment,
): string {
  const hasSchema = assignment.task.spec.output_schema !== undefined
  return fillTemplate(prompts['command-line'], {
    persona: agent.persona ? `${personaText(agent.persona)}\n\n` : '',
    task_file,
    result_rule: hasSchema ? ': JSON of the shape that is asked for, and nothing else' : '',
    task: taskText(prompts['model-task'], assignment).trim(),
  }).trim()
}

/** The content of `task_file`, for programs that read no prose. */
export function taskFile(
  { task, documents }: Assignment,
  inputs: readonly { readonly artifact_id: string; readonly path: string }[] = [],
): string {
  const { title, capability, input, spec, feedback } = task
  const documentEntries = documents.map(({ document, version, value }) => ({ document, version, value: value ?? null }))
  const { output_schema } = spec
  return JSON.stringify(
    {
      ...{ title, capability, input, documents: documentEntries, feedback },
      ...(inputs.length > 0 && { inputs }),
      ...(output_schema && { output_schema }),
    },
    null,
    1,
  )
}

const fileInput = z.object({ path: z.string(), content: z.string() })

/** Files of an input (`files: [{path, content}]`), to be written into the workspace. */
export function filesIn(input: unknown): readonly { readonly path: string; readonly content: string }[] {
  const files = typeof input === 'object' && input !== null && 'files' in input ? input.files : undefined
  return Array.isArray(files) ? files.flatMap((file: unknown) => fileInput.safeParse(file).data ?? []) : []
}

function personaText({ name, voice_traits, directives, story }: PersonaAtWork): string {
  const lines = [`You are ${name}.`]
  if (story !== '') lines.push('', story)
  if (voice_traits.length > 0) lines.push('', `Your voice: ${voice_traits.join(', ')}.`)
  if (directives.length > 0) lines.push('', 'What you hold yourself to:', ...directives.map((one) => `- ${one}`))
  return lines.join('\n')
}

function taskText(template: string, { task, documents }: Assignment): string {
  const documentSections = documents.map(({ document, version, value }) =>
    version === 0
      ? `### ${document}\nIt does not exist yet.`
      : `### ${document} (version ${version})\n${markedData(jsonText(value))}`,
  )
  const { output_schema } = task.spec
  return fillTemplate(template, {
    title: task.title,
    capability: task.capability,
    input: jsonText(task.input),
    documents: documentSections.length > 0 ? `\n## Documents\n${documentSections.join('\n\n')}\n` : '',
    schema: output_schema ? `\n## The result\nIt must fit this JSON Schema:\n${jsonText(output_schema)}\n` : '',
    feedback:
      task.feedback.length > 0
        ? `\n## What was said about earlier tries\n${task.feedback.map(({ from, text, violations }) => `- ${from}: ${text}${violations.map(({ message }) => `\n  - ${message}`).join('')}`).join('\n')}\n`
        : '',
  })
}

/** A value as JSON for a prompt, cut where it is too long, and escaped so that a text cannot end the data around it. */
export function jsonText(value: unknown): string {
  return cutDataText(JSON.stringify(value ?? null, null, 1))
}
