import type { Artifact } from '@muster/contract/artifacts/artifacts'
import { listArtifacts } from '@muster/contract/artifacts/operations'
import { getGoalBundle } from '@muster/contract/planner/goals/goal.operations'
import { addressOf } from '@muster/sdk/request'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { useWindowed } from '../../components/lists/windows.ts'
import { Button, buttonClasses } from '../../ui/button.tsx'
import { TextInput } from '../../ui/field.tsx'
import { bytes, plural, words } from '../../ui/format.ts'
import { SidePanel } from '../../ui/overlays/dialog.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty, Failed, Loading } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { ArtifactView } from './artifact-view.tsx'

const columns: readonly Column<Artifact>[] = [
  {
    key: 'name',
    title: 'Name',
    width: 'minmax(10rem,2fr)',
    cell: ({ name }) => (
      <bdi className="font-medium" title={name}>
        {name}
      </bdi>
    ),
  },
  { key: 'type', title: 'Type', width: 'minmax(8rem,1fr)', wide_only: true, cell: ({ type }) => words(type) },
  {
    key: 'media',
    title: 'Content',
    width: 'minmax(8rem,1fr)',
    wide_only: true,
    cell: ({ media_type }) => <span className="text-soft">{media_type}</span>,
  },
  {
    key: 'size',
    title: 'Size',
    width: '5rem',
    align: 'right',
    wide_only: true,
    cell: ({ size_bytes }) => bytes(size_bytes),
  },
  {
    key: 'version',
    title: 'Version',
    width: '7rem',
    wide_only: true,
    cell: ({ version, human_edited }) => (
      <span>
        {version} {human_edited && <Tag tone="ask">Edited</Tag>}
      </span>
    ),
  },
  { key: 'at', title: 'Created', width: '6.5rem', align: 'right', cell: ({ created_at }) => <Ago at={created_at} /> },
]

/** Files that people gave and runs produced. */
export function ArtifactsPage() {
  const search = useSearch({ from: '/artifacts' })
  const navigate = useNavigate({ from: '/artifacts' })
  const { project, goal, type, q, artifact } = search
  const change = (more: Partial<typeof search>): void =>
    void navigate({ to: '/artifacts', search: (before) => ({ ...before, ...more }), replace: true })
  const rows = useWindowed<Artifact>(listArtifacts, {
    ...(project && { project_id: project }),
    ...(goal && { goal_id: goal }),
    ...(type && { type }),
    ...(q && { q }),
  })
  return (
    <>
      <PageHead title="Artifacts" facts="Input and output files, with their lineage" />
      <Panel flush label="Artifacts">
        <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
          <TextInput
            type="search"
            aria-label="Search artifacts"
            placeholder="Search artifacts"
            defaultValue={q ?? ''}
            className="max-w-56"
            onChange={({ target }) => change({ q: target.value || undefined })}
          />
          <TextInput
            aria-label="Type"
            placeholder="Type, e.g. user_input"
            defaultValue={type ?? ''}
            className="max-w-56"
            onChange={({ target }) => change({ type: target.value || undefined })}
          />
          {goal !== undefined && (
            <>
              <Button small onClick={() => change({ goal: undefined })}>
                Show all goals
              </Button>
              <a
                href={addressOf('', getGoalBundle, { params: { id: goal } })}
                download
                className={buttonClasses({ small: true })}
              >
                <Download aria-hidden size={13} /> Download all
              </a>
            </>
          )}
          <span role="status" className="ml-auto text-soft">
            {plural(rows.total, 'artifact')}
          </span>
        </div>
        {rows.error !== null && rows.total === 0 ? (
          <Failed error={rows.error} onRetry={rows.refetch} />
        ) : rows.is_loading ? (
          <Loading />
        ) : rows.total === 0 ? (
          <Empty title={q || type || goal ? 'No matching artifacts' : 'No artifacts yet'}>
            {q || type || goal
              ? 'Change or clear the filters.'
              : 'Files added to goals or produced by runs appear here.'}
          </Empty>
        ) : (
          <Table
            label="Artifacts"
            columns={columns}
            total={rows.total}
            rowAt={rows.rowAt}
            keyOf={({ id }) => id}
            onView={rows.onView}
            selected={artifact}
            onOpen={({ id }) => change({ artifact: id })}
            max_height="calc(100dvh - 15rem)"
          />
        )}
      </Panel>
      <SidePanel open={artifact !== undefined} onClose={() => change({ artifact: undefined })} title="Artifact">
        {artifact !== undefined && <ArtifactView key={artifact} id={artifact} />}
      </SidePanel>
    </>
  )
}
