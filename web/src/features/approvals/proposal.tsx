import type { Approval } from '@muster/contract/approvals/approvals'
import { listArtifacts } from '@muster/contract/artifacts/operations'
import {
  parseOwnReference,
  resolveReferences,
  resultDocument,
  valueAt,
} from '@muster/contract/planner/plans/references'
import { getTask } from '@muster/contract/planner/tasks/task.operations'
import type { Task } from '@muster/contract/planner/tasks/tasks'
import { getDocument } from '@muster/contract/state/operations'
import { Link } from '@tanstack/react-router'
import { useApi, useApiWhen } from '../../api/query.ts'
import { Preview } from '../../components/artifacts/artifact-preview.tsx'
import { atPointer, compareValues } from '../../components/compare.ts'
import { Content } from '../../components/content.tsx'
import { Tag } from '../../ui/status.tsx'
import { FieldDiff, WordDiff } from '../../ui/text/diff.tsx'

interface Change {
  readonly op: string
  readonly document: string
  readonly scope: 'project' | 'agent'
  readonly path: string
  readonly value: unknown
}

/** The thing itself: what would be written where, against what stands there now. */
export function Proposal({ approval }: { readonly approval: Approval }) {
  const { subject_kind, proposed, task_id } = approval
  const task = useApiWhen(subject_kind === 'result' && task_id !== undefined, getTask, {
    params: { id: task_id ?? '' },
  })
  if (subject_kind !== 'result') return <Content value={proposed} label="Subject" />
  const changes = task.data === undefined ? undefined : changesOf(task.data, proposed)
  const replacing = changes?.filter(({ op }) => op === 'set' || op === 'merge') ?? []
  return (
    <div className="flex flex-col gap-5">
      {replacing.map((change) => (
        <Replaced key={`${change.document} ${change.path}`} change={change} project_id={approval.project_id} />
      ))}
      {replacing.length === 0 && <Content value={proposed} label="Proposed result" />}
      {approval.run_id !== undefined && <Produced run_id={approval.run_id} />}
      {changes?.length === 0 && <p className="text-soft">Used by later tasks; no document saved</p>}
      {changes !== undefined && changes.length > 0 && (
        <p className="flex flex-wrap items-center gap-2 text-soft">
          Writes
          {changes.map(({ op, document, path, scope }) => (
            <span
              key={`${op} ${document} ${path}`}
              className="min-w-0 rounded-md bg-sunken px-1.5 py-px text-[0.86rem] [overflow-wrap:anywhere]"
            >
              {op}{' '}
              <code className="font-mono">
                {document}
                {path}
              </code>
              {scope === 'agent' && ' (agent document)'}
            </span>
          ))}
        </p>
      )}
    </div>
  )
}

/** The files that the run produced beside its result, each as it can be looked at. */
function Produced({ run_id }: { readonly run_id: string }) {
  const artifacts = useApi(listArtifacts, { query: { run_id, limit: 50 } })
  const items = artifacts.data?.items ?? []
  if (items.length === 0) return null
  return (
    <ul className="flex flex-col gap-4" aria-label="Files">
      {items.map((artifact) => (
        <li key={artifact.id} className="flex flex-col gap-2">
          <Link
            to="/artifacts"
            search={{ artifact: artifact.id }}
            className="font-medium underline-offset-2 hover:underline"
          >
            <bdi>{artifact.name}</bdi>
          </Link>
          <Preview artifact={artifact} />
        </li>
      ))}
    </ul>
  )
}

/** A document, or a part of it, that would be replaced: as a difference of words, or of fields. */
function Replaced({ change, project_id }: { readonly change: Change; readonly project_id: string }) {
  const { document, path, value, op } = change
  const now = useApiWhen(change.scope === 'project', getDocument, {
    params: { id: project_id, key: document },
    query: {},
  })
  const isNew = now.error?.status === 404
  const before = now.data === undefined ? undefined : atPointer(now.data.value, path)
  if (now.data === undefined && !isNew) return <Content value={value} />
  return (
    <section className="flex flex-col gap-2">
      <h3 className="flex flex-wrap items-center gap-2 font-medium">
        <Link
          to="/state"
          search={{ document, project: project_id }}
          className="font-mono text-[0.93rem] underline-offset-2 hover:underline"
        >
          {document}
          {path}
        </Link>
        {now.data === undefined ? <Tag tone="good">New</Tag> : <Tag>Compared with v{now.data.version}</Tag>}
      </h3>
      {isNew ? (
        <Content value={value} />
      ) : typeof before === 'string' && typeof value === 'string' ? (
        <WordDiff before={before} after={value} />
      ) : (
        <FieldDiff changes={compareValues(before, op === 'merge' ? mergePatch(before, value) : value)} />
      )}
    </section>
  )
}

/** What the commit would do, with the values that the result gives; the same rules as the server's. */
export function changesOf(task: Task, proposed: unknown): readonly Change[] {
  if (task.writes === undefined) {
    const document = resultDocument({ goal_id: task.goal_id ?? null, key: task.key ?? '', task_id: task.id })
    return [{ op: 'create', document, scope: 'project', path: '', value: proposed }]
  }
  const lookup = (reference: string): unknown => {
    const own = parseOwnReference(reference)
    return own?.word === 'output' ? valueAt(proposed, own.path) : { $from: reference }
  }
  return task.writes.map(({ op, document, scope, path, value, by }) => ({
    op,
    document,
    scope,
    path,
    value: op === 'increment' ? (by ?? 1) : resolveReferences(value, lookup),
  }))
}

/** RFC 7396. */
function mergePatch(before: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> =
    typeof before === 'object' && before !== null && !Array.isArray(before) ? { ...before } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}
