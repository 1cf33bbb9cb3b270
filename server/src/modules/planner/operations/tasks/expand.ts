import { limits } from '@muster/contract/limits'
import { fieldOf } from '@muster/contract/platform/objects'
import { cutText } from '@muster/contract/texts/graphemes'
import type { Tx } from '../../../../platform/db/db.ts'
import type { Principal } from '../../../../platform/principal.ts'
import type { ClaimedTask, DoneTask, EndedTask } from '../../planner.port.ts'
import { expansionStore } from '../../store/expansion.store.ts'
import { type Consequence, plannerStore } from '../../store/planner.store.ts'
import { type Child, doneWith, type Expansion, failedBy, growChildren } from './children.ts'
import { InputMissing, outputsFor, resolveReference } from './inputs.ts'
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
): Promise<(DoneTask | EndedTask)[]> {
  const refs = consequences.flatMap(({ organization_id, task_id, what }) =>
    task_id === null ? [] : [{ organization_id, task_id, what }],
  )
  const tasks = new Map((await plannerStore.tasks(tx, refs)).map((task) => [task.task_id, task]))
  const endedTasks: (DoneTask | EndedTask)[] = []
  for (const { task_id, what } of refs) {
    const task = tasks.get(task_id)
    if (!task) continue
    const expansion = { task, actor }
    const end = what === 'join' ? await join(deps, tx, expansion) : await expand(deps, tx, expansion)
    if (end) endedTasks.push(end)
  }
  return endedTasks
}

async function expand(deps: SettleDeps, tx: Tx, expansion: Expansion): Promise<DoneTask | EndedTask | undefined> {
  const { task } = expansion
  if (task.spec.repeat !== undefined) {
    await firstRound(deps, tx, expansion)
    return undefined
  }
  let items: unknown
  try {
    items = resolveReference(task, task.spec.for_each?.$from ?? '', await outputsFor(tx, [task]))
  } catch (error) {
    if (error instanceof InputMissing) return failedBy(expansion, `input_missing: ${error.message}`)
    throw error
  }
  if (items === null) items = []
  const from = task.spec.for_each?.$from
  if (!Array.isArray(items)) return failedBy(expansion, `input_missing: "${from}" is not a list`)
  if (items.length > limits.plan_fan_out_max)
    return failedBy(expansion, `too_wide: "${from}" has ${items.length} items; the limit is ${limits.plan_fan_out_max}`)
  if (items.length === 0) return doneWith(expansion, '[]')
  await growChildren(deps, tx, { ...expansion, children: items.map((value, index) => childOf(task, value, index)) })
  return undefined
}

function childOf(task: ClaimedTask, value: unknown, index: number): Child {
  const { for_each: _, ...spec } = task.spec
  return {
    index,
    title: cutText(`${task.title}: ${labelOf(value, index)}`, limits.name_characters_max),
    input: JSON.stringify(task.input),
    spec: JSON.stringify({ ...spec, refers: true, item: { value, index } }),
  }
}

async function join(deps: SettleDeps, tx: Tx, expansion: Expansion): Promise<DoneTask | EndedTask | undefined> {
  if (expansion.task.spec.repeat !== undefined) return afterRound(deps, tx, expansion)
  const children = await expansionStore.children(tx, expansion.task)
  const output = `[${children.map((child) => child.output).join(',')}]`
  if (output.length <= limits.document_bytes_max) return doneWith(expansion, output)
  return failedBy(
    expansion,
    `too_large: its outputs have ${output.length} bytes in total; the limit is ${limits.document_bytes_max}`,
  )
}

/** The label of an item: its title or name where it has one, else its number. */
function labelOf(value: unknown, index: number): string {
  const label = [fieldOf(value, 'title'), fieldOf(value, 'name')].find(
    (one) => typeof one === 'string' && one.trim() !== '',
  )
  return typeof label === 'string' ? label : `[${index}]`
}
