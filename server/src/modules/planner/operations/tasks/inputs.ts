import { parseReference, referencesIn, resolveReferences, valueAt } from '@muster/contract/planner/plans/references'
import type { Tx } from '../../../../platform/db/db.ts'
import type { ClaimedTask } from '../../planner.port.ts'
import { plannerStore, type WantedOutput } from '../../store/planner.store.ts'

/** A reference whose path does not exist, over an edge that does not continue. */
export class InputMissing extends Error {
  override readonly name = 'InputMissing'
}

/** Larger than every revision. */
const newest = 2_147_483_647

interface KnownOutput {
  readonly output: unknown
  readonly failed: boolean
}

/**
 * Resolves the references in the inputs of any number of tasks with one statement. Over an edge that continues after a
 * failure the value is null; where an output does not have the path, `missing` says so. `own_revision`: outputs
 * as of the tasks' own revisions.
 */
export async function resolveInputs<T extends ClaimedTask>(
  tx: Tx,
  tasks: readonly T[],
  when: 'now' | 'own_revision' = 'now',
): Promise<readonly (T & { readonly missing?: string })[]> {
  const outputs = await outputsFor(
    tx,
    tasks.filter((task) => task.spec.refers),
    when,
  )
  return tasks.map((task) => {
    if (!task.spec.refers) return task
    try {
      return { ...task, input: inputOf(task, outputs) }
    } catch (error) {
      if (!(error instanceof InputMissing)) throw error
      return { ...task, missing: error.message }
    }
  })
}

/** Loads the outputs that the tasks refer to; keys are `goal key`. */
export async function outputsFor(
  tx: Tx,
  tasks: readonly ClaimedTask[],
  when: 'now' | 'own_revision' = 'now',
): Promise<ReadonlyMap<string, KnownOutput>> {
  const wantedOutputs = new Map<string, WantedOutput>()
  for (const { organization_id, goal_id, revision, input, spec } of tasks) {
    if (goal_id === null) continue
    for (const text of referencesIn([input, spec.for_each ?? null])) {
      const key = parseReference(text)?.key
      if (key !== undefined && key !== 'item' && key !== 'index' && key !== 'goal')
        wantedOutputs.set(`${goal_id} ${key}`, {
          organization_id,
          goal_id,
          key,
          revision_max: when === 'now' ? newest : revision,
        })
    }
  }
  const rows = wantedOutputs.size === 0 ? [] : await plannerStore.outputs(tx, [...wantedOutputs.values()])
  const knownOutputs = new Map<string, KnownOutput>(
    rows.map((row) => [
      `${row.goal_id} ${row.key}`,
      { output: row.output === null ? undefined : JSON.parse(row.output), failed: row.status !== 'done' },
    ]),
  )
  const goals = tasks.filter(({ input, spec }) =>
    referencesIn([input, spec.for_each ?? null]).some((text) => text.startsWith('goal.')),
  )
  for (const { goal_id, artifacts } of goals.length === 0 ? [] : await plannerStore.goalArtifacts(tx, goals))
    knownOutputs.set(`${goal_id} goal`, { output: { artifacts }, failed: false })
  return knownOutputs
}

export function inputOf(task: ClaimedTask, outputs: ReadonlyMap<string, KnownOutput>): unknown {
  return resolveReferences(task.input, (text) => resolveReference(task, text, outputs))
}

/** The value of one reference. @throws InputMissing */
export function resolveReference(task: ClaimedTask, text: string, outputs: ReadonlyMap<string, KnownOutput>): unknown {
  const reference = parseReference(text)
  if (!reference) throw new InputMissing(`"${text}" is not a reference`)
  const { key, path } = reference
  const item = task.spec.item
  if (key === 'index' && item) return item.index
  const knownOutput =
    key === 'item' && item ? { output: item.value, failed: false } : outputs.get(`${task.goal_id} ${key}`)
  if (!knownOutput) throw new InputMissing(`"${text}" is not a task of this goal`)
  if (knownOutput.failed) return null
  const value = valueAt(knownOutput.output, path)
  if (value === undefined) throw new InputMissing(`"${text}" is not in the output of "${key}"`)
  return value
}
