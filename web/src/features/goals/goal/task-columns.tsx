import type { GoalNode } from '@muster/contract/planner/goals/goal-graph'
import type { Edge } from '@muster/contract/planner/plans/plans'
import { reasonText } from '@muster/contract/platform/reason-text'

import { Status } from '../../../ui/status.tsx'
import type { Column } from '../../../ui/table.tsx'
import { Took } from '../../../ui/time.tsx'
import { ownTitle } from '../graph/visible-graph.ts'
import { attemptCount } from './sort-tasks.ts'

/** The columns of a goal's tasks. */
export function taskColumns(nodes: readonly GoalNode[], edges: readonly Edge[]): readonly Column<GoalNode>[] {
  return [...names(nodes), awaited(nodes, edges), ...figures]
}

function names(nodes: readonly GoalNode[]): readonly Column<GoalNode>[] {
  const titles = new Map<string, string>(nodes.map(({ id, title }) => [id, title]))
  return [
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
      cell: ({ status, reason }) => (
        <span title={reason === undefined ? undefined : reasonText(reason)}>
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
  ]
}

function awaited(nodes: readonly GoalNode[], edges: readonly Edge[]): Column<GoalNode> {
  const keyOf = new Map<string, string>(nodes.map(({ id, key }) => [id, key]))
  const before = new Map<string, string[]>()
  for (const { from, to } of edges) {
    const key = keyOf.get(from)
    const list = before.get(to)
    if (key === undefined) continue
    if (list) list.push(key)
    else before.set(to, [key])
  }
  return {
    key: 'depends',
    title: 'Depends on',
    width: 'minmax(6rem,1.2fr)',
    wide_only: true,
    cell: ({ id }) => {
      const text = (before.get(id) ?? []).join(', ')
      return text === '' ? <span className="text-faint">—</span> : <span title={text}>{text}</span>
    },
  }
}

const figures: readonly Column<GoalNode>[] = [
  {
    key: 'attempts',
    title: 'Attempts',
    width: '6rem',
    sort: 'attempts',
    align: 'right',
    wide_only: true,
    cell: (node) => {
      const { attempts, retries, leases_lost, conflicts } = node.counters
      const summary = `${attempts} failed, ${retries} sent back, ${leases_lost} leases lost, ${conflicts} conflicts`
      return <span title={summary}>{attemptCount(node)}</span>
    },
  },
  {
    key: 'duration',
    title: 'Duration',
    width: '7rem',
    sort: 'duration',
    align: 'right',
    wide_only: true,
    cell: ({ started_at, ended_at }) =>
      started_at === undefined ? <span className="text-faint">–</span> : <Took from={started_at} to={ended_at} />,
  },
]
