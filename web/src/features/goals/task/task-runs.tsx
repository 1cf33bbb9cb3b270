import type { TaskCounters } from '@muster/contract/planner/tasks/tasks'
import type { RunItem } from '@muster/contract/worker/runs'
import { Link } from '@tanstack/react-router'
import { useAgentName } from '../../../components/agents/agent-names.ts'
import { plural } from '../../../ui/format.ts'
import { Empty } from '../../../ui/states.tsx'
import { Status } from '../../../ui/status.tsx'
import { Ago, Took } from '../../../ui/time.tsx'

/** Every try at a task, newest first, and how often each kind of setback came. */
export function TaskRuns({ runs, counters }: { readonly runs: readonly RunItem[]; readonly counters: TaskCounters }) {
  const agentName = useAgentName()
  if (runs.length === 0) return <Empty title="No attempts yet">A run starts when an agent claims the task.</Empty>
  const setbacks = [
    [counters.attempts, 'failure'],
    [counters.retries, 'time sent back'],
    [counters.leases_lost, 'lost lease'],
    [counters.conflicts, 'conflict'],
  ] as const
  const summary = setbacks
    .filter(([number]) => number > 0)
    .map(([number, noun]) => (noun === 'time sent back' ? `sent back ${number}×` : plural(number, noun)))
    .join(', ')
  return (
    <div>
      {summary !== '' && <p className="px-4 pt-3 text-soft">{summary}</p>}
      <ol className="divide-y divide-line">
        {runs.map(({ id, status, agent_id, started_at, ended_at, error }) => (
          <li key={id} className="flex flex-col gap-1 px-4 py-3">
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <Status state={status} />
              <span>
                <Took from={started_at} to={ended_at} />
              </span>
              {agent_id !== undefined && <span className="text-soft">{agentName(agent_id)}</span>}
              <span className="text-faint">
                <Ago at={started_at} />
              </span>
              <Link
                to="/runs/$run_id"
                params={{ run_id: id }}
                className="ml-auto inline-flex min-h-[24px] items-center text-accent underline-offset-2 hover:underline"
              >
                View run
              </Link>
            </p>
            {error !== undefined && (
              <p className="rounded-md bg-bad-soft px-2.5 py-1.5 [overflow-wrap:anywhere]">
                <code className="font-mono text-[0.93rem] text-bad">{error.code}</code> {error.message}
              </p>
            )}
          </li>
        ))}
      </ol>
    </div>
  )
}
