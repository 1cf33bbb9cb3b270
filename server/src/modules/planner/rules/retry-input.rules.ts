/** Checks and applies another input for a retried task: pure. */
import { parseReference, referencesIn } from '@muster/contract/planner/plans/references'
import type { Json } from '@muster/contract/values'
import { MusterError } from '../../../platform/errors.ts'
import type { ClaimedTask } from '../planner.port.ts'
import { previous_word } from './repeat.rules.ts'
import type { RevisionEdge } from './revision.rules.ts'

export interface ChangedInput {
  readonly task: ClaimedTask
  readonly input: Json
}

interface Place {
  readonly task_id: string
  readonly key: string
  readonly parent_id: string | null
}

interface Around {
  readonly current: readonly Place[]
  readonly edges: readonly RevisionEdge[]
}

/**
 * The input may refer only to tasks that the task already depends on: a retry changes no edges. @throws plan_invalid
 */
export function checkInput(changedInput: ChangedInput, around: Around): void {
  const problem = problemOf(changedInput, around)
  if (problem === undefined) return
  throw new MusterError('plan_invalid', problem, {
    path: 'input',
    problem: 'reference',
    remedy: 'To add dependencies, replan the goal.',
  })
}

function problemOf({ task, input }: ChangedInput, { current, edges }: Around): string | undefined {
  const texts = referencesIn(input)
  if (texts.length === 0) return undefined
  // A child of a `for_each` task has no edges of its own: what its container waited for is there.
  const parent_id = current.find((one) => one.task_id === task.task_id)?.parent_id ?? null
  const from = new Set(
    edges.flatMap(({ from_id, to_id }) => (to_id === task.task_id || to_id === parent_id ? [from_id] : [])),
  )
  const keys = new Set(current.flatMap(({ task_id, key }) => (from.has(task_id) ? [key] : [])))
  const hasItems = task.spec.item !== undefined || task.spec.for_each !== undefined
  for (const text of texts) {
    const key = parseReference(text)?.key
    if (key === undefined) return `"${text}" is not a reference of the form key.output.name[0].`
    if (key === 'goal' || keys.has(key) || (key === previous_word && task.spec.repeat)) continue
    if (key !== 'item' && key !== 'index') return `"${text}" is from a task that "${task.key}" does not depend on.`
    if (!hasItems) return `"${text}" can only be used inside for_each.`
  }
  return undefined
}

/** The task with another input, where there is one. */
export function withInput(task: ClaimedTask, input: Json | undefined): ClaimedTask {
  if (input === undefined) return task
  const { refers: _, ...spec } = task.spec
  return { ...task, input, spec: { ...spec, ...(referencesIn(input).length > 0 && { refers: true as const }) } }
}

/** A plan's JSON text with the other input, so that the revision shows it. */
export function planWith(plan: string, changedInput: ChangedInput | undefined): string {
  if (changedInput === undefined) return plan
  const { tasks, ...rest } = JSON.parse(plan) as { tasks: { key: string; input: Json }[] }
  const { task, input } = changedInput
  return JSON.stringify({ ...rest, tasks: tasks.map((one) => (one.key === task.key ? { ...one, input } : one)) })
}
