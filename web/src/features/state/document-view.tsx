import type { DocumentVersion } from '@muster/contract/state/documents'
import { getDocument, getDocumentDiff, getDocumentHistory } from '@muster/contract/state/operations'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { useApi } from '../../api/query.ts'
import { useActorName } from '../../components/agents/actor-names.ts'
import { Content } from '../../components/content.tsx'
import { More, useMore } from '../../components/lists/pages.tsx'
import { GoalLink, RunLink } from '../../components/related-links.tsx'
import { Button } from '../../ui/button.tsx'
import { Select } from '../../ui/field.tsx'
import { bytes } from '../../ui/format.ts'
import { Ident } from '../../ui/ident.tsx'
import { Loading, QueryBoundary } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { FieldDiff } from '../../ui/text/diff.tsx'
import { JsonView } from '../../ui/text/json-view.tsx'
import { Ago } from '../../ui/time.tsx'

interface Place {
  readonly project_id: string
  readonly document: string
}

/** One document: its value in a version, its versions, and the difference of two. */
export function DocumentView({ project_id, document }: Place) {
  const search = useSearch({ from: '/state' })
  const navigate = useNavigate({ from: '/state' })
  const change = (more: Partial<typeof search>): void =>
    void navigate({ to: '/state', search: (before) => ({ ...before, ...more }) })
  const tab = search.tab === 'versions' || search.tab === 'diff' || search.tab === 'json' ? search.tab : 'value'
  const place = { project_id, document }
  return (
    <article aria-label="Document" className="min-w-0 rounded-lg border border-line bg-surface">
      <header className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <Button
          variant="ghost"
          small
          className="lg:hidden"
          icon={<ArrowLeft aria-hidden size={14} />}
          onClick={() => change({ document: undefined })}
        >
          All documents
        </Button>
        <h2 className="min-w-0 flex-1 font-mono font-medium [overflow-wrap:anywhere]">{document}</h2>
        <Ident id={document} label="Copy key" name="Copy key" />
      </header>
      <Tabs
        value={tab}
        onChange={(next) => change({ tab: next === 'value' ? undefined : next })}
        tabs={[
          { value: 'value', label: 'Value', content: <Value {...place} version={search.version} /> },
          {
            value: 'versions',
            label: 'Versions',
            content: (
              <Versions
                {...place}
                onShow={(version) => change({ version, tab: undefined })}
                onDiff={(version) => change({ tab: 'diff', version, against: version - 1 })}
              />
            ),
          },
          {
            value: 'diff',
            label: 'Diff',
            content: <Difference {...place} from={search.against} to={search.version} />,
          },
          { value: 'json', label: 'JSON', content: <Value {...place} version={search.version} raw /> },
        ]}
      />
    </article>
  )
}

function Value({
  project_id,
  document,
  version,
  raw,
}: Place & { readonly version: number | undefined; readonly raw?: boolean }) {
  const answer = useApi(getDocument, {
    params: { id: project_id, key: document },
    query: version === undefined ? {} : { version },
  })
  return (
    <QueryBoundary of={answer}>
      {(data) => (
        <div className="flex flex-col gap-4 p-4 md:p-6">
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-soft">
            <Tag>v{data.version}</Tag>
            <span>
              Committed <Ago at={data.committed_at} />
            </span>
            <Ident id={data.commit_id} label={`Commit …${data.commit_id.slice(-8)}`} />
            <Ident id={data.sha256} label={`SHA-256 ${data.sha256.slice(0, 8)}…`} />
          </p>
          {raw ? (
            <JsonView value={data.value} label={`Value of ${document}`} />
          ) : (
            <Content value={data.value} label={`Value of ${document}`} />
          )}
        </div>
      )}
    </QueryBoundary>
  )
}

function Versions({
  project_id,
  document,
  onShow,
  onDiff,
}: Place & { readonly onShow: (version: number) => void; readonly onDiff: (version: number) => void }) {
  const history = useMore<DocumentVersion>(getDocumentHistory, { params: { id: project_id, key: document } })
  const actorName = useActorName()
  if (history.isPending) return <Loading />
  return (
    <>
      <ol className="divide-y divide-line">
        {history.items.map(({ version, committed_at, committed_by, size_bytes, goal_id, run_id }) => (
          <li key={version} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
            <span className="w-24 font-medium">v{version}</span>
            <span className="min-w-40 flex-1 text-soft">
              {actorName(committed_by)}, <Ago at={committed_at} />, {bytes(size_bytes)}
            </span>
            {goal_id !== undefined && <GoalLink goal_id={goal_id} />}
            {run_id !== undefined && <RunLink run_id={run_id} />}
            <Button small onClick={() => onShow(version)}>
              View<span className="sr-only"> v{version}</span>
            </Button>
            <Button small disabledReason={version === 1 && 'This is the first version'} onClick={() => onDiff(version)}>
              Compare with previous<span className="sr-only"> (v{version})</span>
            </Button>
          </li>
        ))}
      </ol>
      <More of={history} />
    </>
  )
}

function Difference({
  project_id,
  document,
  from,
  to,
}: Place & { readonly from: number | undefined; readonly to: number | undefined }) {
  const navigate = useNavigate({ from: '/state' })
  const history = useMore<DocumentVersion>(getDocumentHistory, { params: { id: project_id, key: document } })
  const diff = useApi(getDocumentDiff, {
    params: { id: project_id, key: document },
    query: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
  })
  const versions = history.items.map(({ version }): [string, string] => [String(version), `v${version}`])
  const choose = (more: { against?: number; version?: number }): void =>
    void navigate({ to: '/state', search: (before) => ({ ...before, ...more }) })
  return (
    <QueryBoundary of={diff}>
      {(data) => (
        <div className="flex flex-col gap-4 p-4 md:p-6">
          <p className="flex flex-wrap items-center gap-2">
            Compare{' '}
            <Select
              aria-label="From version"
              className="max-w-40"
              value={data.from}
              options={[['0', 'Empty'], ...versions]}
              onChange={({ target }) => choose({ against: Number(target.value) })}
            />
            with{' '}
            <Select
              aria-label="To version"
              className="max-w-40"
              value={data.to}
              options={versions}
              onChange={({ target }) => choose({ version: Number(target.value) })}
            />
          </p>
          <FieldDiff changes={data.changes} truncated={data.truncated} />
        </div>
      )}
    </QueryBoundary>
  )
}
