import type { RunConflict } from '@muster/contract/worker/run-details'
import { Empty } from '../../ui/states.tsx'
import { FieldDiff } from '../../ui/text/diff.tsx'
import { Ago } from '../../ui/time.tsx'

/** Commits of the task that were refused since something they had read moved, with what moved. */
export function RunConflicts({ conflicts }: { readonly conflicts: readonly RunConflict[] }) {
  if (conflicts.length === 0)
    return <Empty title="No conflicts">No commit of this task was rejected because of changed documents.</Empty>
  return (
    <ol className="divide-y divide-line">
      {conflicts.map(({ conflict_id, at, moved }) => (
        <li key={conflict_id} className="flex flex-col gap-3 p-4">
          <p className="font-medium">
            Rejected <Ago at={at} />
          </p>
          {moved.map(({ document, scope, read_version, version, changes, truncated }) => (
            <section key={`${scope} ${document}`} className="flex flex-col gap-1.5">
              <p className="flex flex-wrap items-baseline gap-x-3">
                <code className="font-mono text-[0.93rem] [overflow-wrap:anywhere]">{document}</code>
                <span className="text-soft">
                  {read_version === 0 ? 'Missing when read' : `Read at v${read_version}`}; v{version} at commit
                </span>
              </p>
              {changes === undefined ? (
                <p className="text-soft">Changes not available: a version was deleted, or your key lacks state:read.</p>
              ) : (
                <FieldDiff changes={changes} truncated={truncated === true} />
              )}
            </section>
          ))}
        </li>
      ))}
    </ol>
  )
}
