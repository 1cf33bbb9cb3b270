/** Makes the commit request of an accepted result: pure. */

import {
  isReference,
  parseOwnReference,
  referencesIn,
  resolveReferences,
  resultDocument,
  valueAt,
} from '@muster/contract/planner/plans/references'
import type { StateOperation } from '@muster/contract/state/documents'
import type { CommitRequest, ResolvedOperation } from '../../state/state.port.ts'
import type { RunResult } from '../../worker/worker.port.ts'

/** The read set that must be unmoved, and the task's operations, if it has any. */
export function commitRequestOf(result: RunResult): CommitRequest {
  const { run, task, completed_by } = result
  return {
    organization_id: run.organization_id,
    project_id: run.project_id,
    goal_id: run.goal_id,
    task_id: run.task_id,
    run_id: run.run_id,
    committed_by: completed_by,
    read_set: run.read_set,
    operations: operationsOf(result),
    ...(task.spec.writes === undefined && { operations: [ownDocument(result)] }),
  }
}

function operationsOf(result: RunResult): ResolvedOperation[] {
  return (result.task.spec.writes ?? []).map((write) => ({
    op: write.op,
    scope: write.scope,
    scope_id: write.scope === 'agent' ? (write.agent_id ?? result.run.agent_id) : result.run.project_id,
    document: write.document,
    path: write.path,
    value: writtenValue(write, result),
  }))
}

/** Without `writes` the output becomes a document of its own; in a later revision the document may exist. */
function ownDocument({ run, task, output }: RunResult): ResolvedOperation {
  const op = task.revision > 1 ? 'set' : 'create'
  return { op, scope: 'project', scope_id: run.project_id, document: resultDocument(task), path: '', value: output }
}

function writtenValue(write: StateOperation, result: RunResult): string {
  if (write.op === 'increment') return JSON.stringify(write.by ?? 1)
  const { value } = write
  if (isReference(value) && value.$from === 'output') return result.output
  if (referencesIn(value).length === 0) return JSON.stringify(value ?? null)
  return JSON.stringify(resolveReferences(value, (text) => resolveReference(text, result)) ?? null)
}

/** A reference to a missing path is null. */
function resolveReference(text: string, { value, task }: RunResult): unknown {
  const reference = parseOwnReference(text)
  if (!reference) return null
  const { item } = task.spec
  const roots = { output: value, item: item?.value, index: item?.index }
  return valueAt(roots[reference.word], reference.path) ?? null
}
