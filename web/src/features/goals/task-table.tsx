import type { Edge, GoalNode } from '@muster/contract/shapes/goals'
import { taskStatuses } from '@muster/contract/shapes/tasks'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Select } from '../../ui/field.tsx'
import { plural, reason, words } from '../../ui/format.ts'
import { Empty } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Took } from '../../ui/time.tsx'
import { ownTitle } from './graph/visible-graph.ts'
import { attemptsOf, inFamilies, sortTasks, taskSorts } from './sort-tasks.ts'

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
  const columns = useColumns(nodes, edges)
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
        <Empty title="No task fits">None of them is {words(only ?? '').toLowerCase()} now.</Empty>
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

function useColumns(nodes: readonly GoalNode[], edges: readonly Edge[]): readonly Column<GoalNode>[] {
  const titles = useMemo(() => new Map<string, string>(nodes.map(({ id, title }) => [id, title])), [nodes])
  const awaited = useMemo(() => {
    const keyOf = new Map<string, string>(nodes.map(({ id, key }) => [id, key]))
    const before = new Map<string, string[]>()
    for (const { from, to } of edges) {
      const key = keyOf.get(from)
      if (key !== undefined) before.set(to, [...(before.get(to) ?? []), key])
    }
    return before
  }, [nodes, edges])
  return useMemo(
    () => [
      {
        key: 'key',
        title: 'Key',
        width: 'minmax(5rem,1fr)',
        sort: 'key',
        wide_only: true,
        cell: ({ key }) => <code className="font-mono text-[0.93rem]">{key}</code>,
      },
      {
        key: 'title',
        title: 'Title',
        width: 'minmax(8rem,3fr)',
        sort: 'title',
        cell: ({ title, parent_id }) => (
          <span className="font-medium" title={title}>
            {parent_id !== undefined && <span className="text-faint">↳ </span>}
            {ownTitle(title, titles.get(parent_id ?? ''))}
          </span>
        ),
      },
      {
        key: 'status',
        title: 'Status',
        width: '9.5rem',
        sort: 'status',
        cell: ({ status, because }) => (
          <span title={because === undefined ? undefined : reason(because)}>
            <Status state={status} />
          </span>
        ),
      },
      {
        key: 'capability',
        title: 'Capability',
        width: 'minmax(6rem,1fr)',
        sort: 'capability',
        wide_only: true,
        cell: ({ capability }) => capability,
      },
      {
        key: 'depends',
        title: 'Waits for',
        width: 'minmax(6rem,1.2fr)',
        wide_only: true,
        cell: ({ id }) => {
          const keys = awaited.get(id) ?? []
          const text = keys.join(', ')
          return keys.length === 0 ? <span className="text-faint">nothing</span> : <span title={text}>{text}</span>
        },
      },
      {
        key: 'attempts',
        title: 'Attempts',
        width: '6rem',
        sort: 'attempts',
        align: 'right',
        wide_only: true,
        cell: ({ counters }) => {
          const { attempts, retries, leases_lost, conflicts } = counters
          const told = `${attempts} failed, ${retries} sent back, ${leases_lost} leases lost, ${conflicts} conflicts`
          return <span title={told}>{attemptsOf(counters)}</span>
        },
      },
      {
        key: 'duration',
        title: 'Took',
        width: '7rem',
        sort: 'duration',
        align: 'right',
        wide_only: true,
        cell: ({ started_at, ended_at }) =>
          started_at === undefined ? <span className="text-faint">–</span> : <Took from={started_at} to={ended_at} />,
      },
    ],
    [awaited, titles],
  )
}
