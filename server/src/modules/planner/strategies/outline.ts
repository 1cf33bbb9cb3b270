/**
 * The strategy `outline`: headings, lists and inputs of a goal become a graph, without a model. With inputs: read each,
 * write a section for each, compose a briefing; headings and list items that name an input decide its place. Without
 * inputs: each heading's text is summarised, and the summaries are composed.
 */

import { limits } from '@muster/contract/limits'
import { type PlanTask, type PlanTaskInput, planTask } from '@muster/contract/planner/tasks/task-definitions'
import { foldedText } from '@muster/contract/texts/comparison'
import { cutText } from '@muster/contract/texts/graphemes'
import { createFences, frontMatterEnd } from '@muster/contract/texts/markdown-lines'
import { type GoalInput, type PlannedTasks, PlanningError, type PlanningInput } from './strategy.types.ts'

interface Part {
  readonly heading: string
  readonly body: string
}

export function planFromOutline(request: PlanningInput): PlannedTasks {
  const parts = partsOf(request.text ?? '')
  const tasks = request.artifacts.length > 0 ? briefingTasks(request, parts) : summaries(request, parts)
  return tasks.map((task) => planTask.parse(task) as PlanTask)
}

const groundingRule = {
  check: 'grounding',
  severity: 'warning',
  weight: 1,
  measures: 'quality',
  violation_from: 0,
} as const

function briefingTasks(request: PlanningInput, parts: readonly Part[]): PlanTaskInput[] {
  const inputs = orderInputs(request.artifacts, parts).map(({ artifact_id, name }) => ({ artifact_id, name }))
  return [
    {
      key: 'read',
      title: 'Read the documents',
      capability: 'read',
      for_each: { $from: 'goal.artifacts' },
      input: { artifact_id: { $from: 'item.artifact_id' }, unreadable: 'leave_out' },
      writes: [],
    },
    {
      key: 'order',
      title: 'Put the documents in order',
      capability: 'noop',
      input: { documents: inputs },
      depends_on: ['read'],
      writes: [],
    },
    {
      key: 'section',
      title: 'Write a section for each document',
      capability: 'section',
      for_each: { $from: 'order.output.documents' },
      input: { artifact_id: { $from: 'item.artifact_id' }, unreadable: 'leave_out' },
      checks: [groundingRule],
      writes: [],
    },
    {
      key: 'briefing',
      title: 'Compose the briefing',
      capability: 'compose',
      input: { title: request.title, sections: { $from: 'section.output' } },
      checks: [groundingRule],
    },
  ]
}

/** Inputs in the order in which headings or list items name them, then the others. */
function orderInputs(inputs: readonly GoalInput[], parts: readonly Part[]): readonly GoalInput[] {
  const lines = parts.flatMap(({ heading, body }) => [heading, ...body.split('\n')]).map(foldedText)
  const place = ({ name }: GoalInput): number => {
    const short = foldedText(name)
      .replace(/^.*\//, '')
      .replace(/\.[a-z0-9]+$/, '')
    const lineIndex = lines.findIndex((line) => line.includes(short) || line.includes(short.replace(/[-_]+/g, ' ')))
    return lineIndex < 0 ? lines.length : lineIndex
  }
  return inputs
    .map((input) => ({ input, at: place(input) }))
    .sort((a, b) => a.at - b.at)
    .map(({ input }) => input)
}

function summaries(request: PlanningInput, parts: readonly Part[]): PlanTaskInput[] {
  const partsWithText = parts
    .filter(({ heading, body }) => `${heading}${body}`.trim() !== '')
    .slice(0, limits.plan_fan_out_max)
  if (partsWithText.length === 0)
    throw new PlanningError('text', 'There is nothing to plan from. Add instructions, files, a playbook or a plan.')
  return [
    ...partsWithText.map(({ heading, body }, index) => ({
      key: `part-${index + 1}`,
      title: cutText(heading, limits.name_characters_max) || `Part ${index + 1}`,
      capability: 'summarize',
      input: { text: body.trim() === '' ? heading : body },
      writes: [],
    })),
    {
      key: 'summary',
      title: 'Put the parts together',
      capability: 'noop',
      input: {
        title: request.title,
        parts: partsWithText.map(({ heading }, index) => ({
          heading,
          text: { $from: `part-${index + 1}.output.text` },
        })),
      },
    },
  ]
}

/** The text split at headings (`#` to `######`); without headings at list items, else the text as one part. */
function partsOf(text: string): Part[] {
  const lines = text.slice(frontMatterEnd(text)).split(/\r?\n/)
  const fences = createFences()
  const isCode = lines.map((line) => fences.isCode(line))
  const parts: { heading: string; lines: string[] }[] = [{ heading: '', lines: [] }]
  for (const [at, line] of lines.entries()) {
    const heading = isCode[at] ? null : /^ {0,3}#{1,6}(?:[ \t]+([^\n]*))?$/.exec(line)
    if (heading) parts.push({ heading: withoutClosing(heading[1] ?? ''), lines: [] })
    else parts.at(-1)?.lines.push(line)
  }
  if (parts.length > 1) return parts.map((part) => ({ heading: part.heading, body: part.lines.join('\n') }))
  const proseLines = lines.filter((_line, at) => !isCode[at])
  const items = proseLines.flatMap((line) => /^\s{0,8}(?:[-*+]|\d{1,4}[.)])[ \t]+(.*)$/.exec(line)?.[1] ?? [])
  return items.length > 0
    ? items.map((item) => ({ heading: item, body: '' }))
    : [{ heading: '', body: lines.join('\n') }]
}

/** Without the number signs that may close a heading. */
function withoutClosing(heading: string): string {
  const trimmedHeading = heading.trimEnd()
  let end = trimmedHeading.length
  while (end > 0 && trimmedHeading.charAt(end - 1) === '#') end--
  // A number sign that touches a word is part of it, as in C#.
  if (end > 0 && !/[ \t]/.test(trimmedHeading.charAt(end - 1))) return trimmedHeading
  return trimmedHeading.slice(0, end).trimEnd()
}
