import { listGoals } from '@muster/contract/planner/goals/goal.operations'
import { type Goal, goalLabel, goalSorts } from '@muster/contract/planner/goals/goals'
import { listProjects } from '@muster/contract/projects/operations'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Goal as GoalIcon, Plus } from 'lucide-react'
import { useMemo } from 'react'
import { useApi } from '../../../api/query.ts'
import { LinkButton } from '../../../components/link-button.tsx'
import { useWindowed } from '../../../components/lists/windows.ts'
import { TaskCounts } from '../../../components/tasks/task-counts.tsx'
import { useShortcuts } from '../../../providers/keys.tsx'
import { usePermission } from '../../../providers/session.tsx'
import { Button } from '../../../ui/button.tsx'
import { money, plural } from '../../../ui/format.ts'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Empty, Failed, Loading } from '../../../ui/states.tsx'
import { Status } from '../../../ui/status.tsx'
import { type Column, Table } from '../../../ui/table.tsx'
import { Ago } from '../../../ui/time.tsx'
import { GoalFilters } from './goal-filters.tsx'
import { goalQueryOf } from './goal-query.ts'

/** Every goal of the project that is looked at, newest first. */
export function GoalsPage() {
  const { project } = useSearch({ from: '__root__' })
  const search = useSearch({ from: '/goals' })
  const navigate = useNavigate()
  const sort = useNavigate({ from: '/goals' })
  const permission = usePermission()
  const query = goalQueryOf({ ...search, project })
  const goals = useWindowed<Goal>(listGoals, query)
  const columns = useColumns(project === undefined)
  const disabledReason = permission('goals:write').reason
  const state = (): void => void navigate({ to: '/goals/new' })
  useShortcuts([{ keys: 'n', does: 'New goal', group: 'Goals', run: () => disabledReason === undefined && state() }])
  const isFiltered = Object.keys(query).some((name) => !['project_id', 'sort', 'order'].includes(name))
  return (
    <>
      <PageHead
        title="Goals"
        facts={goals.is_loading ? 'Loading…' : plural(goals.total, isFiltered ? 'matching goal' : 'goal')}
        actions={<StateGoal disabledReason={disabledReason} />}
      />
      <Panel flush label="Goals">
        <GoalFilters />
        {goals.error !== null && goals.total === 0 ? (
          <Failed error={goals.error} onRetry={goals.refetch} />
        ) : goals.is_loading ? (
          <Loading lines={8} />
        ) : goals.total === 0 ? (
          <NoGoals isFiltered={isFiltered} disabledReason={disabledReason} />
        ) : (
          <Table
            label="Goals"
            columns={columns}
            total={goals.total}
            rowAt={goals.rowAt}
            keyOf={({ id }) => id}
            onView={goals.onView}
            onOpen={({ id }) => void navigate({ to: '/goals/$goal_id', params: { goal_id: id } })}
            sorting={{ by: search.sort ?? 'created', order: search.order ?? orderOf(search.sort) }}
            onSort={({ by, order }) =>
              void sort({
                search: (before) => ({ ...before, sort: goalSorts.find((one) => one === by), order }),
                replace: true,
              })
            }
            row_height={58}
            max_height="calc(100dvh - 15rem)"
          />
        )}
      </Panel>
    </>
  )
}

function orderOf(sort: string | undefined): 'asc' | 'desc' {
  return sort === 'title' || sort === 'status' ? 'asc' : 'desc'
}

function StateGoal({ disabledReason }: { readonly disabledReason: string | undefined }) {
  const icon = <Plus aria-hidden size={15} />
  if (disabledReason !== undefined) {
    return (
      <Button variant="primary" disabledReason={disabledReason} icon={icon}>
        New goal
      </Button>
    )
  }
  return (
    <LinkButton to="/goals/new" variant="primary" icon={icon}>
      New goal
    </LinkButton>
  )
}

function NoGoals({
  isFiltered,
  disabledReason,
}: {
  readonly isFiltered: boolean
  readonly disabledReason: string | undefined
}) {
  if (isFiltered) return <Empty title="No matching goals">Change or clear the filters.</Empty>
  return (
    <Empty
      title="No goals yet"
      icon={<GoalIcon aria-hidden size={28} strokeWidth={1.5} />}
      action={<StateGoal disabledReason={disabledReason} />}
    >
      Describe what you want done. Muster plans it as tasks, and agents do them. From a terminal:{' '}
      <code className="font-mono text-ink">npx muster goal run "Brief me on these" --input ./docs</code>
    </Empty>
  )
}

function useColumns(with_project: boolean): readonly Column<Goal>[] {
  const projects = useApi(listProjects, { query: { limit: 200 } })
  return useMemo(() => {
    const names = new Map(projects.data?.items.map(({ id, name }) => [id, name]))
    return [
      {
        key: 'title',
        title: 'Goal',
        width: 'minmax(9rem,3fr)',
        sort: 'title',
        cell: ({ number, title, project_id }) => (
          <>
            <span className="block truncate font-medium" title={title}>
              {title}
            </span>
            <span className="block truncate text-[0.93rem] text-faint">
              {goalLabel(number)}
              {with_project && ` · ${names.get(project_id) ?? `project …${project_id.slice(-8)}`}`}
            </span>
          </>
        ),
      },
      {
        key: 'status',
        title: 'Status',
        width: '10.5rem',
        sort: 'status',
        cell: ({ status, reason }) => (
          <span title={reason}>
            <Status state={status} />
          </span>
        ),
      },
      {
        key: 'tasks',
        title: 'Tasks done',
        width: '10rem',
        wide_only: true,
        cell: ({ counts }) => <TaskCounts counts={counts} />,
      },
      {
        key: 'spent',
        title: 'Spent',
        width: '6rem',
        align: 'right',
        wide_only: true,
        cell: ({ spent }) => money(spent.cost_micro_usd),
      },
      {
        key: 'created',
        title: 'Created',
        width: '6.5rem',
        sort: 'created',
        align: 'right',
        wide_only: true,
        cell: ({ created_at }) => <Ago at={created_at} />,
      },
      {
        key: 'ended',
        title: 'Ended',
        width: '6.5rem',
        sort: 'ended',
        align: 'right',
        wide_only: true,
        cell: ({ ended_at }) =>
          ended_at === undefined ? <span className="text-faint">–</span> : <Ago at={ended_at} />,
      },
    ]
  }, [projects.data, with_project])
}
