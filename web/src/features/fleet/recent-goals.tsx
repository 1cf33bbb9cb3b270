import { listGoals } from '@muster/contract/planner/goals/goal.operations'
import { goalLabel } from '@muster/contract/planner/goals/goals'
import { Link, useSearch } from '@tanstack/react-router'
import { useApi } from '../../api/query.ts'
import { NewGoalLink } from '../../components/new-goal-link.tsx'
import { TaskCounts } from '../../components/tasks/task-counts.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Empty, QueryBoundary } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'

const goals_max = 6

/** The newest goals, and how far they are. */
export function RecentGoals() {
  const { project } = useSearch({ from: '__root__' })
  const goals = useApi(listGoals, { query: { limit: goals_max, ...(project && { project_id: project }) } })
  return (
    <Panel
      title="Recent goals"
      flush
      actions={
        <Link to="/goals" className="text-accent underline-offset-2 hover:underline">
          All goals
        </Link>
      }
    >
      <QueryBoundary of={goals}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No goals yet" action={<NewGoalLink />}>
              A goal is planned as tasks, worked on by agents and reviewed.
            </Empty>
          ) : (
            <ul className="divide-y divide-line">
              {items.map(({ id, number, title, status, counts, created_at }) => (
                <li key={id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
                  <Link
                    to="/goals/$goal_id"
                    params={{ goal_id: id }}
                    className="min-w-40 flex-1 truncate font-medium underline-offset-2 hover:underline"
                    title={title}
                  >
                    <span className="mr-2 font-mono text-[0.93rem] font-normal text-faint">{goalLabel(number)}</span>
                    {title}
                  </Link>
                  <Status state={status} />
                  <TaskCounts counts={counts} />
                  <Ago at={created_at} className="w-24 text-right text-soft max-sm:hidden" />
                </li>
              ))}
            </ul>
          )
        }
      </QueryBoundary>
    </Panel>
  )
}
