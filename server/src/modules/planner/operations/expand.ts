import { limits } from '@muster/contract/limits'
import type { Tx } from '../../../platform/db/db.ts'
import type { Principal } from '../../../platform/principal.ts'
import type { ClaimedTask, Done, Ended } from '../planner.port.ts'
import { expansionStore } from '../store/expansion.store.ts'
import { type Consequence, plannerStore } from '../store/planner.store.ts'
import { type Child, doneWith, failedBy, type Growing, growChildren } from './children.ts'
import { InputMissing, outputsFor, referred } from './inputs.ts'
import { afterRound, firstRound } from './repeat.ts'
import type { SettleDeps } from './settle.ts'

/**
 * Expands tasks whose dependencies have ended. `for_each`: the task gets one child for each item (`key[0]`, `key[1]`,
 * …) and waits for them; then its output is theirs in order. `repeat`: its children are its rounds. Returns the tasks
 * that ended by it.
 */
export async function expandTasks(
  deps: SettleDeps,
  tx: Tx,
  { tasks: consequences, actor }: { readonly tasks: readonly Consequence[]; readonly actor: Principal },
): Promise<(Done | Ended)[]> {
  const refs = consequences.flatMap(({ organization_id, task_id, what }) =>
    task_id === null ? [] : [{ organization_id, task_id, what }],
  )
  const tasks = new Map((await plannerStore.tasks(tx, refs)).map((task) => [task.task_id, task]))
  const ended: (Done | Ended)[] = []
  for (const { task_id, what } of refs) {
    const task = tasks.get(task_id)
    if (!task) continue
    const growing = { task, actor }
    const end = what === 'join' ? await join(deps, tx, growing) : await expand(deps, tx, growing)
    if (end) ended.push(end)
  }
  return ended
}

async function expand(deps: SettleDeps, tx: Tx, growing: Growing): Promise<Done | Ended | undefined> {
  const { task } = growing
  if (task.spec.repeat !== undefined) {
    await firstRound(deps, tx, growing)
    return undefined
  }
  let items: unknown
  try {
    items = referred(task, task.spec.for_each?.$from ?? '', await outputsFor(tx, [task]))
  } catch (error) {
    if (error instanceof InputMissing) return failedBy(growing, `input_missing: ${error.message}`)
    throw error
  }
  if (items === null) items = []
  const from = task.spec.for_each?.$from
  if (!Array.isArray(items)) return failedBy(growing, `input_missing: "${from}" is not a list`)
  if (items.length > limits.plan_fan_out_max)
    return failedBy(growing, `too_wide: "${from}" has ${items.length} items; the limit is ${limits.plan_fan_out_max}`)
  if (items.length === 0) return doneWith(growing, '[]')
  await growChildren(deps, tx, { ...growing, children: items.map((value, index) => childOf(task, value, index)) })
  return undefined
}

function childOf(task: ClaimedTask, value: unknown, index: number): Child {
  const { for_each: _, ...spec } = task.spec
  return {
    index,
    title: `${task.title}: ${labelOf(value, index)}`.slice(0, limits.name_characters_max),
    input: JSON.stringify(task.input),
    spec: JSON.stringify({ ...spec, refers: true, item: { value, index } }),
  }
}

async function join(deps: SettleDeps, tx: Tx, growing: Growing): Promise<Done | Ended | undefined> {
  if (growing.task.spec.repeat !== undefined) return afterRound(deps, tx, growing)
  const children = await expansionStore.children(tx, growing.task)
  const output = `[${children.map((child) => child.output).join(',')}]`
  if (output.length <= limits.document_bytes_max) return doneWith(growing, output)
  return failedBy(
    growing,
    `too_large: its outputs have ${output.length} bytes in total; the limit is ${limits.document_bytes_max}`,
  )
}

/** The label of an item: its title or name where it has one, else its number. */
function labelOf(value: unknown, index: number): string {
  const { title, name } = (typeof value === 'object' && value !== null ? value : {}) as {
    title?: unknown
    name?: unknown
  }
  const label = [title, name].find((one) => typeof one === 'string' && one.trim() !== '')
  return typeof label === 'string' ? label : `[${index}]`
}
