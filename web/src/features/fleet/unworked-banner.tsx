import type { FleetStatus } from '@muster/contract/dashboard/fleet'
import { TriangleAlert } from 'lucide-react'
import { plural, words } from '../../ui/format.ts'
import { Ago } from '../../ui/time.tsx'
import { Remedy } from './remedy.tsx'

/** Work waits and nobody is there to take it: says in which queue, since when, and the command that mends it. */
export function UnworkedBanner({ queues }: { readonly queues: FleetStatus['queues'] }) {
  const unworked = queues.filter(({ is_worked }) => !is_worked)
  if (unworked.length === 0) return null
  return (
    <div role="alert" className="flex flex-col gap-2 rounded-lg border border-bad bg-bad-soft p-4">
      {unworked.map(({ queue, depth, oldest_at, remedy }) => (
        <div key={queue} className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <TriangleAlert aria-hidden size={18} className="shrink-0 text-bad" />
          <p className="font-medium">
            Nobody works the {words(queue).toLowerCase()}: {plural(depth, 'item')} waiting
            {oldest_at !== undefined && (
              <>
                , the oldest since <Ago at={oldest_at} />
              </>
            )}
            .
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
