import { limits } from '@muster/contract/limits'
import type { Tx } from '../../../platform/db/db.ts'
import { newId } from '../../../platform/ids.ts'
import type { Actor } from '../../../platform/journal/events.ts'
import { sha256 } from '../../../platform/journal/seal.ts'
import type { ClaimedTask, Done, Ended, PlacedRef } from '../planner.port.ts'
import type { NewTask } from '../planner.types.ts'
import { expansionStore } from '../store/expansion.store.ts'
import { goalStore } from '../store/goal.store.ts'
import { type Consequence, plannerStore } from '../store/planner.store.ts'
import { InputMissing, outputsFor, referred } from './inputs.ts'
import type { SettleParts } from './settle.ts'

/**
 * `for_each`: when nothing is waited for any more, the task gets one child an item (`key[0]`, `key[1]`, …) and then
 * waits for these; when they are done its output is theirs in order. Returns the tasks that ended by it.
 */
export async function expandTasks(
  parts: SettleParts,
  tx: Tx,
  { tasks: consequences, actor }: { readonly tasks: readonly Consequence[]; readonly actor: Actor },
): Promise<(Done | Ended)[]> {
  const refs = consequences.flatMap(({ organization_id, task_id, what }) =>
    task_id === null ? [] : [{ organization_id, task_id, what }],
  )
  const tasks = new Map((await plannerStore.tasks(tx, refs)).map((task) => [task.task_id, task]))
  const ended: (Done | Ended)[] = []
  for (const { task_id, what } of refs) {
    const task = tasks.get(task_id)
    if (!task) continue
    const end = what === 'join' ? await join(tx, task, actor) : await expand(parts, tx, { task, actor })
    if (end) ended.push(end)
  }
  return ended
}

async function expand(
  parts: SettleParts,
  tx: Tx,
  { task, actor }: { task: ClaimedTask; actor: Actor },
): Promise<Done | Ended | undefined> {
  const { organization_id, task_id, spec } = task
  const fail = (because: string): Ended => ({ ...placeOf(task), to: 'failed', run_id: null, actor, because })
  let items: unknown
  try {
    items = referred(task, spec.for_each?.$from ?? '', await outputsFor(tx, [task]))
  } catch (error) {
    if (error instanceof InputMissing) return fail(`input_missing: ${error.message}`)
    throw error
  }
  if (items === null) items = []
  if (!Array.isArray(items)) return fail(`input_missing: "${spec.for_each?.$from}" is not a list`)
  if (items.length > limits.plan_fan_out_max)
    return fail(
      `too_wide: "${spec.for_each?.$from}" has ${items.length} items; the limit is ${limits.plan_fan_out_max}`,
    )
  if (items.length === 0) return done(task, '[]', actor)
  const children = items.map((value, index) => childOf(task, value, index))
  await goalStore.graft(tx, {
    organization_id,
    project_id: task.project_id,
    goal_id: task.goal_id,
    revision: task.revision,
    created_by: JSON.stringify(task.created_by),
    tasks: children,
    edges: children.map((child) => ({ from_id: child.id, to_id: task_id, on_failure: 'fail' })),
    queue: await expansionStore.grow(tx, task, children.length),
  })
  parts.announce(tx)
  parts.journal.record(
    tx,
    organization_id,
    children.map((child) => ({
      type: 'task.ready',
      actor,
      project_id: task.project_id,
      goal_id: task.goal_id ?? undefined,
      task_id: child.id,
      data: { key: child.key },
    })),
  )
  return undefined
}

function childOf(task: ClaimedTask, value: unknown, index: number): NewTask {
  const { for_each: _, ...spec } = task.spec
  return {
    id: newId(),
    key: `${task.key}[${index}]`,
    title: `${task.title}: ${labelOf(value, index)}`.slice(0, limits.name_characters_max),
    capability: task.capability,
    agent_id: task.agent_id,
    priority: task.priority,
    cost_micro_usd: task.cost_micro_usd,
    tokens: task.tokens,
    timeout_ms: task.timeout_ms,
    attempts_max: task.attempts_max,
    input: JSON.stringify(task.input),
    spec: JSON.stringify({ ...spec, refers: true, item: { value, index } }),
    step: 'run',
    waits_on: 0,
    parent_id: task.task_id,
    item_index: index,
    retry_of: null,
  }
}

async function join(tx: Tx, task: ClaimedTask, actor: Actor): Promise<Done | Ended> {
  const output = `[${(await expansionStore.childOutputs(tx, task)).join(',')}]`
  if (output.length <= limits.document_bytes_max) return done(task, output, actor)
  const because = `too_large: the outputs of its ${limits.document_bytes_max}-byte limit were passed by ${output.length} bytes together`
  return { ...placeOf(task), to: 'failed', run_id: null, actor, because }
}

function done(task: ClaimedTask, output: string, actor: Actor): Done {
  return { ...placeOf(task), to: 'done', run_id: null, actor, output, output_sha256: sha256(output).toString('hex') }
}

function placeOf({ organization_id, task_id, project_id, goal_id }: ClaimedTask): PlacedRef {
  return { organization_id, task_id, project_id, goal_id }
}

/** What people call an item: its title or name where it has one, else its place. */
function labelOf(value: unknown, index: number): string {
  const { title, name } = (typeof value === 'object' && value !== null ? value : {}) as {
    title?: unknown
    name?: unknown
  }
  const label = [title, name].find((one) => typeof one === 'string' && one.trim() !== '')
  return typeof label === 'string' ? label : `[${index}]`
}
