import type { FleetStatus } from '@muster/contract/shapes/dashboard'
import { TriangleAlert } from 'lucide-react'
import { plural, words } from '../../ui/format.ts'
import { Ident } from '../../ui/ident.tsx'
import { Ago } from '../../ui/time.tsx'

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
            <p className="flex items-center gap-1">
              <code className="font-mono [overflow-wrap:anywhere]">{remedy}</code>
              <Ident id={remedy} label="copy" className="text-soft" />
            </p>
          )}
        </div>
      ))}
    </div>
  )
}
