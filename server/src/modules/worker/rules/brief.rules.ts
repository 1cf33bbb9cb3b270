/** Makes the brief of a run: pure. */
import { resultDocument } from '@muster/contract/planner/plans/references'
import type { PersonQuestion } from '@muster/contract/runtimes/questions'
import type { ReadInput } from '@muster/contract/state/documents'
import type { Brief } from '@muster/contract/worker/briefs'
import type { ClaimedTask } from '../../planner/planner.port.ts'
import type { DocumentRef, DocumentValue } from '../../state/state.port.ts'
import type { LiveRun } from '../worker.port.ts'

/**
 * The documents of a task's read set: its `reads`, and the targets of `set` and `merge`, each once; in a later revision
 * also its own earlier output, which the result replaces.
 */
export function documentsOf(task: ClaimedTask, agent_id: string): (DocumentRef & { readonly may_move: boolean })[] {
  const { reads, writes } = task.spec
  const replaces = writes === undefined && task.revision > 1 && task.goal_id !== null
  if (!reads && !writes && !replaces) return []
  const documents = new Map<string, DocumentRef & { readonly may_move: boolean }>()
  const add = ({
    scope,
    document,
    agent,
    may_move,
  }: {
    scope: 'project' | 'agent'
    document: string
    agent: string | undefined
    may_move: boolean
  }): void => {
    const scope_id = scope === 'agent' ? (agent ?? agent_id) : task.project_id
    const key = `${scope} ${scope_id} ${document}`
    const earlier = documents.get(key)
    documents.set(key, {
      organization_id: task.organization_id,
      scope,
      scope_id,
      document,
      may_move: may_move && (earlier?.may_move ?? true),
    })
  }
  for (const readInput of reads ?? []) {
    const { document, scope, agent_id: agent, may_move } = readOf(readInput)
    add({ scope: scope ?? 'project', document, agent, may_move: may_move ?? false })
  }
  for (const write of writes ?? [])
    if (write.op === 'set' || write.op === 'merge')
      add({ scope: write.scope, document: write.document, agent: write.agent_id, may_move: false })
  if (replaces) add({ scope: 'project', document: resultDocument(task), agent: undefined, may_move: false })
  return [...documents.values()]
}

const readOf = (readInput: ReadInput): Exclude<ReadInput, string> =>
  typeof readInput === 'string' ? { document: readInput } : readInput

export type BriefArtifact = Omit<Brief['artifacts'][number], 'artifact_id'> & { readonly artifact_id: string }
type Ids = 'run_id' | 'task_id' | 'project_id'
/** A brief whose ids are plain strings. */
type PlainBrief = Omit<Brief, Ids | 'goal_id' | 'artifacts'> &
  Readonly<Record<Ids, string>> & { readonly goal_id?: string; readonly artifacts: readonly BriefArtifact[] }

export function briefOf(
  run: LiveRun,
  task: ClaimedTask,
  {
    documents,
    artifacts,
    asked,
  }: {
    readonly documents: readonly DocumentValue[]
    readonly artifacts: readonly BriefArtifact[]
    readonly asked?: PersonQuestion | undefined
  },
): PlainBrief {
  return {
    run_id: run.run_id,
    task_id: run.task_id,
    ...(run.goal_id !== null && { goal_id: run.goal_id }),
    project_id: run.project_id,
    title: task.title,
    capability: task.capability,
    input: task.input,
    documents: documents.map(({ document, scope, version, value }) => ({
      document,
      scope,
      version,
      value,
    })),
    artifacts: artifacts.map(({ artifact_id, name, media_type, size_bytes, sha256 }) => ({
      artifact_id,
      name,
      media_type,
      size_bytes,
      sha256,
    })),
    feedback: task.feedback,
    ...(task.spec.output_schema && { output_schema: task.spec.output_schema }),
    ...(asked && { asked: { question: asked.question, answer: asked.answer, checkpoint: asked.checkpoint } }),
    deadline_at: run.deadline_at,
  }
}
