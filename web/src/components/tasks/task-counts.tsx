import type { TaskCounts as Counts } from '@muster/contract/planner/goals/goals'
import { type TaskStatus, taskEnds, taskStatuses } from '@muster/contract/planner/tasks/tasks'
import { plural, words } from '../../ui/format.ts'
import type { Tone } from '../../ui/status.tsx'
import { toneOf } from '../../ui/status.tsx'

const fills: Readonly<Record<Tone, string>> = {
  good: 'bg-good',
  busy: 'bg-busy',
  ask: 'bg-ask',
  warn: 'bg-warn',
  bad: 'bg-bad',
  quiet: 'bg-line-strong',
}

/** What is over comes first, so the bar fills from the left. */
const inOrder: readonly TaskStatus[] = [
  ...taskEnds,
  ...taskStatuses.filter((status) => !taskEnds.some((end) => end === status)),
]

/** The tasks of a goal by state: a bar, how many are done, and the whole in words for whoever hovers or listens. */
export function TaskCounts({ counts, wide }: { readonly counts: Counts; readonly wide?: boolean }) {
  const total = taskStatuses.reduce((sum, status) => sum + counts[status], 0)
  if (total === 0) return <span className="text-faint">No tasks</span>
  const summary = inOrder
    .filter((status) => counts[status] > 0)
    .map((status) => `${counts[status]} ${words(status).toLowerCase()}`)
    .join(', ')
  return (
    <span className="flex items-center gap-2" title={summary}>
      <span
        aria-hidden
        className={`flex h-1.5 gap-px shrink-0 overflow-hidden rounded-full bg-sunken ${wide ? 'w-40' : 'w-20'}`}
      >
        {inOrder.map((status) => {
          const isWaiting = status === 'pending'
          if (counts[status] === 0 || isWaiting) return null
          return (
            <span
              key={status}
              className={fills[toneOf(status)]}
              style={{ width: `${(counts[status] / total) * 100}%` }}
            />
          )
        })}
      </span>
      <span aria-hidden className="tabular-nums">
        {counts.done} / {total}
      </span>
      <span className="sr-only">
        {plural(total, 'task')}: {summary}
      </span>
    </span>
  )
}
