import { type Task, taskEnds } from '@muster/contract/planner/tasks/tasks'
import { getTaskWhy } from '@muster/contract/worker/operations'
import type { Why } from '@muster/contract/worker/task-why'
import { Link } from '@tanstack/react-router'
import { useApiWhen } from '../../../api/query.ts'
import { cx } from '../../../ui/cx.ts'
import { words } from '../../../ui/format.ts'
import { Ago } from '../../../ui/time.tsx'

/** Why a task is not running, and what would change that; nothing where it runs or has ended. */
export function TaskWhy({ task }: { readonly task: Task }) {
  const isMoving = task.status === 'running' || taskEnds.some((end) => end === task.status)
  const why = useApiWhen(!isMoving, getTaskWhy, { params: { id: task.id } })
  const blocks = why.data?.task_id === task.id ? why.data.blocked_by : []
  if (isMoving || blocks.length === 0) return null
  return (
    <section aria-label="Why this task is not running" className="rounded-md border border-line bg-sunken px-3 py-2.5">
      <h3 className="mb-1 font-semibold">Why this task is not running</h3>
      <ul className="flex flex-col gap-1.5">
        {blocks.map((block, at) => (
          <li key={at} className="[overflow-wrap:anywhere]">
            <span className="font-medium">{words(block.reason)}</span>
            {block.until !== undefined && (
              <>
                {block.reason === 'approval' ? ', due ' : ', '}
                <Ago at={block.until} />
              </>
            )}
            <span className={cx('block text-soft', block.remedy.startsWith('npx ') && 'font-mono text-[0.93rem]')}>
              {block.remedy}
            </span>
            <WayOn block={block} task={task} />
          </li>
        ))}
      </ul>
    </section>
  )
}

const linked = 'inline-flex min-h-[24px] items-center text-accent underline-offset-2 hover:underline'

function WayOn({ block, task }: { readonly block: Why['blocked_by'][number]; readonly task: Task }) {
  const { reason, subject_id } = block
  if (subject_id === undefined) return null
  if (reason === 'approval') {
    return (
      <Link to="/approvals" search={{ item: subject_id }} className={linked}>
        Review
      </Link>
    )
  }
  if (reason === 'dependency' && task.goal_id !== undefined) {
    return (
      <Link
        to="/goals/$goal_id"
        params={{ goal_id: task.goal_id }}
        search={(before) => ({ view: before.view, task: subject_id })}
        className={linked}
      >
        View task
      </Link>
    )
  }
  return null
}
