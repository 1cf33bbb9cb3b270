import { getArtifact, getArtifactContent, getArtifactLineage } from '@muster/contract/artifacts/operations'
import { addressOf } from '@muster/sdk/request'
import { Link } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { useApi } from '../../api/query.ts'
import { useActorName } from '../../components/agents/actor-names.ts'
import { Preview } from '../../components/artifacts/artifact-preview.tsx'
import { GoalLink, RunLink } from '../../components/related-links.tsx'
import { bytes, words } from '../../ui/format.ts'
import { Ident } from '../../ui/ident.tsx'
import { Facts } from '../../ui/panel.tsx'
import { QueryBoundary } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'

/** One artifact: what it holds, what it is, what it was made of and what was made of it. */
export function ArtifactView({ id }: { readonly id: string }) {
  const artifact = useApi(getArtifact, { params: { id } })
  const actorName = useActorName()
  return (
    <QueryBoundary of={artifact}>
      {(data) => (
        <div className="flex flex-col gap-5 p-4">
          <h2 className="text-[1.15rem] font-semibold [overflow-wrap:anywhere]">
            <bdi>{data.name}</bdi>
          </h2>
          <Preview artifact={data} />
          <a
            href={addressOf('', getArtifactContent, { params: { id } })}
            download={data.name.split('/').at(-1)}
            className="inline-flex min-h-9 items-center justify-center gap-2 rounded-md border border-line px-3 hover:bg-sunken"
          >
            <Download aria-hidden size={15} /> Download {bytes(data.size_bytes)}
          </a>
          <Facts
            items={[
              ['Type', words(data.type)],
              ['Content', data.media_type],
              [
                'Version',
                <span key="version">
                  {data.version} {data.human_edited && <Tag tone="ask">Edited by a person</Tag>}
                </span>,
              ],
              ['SHA-256', <Ident key="sha" id={data.sha256} label={`${data.sha256.slice(0, 16)}…`} />],
              ['ID', <Ident key="id" id={data.id} />],
              ['Created by', actorName(data.created_by)],
              ['Created', <Ago key="made" at={data.created_at} />],
              ...(data.goal_id === undefined
                ? []
                : [['Goal', <GoalLink key="goal" goal_id={data.goal_id} />] as const]),
              ...(data.run_id === undefined ? [] : [['Run', <RunLink key="run" run_id={data.run_id} />] as const]),
            ]}
          />
          <Lineage id={id} />
        </div>
      )}
    </QueryBoundary>
  )
}

const relations = {
  input: 'used by',
  version: 'replaced by',
  edit: 'edited into',
  source: 'source of',
} as const

function Lineage({ id }: { readonly id: string }) {
  const lineage = useApi(getArtifactLineage, { params: { id } })
  return (
    <section>
      <h3 className="mb-2 font-semibold">Lineage</h3>
      <QueryBoundary of={lineage}>
        {({ artifacts, edges }) => {
          if (edges.length === 0) return <p className="text-soft">No related artifacts.</p>
          const names = new Map(artifacts.map((one) => [one.id as string, one.name]))
          const link = (other: string) =>
            other === id ? (
              <strong>this artifact</strong>
            ) : (
              <Link
                from="/artifacts"
                to="/artifacts"
                search={(before) => ({ ...before, artifact: other })}
                className="text-accent underline underline-offset-2"
              >
                <bdi>{names.get(other) ?? `…${other.slice(-8)}`}</bdi>
              </Link>
            )
          return (
            <ul className="flex flex-col gap-1.5">
              {edges.map(({ parent_id, child_id, relation }) => (
                <li key={`${parent_id} ${child_id} ${relation}`} className="[overflow-wrap:anywhere]">
                  {link(parent_id)} {relations[relation]} {link(child_id)}
                </li>
              ))}
            </ul>
          )
        }}
      </QueryBoundary>
    </section>
  )
}
