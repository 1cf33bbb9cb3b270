import { getDocumentDiff } from '@muster/contract/state/operations'
import type { RunDetail } from '@muster/contract/worker/run-details'
import { Link } from '@tanstack/react-router'
import { useApi } from '../../api/query.ts'
import { Empty, QueryBoundary } from '../../ui/states.tsx'
import { FieldDiff } from '../../ui/text/diff.tsx'
import { Ago } from '../../ui/time.tsx'

const linked = 'font-mono text-[0.93rem] text-accent underline-offset-2 [overflow-wrap:anywhere] hover:underline'

/** State before and after: what the accepted result of this run changed, document by document. */
export function RunState({ run: { commit, project_id, status, approvals } }: { readonly run: RunDetail }) {
  if (commit === undefined) {
    return (
      <Empty title="No commit">
        {status === 'live'
          ? 'The run has not ended.'
          : approvals.length > 0
            ? 'The result is waiting for approval or was rejected.'
            : 'The result was not accepted, or there is none.'}
      </Empty>
    )
  }
  if (commit.documents.length === 0) {
    return (
      <Empty title="No documents changed">
        Accepted <Ago at={commit.at} />. This task does not write to state.
      </Empty>
    )
  }
  return (
    <ul className="divide-y divide-line">
      {commit.documents.map((change) => (
        <li key={`${change.scope} ${change.document}`} className="flex flex-col gap-2 p-4">
          <p className="flex flex-wrap items-baseline gap-x-3">
            {change.scope === 'project' ? (
              <Link
                to="/state"
                search={{ project: project_id, document: change.document, version: change.to_version }}
                className={linked}
              >
                {change.document}
              </Link>
            ) : (
              <code className="font-mono text-[0.93rem]">{change.document}</code>
            )}
            <span className="text-soft">
              {change.from_version === 0 ? 'Created' : `v${change.from_version} → v${change.to_version}`}
            </span>
          </p>
          {change.scope === 'project' ? (
            <Changes project_id={project_id} {...change} />
          ) : (
            <p className="text-soft">Agent document</p>
          )}
        </li>
      ))}
    </ul>
  )
}

function Changes(props: {
  readonly project_id: string
  readonly document: string
  readonly from_version: number
  readonly to_version: number
}) {
  const { project_id, document, from_version, to_version } = props
  const diff = useApi(getDocumentDiff, {
    params: { id: project_id, key: document },
    query: { from: from_version, to: to_version },
  })
  return (
    <QueryBoundary of={diff}>
      {({ changes, truncated }) => <FieldDiff changes={changes} truncated={truncated} />}
    </QueryBoundary>
  )
}
