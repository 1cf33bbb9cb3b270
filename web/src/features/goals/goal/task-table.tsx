import type { GoalNode } from '@muster/contract/planner/goals/goal-graph'
import type { Edge } from '@muster/contract/planner/plans/plans'
import { taskStatuses } from '@muster/contract/planner/tasks/tasks'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Select } from '../../../ui/field.tsx'
import { plural, words } from '../../../ui/format.ts'
import { Empty } from '../../../ui/states.tsx'
import { Table } from '../../../ui/table.tsx'
import { inFamilies, sortTasks, taskSorts } from './sort-tasks.ts'
import { taskColumns } from './task-columns.tsx'

/** The tasks of a goal as a table: the same as the graph, for keyboards, screen readers and narrow pages. */
export function TaskTable(props: {
  readonly nodes: readonly GoalNode[]
  readonly edges: readonly Edge[]
  readonly selected: string | undefined
  readonly onOpen: (id: string) => void
}) {
  const { nodes, edges, selected, onOpen } = props
  const { only, sort, order = 'asc' } = useSearch({ from: '/goals/$goal_id' })
  const navigate = useNavigate({ from: '/goals/$goal_id' })
  const rows = useMemo(() => {
    const fitting = only === undefined ? nodes : nodes.filter(({ status }) => status === only)
    return sort === undefined ? inFamilies(fitting) : sortTasks(fitting, { by: sort, order })
  }, [nodes, only, sort, order])
  const columns = useMemo(() => taskColumns(nodes, edges), [nodes, edges])
  const present = taskStatuses.filter((status) => nodes.some((node) => node.status === status))
  return (
    <>
      <div className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-2">
        <Select
          aria-label="Status"
          value={only ?? ''}
          options={[['', 'Any status'], ...present.map((status) => [status, words(status)] as const)]}
          className="max-w-48"
          onChange={({ target }) =>
            void navigate({
              search: (before) => ({ ...before, only: taskStatuses.find((status) => status === target.value) }),
              replace: true,
              resetScroll: false,
            })
          }
        />
        <span role="status" className="ml-auto text-soft">
          {only === undefined ? plural(rows.length, 'task') : `${rows.length} of ${plural(nodes.length, 'task')}`}
        </span>
      </div>
      {rows.length === 0 ? (
        <Empty title="No matching tasks">No tasks are {words(only ?? '').toLowerCase()}.</Empty>
      ) : (
        <Table
          label="Tasks"
          columns={columns}
          total={rows.length}
          rowAt={(at) => rows[at]}
          keyOf={({ id }) => id}
          selected={selected}
          onOpen={({ id }) => onOpen(id)}
          sorting={sort === undefined ? undefined : { by: sort, order }}
          onSort={(next) =>
            void navigate({
              search: (before) => ({
                ...before,
                sort: taskSorts.find((one) => one === next.by),
                order: next.order,
              }),
              replace: true,
              resetScroll: false,
            })
          }
          max_height="max(24rem, calc(100dvh - 20rem))"
        />
      )}
    </>
  )
}
