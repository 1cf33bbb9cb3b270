import { listGoalTasks } from '@muster/contract/planner/goals/goal.operations'
import type { Goal } from '@muster/contract/planner/goals/goals'
import { Link } from '@tanstack/react-router'
import { FileCheck2 } from 'lucide-react'
import { useApiWhen } from '../../../api/query.ts'
import { Panel } from '../../../ui/panel.tsx'
import { Ago } from '../../../ui/time.tsx'

const leaves_max = 50

/** What the goal made: the documents that its last tasks committed. */
export function GoalResults({ goal }: { readonly goal: Goal }) {
  const query = { leaf: true, status: 'done', limit: leaves_max } as const
  const leaves = useApiWhen(goal.counts.done > 0, listGoalTasks, { params: { id: goal.id }, query })
  const results = (leaves.data?.items ?? []).flatMap(({ title, ended_at, committed }) =>
    (committed?.documents ?? [])
      .filter(({ scope }) => scope === 'project')
      .map(({ document, version }) => ({ title, ended_at, document, version })),
  )
  if (results.length === 0) return null
  return (
    <Panel flush title={results.length > 1 ? `Results (${results.length})` : 'Result'}>
      <ul className="max-h-40 divide-y divide-line overflow-auto">
        {results.map(({ document, version, title, ended_at }) => (
          <li key={`${document} ${version}`} className="flex flex-wrap items-center gap-x-3 gap-y-0.5 px-4 py-2">
            <FileCheck2 aria-hidden size={16} className="shrink-0 text-good" />
            <Link
              to="/state"
              search={{ project: goal.project_id, document, version }}
              className="min-w-0 font-medium text-accent underline-offset-2 [overflow-wrap:anywhere] hover:underline"
            >
              {shortKey(document, goal.id)}
            </Link>
            <span className="text-soft">
              v{version} · from “{title}”
              {ended_at !== undefined && (
                <>
                  {' '}
                  <Ago at={ended_at} />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

/** The id of the goal in a document's key says nothing here. */
function shortKey(document: string, goal_id: string): string {
  return document.replace(`goals/${goal_id}/`, '')
}
