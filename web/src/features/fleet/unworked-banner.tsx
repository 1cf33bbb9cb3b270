import type { FleetStatus } from '@muster/contract/dashboard/fleet'
import { TriangleAlert } from 'lucide-react'
import { plural } from '../../ui/format.ts'
import { Ago } from '../../ui/time.tsx'
import { Remedy } from './remedy.tsx'

type Queue = FleetStatus['queues'][number]['queue']

/** For example: No agent online for 1 task. */
function nobodyFor(queue: Queue, depth: number): string {
  if (queue === 'task_queue') return `No agent online for ${plural(depth, 'task')}`
  if (queue === 'review_queue') return `No judge running for ${plural(depth, 'result')}`
  return `No reviewer for ${plural(depth, 'approval')}`
}

/** Work that nothing takes: which, since when, and the command that changes it. */
export function UnworkedBanner({ queues }: { readonly queues: FleetStatus['queues'] }) {
  const unworked = queues.filter(({ is_worked }) => !is_worked)
  if (unworked.length === 0) return null
  return (
    <div role="alert" className="flex flex-col gap-2 rounded-lg border border-bad bg-bad-soft p-4">
      {unworked.map(({ queue, depth, oldest_at, remedy }) => (
        <div key={queue} className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <TriangleAlert aria-hidden size={18} className="shrink-0 text-bad" />
          <p className="font-medium">
            {nobodyFor(queue, depth)}
            {oldest_at !== undefined && (
              <>
                , oldest <Ago at={oldest_at} />
              </>
            )}
          </p>
          {remedy !== undefined && (
            <p>
              <Remedy text={remedy} />
            </p>
          )}
        </div>
      ))}
    </div>
  )
}
