import type { Tx } from '../../../../platform/db/db.ts'
import { newId } from '../../../../platform/ids.ts'
import { sha256 } from '../../../../platform/journal/seal.ts'
import type { Principal } from '../../../../platform/principal.ts'
import type { ClaimedTask, DoneTask, EndedTask, ScopedTaskRef } from '../../planner.port.ts'
import type { NewTask } from '../../planner.types.ts'
import { expansionStore } from '../../store/expansion.store.ts'
import { goalStore } from '../../store/goal.store.ts'
import type { SettleDeps } from './settle.ts'

export interface Expansion {
  readonly task: ClaimedTask
  readonly actor: Principal
}

/** The fields in which a child differs from its parent task. */
export type Child = Pick<NewTask, 'title' | 'input' | 'spec'> & { readonly index: number }

/** Makes children of a task (`key[0]`, `key[1]`, …), each to be run; the task waits for them. */
export async function growChildren(
  deps: SettleDeps,
  tx: Tx,
  { task, actor, children }: Expansion & { readonly children: readonly Child[] },
): Promise<void> {
  const { organization_id, project_id, goal_id, task_id } = task
  const rows = children.map((child) => rowOf(task, child))
  await goalStore.insertTasks(tx, {
    organization_id,
    project_id,
    goal_id,
    revision: task.revision,
    created_by: JSON.stringify(task.created_by),
    tasks: rows,
    edges: rows.map(({ id }) => ({ from_id: id, to_id: task_id, on_failure: 'fail' })),
    queue: await expansionStore.grow(tx, task, rows.length),
  })
  deps.announce(tx)
  const subject = { type: 'task.ready' as const, actor, project_id, goal_id: goal_id ?? undefined }
  deps.journal.record(
    tx,
    organization_id,
    rows.map(({ id, key }) => ({ ...subject, task_id: id, data: { key } })),
  )
}

function rowOf(task: ClaimedTask, { index, ...differing }: Child): NewTask {
  const { capability, agent_id, priority, cost_micro_usd, tokens, timeout_ms, attempts_max } = task
  return {
    id: newId(),
    key: `${task.key}[${index}]`,
    capability,
    agent_id,
    priority,
    cost_micro_usd,
    tokens,
    timeout_ms,
    attempts_max,
    ...differing,
    step: 'run',
    waits_on: 0,
    parent_id: task.task_id,
    item_index: index,
    retry_of: null,
  }
}

/** The outcome of a parent task whose output comes from its children. */
export function doneWith({ task, actor }: Expansion, output: string): DoneTask {
  const output_sha256 = sha256(output).toString('hex')
  return { ...scopedTaskRef(task), to: 'done', run_id: null, actor, output, output_sha256 }
}

export function failedBy({ task, actor }: Expansion, reason: string): EndedTask {
  return { ...scopedTaskRef(task), to: 'failed', run_id: null, actor, reason }
}

function scopedTaskRef({ organization_id, task_id, project_id, goal_id }: ClaimedTask): ScopedTaskRef {
  return { organization_id, task_id, project_id, goal_id }
}
