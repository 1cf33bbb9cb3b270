import { getHealthDetailed } from '@muster/contract/platform/operations'
import { useApi } from '../../api/query.ts'
import { useSession } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { bytes, duration, words } from '../../ui/format.ts'
import { QueryBoundary } from '../../ui/states.tsx'
import { Status } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'

/** What `muster doctor` asks the server: every part by itself, with its remedy. */
export function Health() {
  const { version } = useSession()
  const health = useApi(getHealthDetailed)
  return (
    <div className="p-4 md:p-6">
      <QueryBoundary of={health}>
        {({ status, started_at, at, components }) => (
          <>
            <div className="mb-4 flex flex-wrap items-center gap-3">
              <Status state={status} />
              <span className="text-soft">
                Muster {version}, up since <Ago at={started_at} />, database clock {clockWords(at)}
              </span>
              <Button small className="ml-auto" busy={health.isFetching} onClick={() => void health.refetch()}>
                Refresh
              </Button>
            </div>
            <ul className="divide-y divide-line rounded-md border border-line" aria-label="Components">
              {components.map(({ name, status: state, message, remedy, took_ms, facts }) => (
                <li key={name} className="grid gap-x-4 gap-y-1 px-4 py-2.5 md:grid-cols-[8rem_12rem_minmax(0,1fr)]">
                  <span>
                    <Status state={state} />
                  </span>
                  <span className="font-medium">{words(name)}</span>
                  <span className="min-w-0 text-soft [overflow-wrap:anywhere]">
                    {message}
                    {remedy !== undefined && <span className="block font-medium text-ink">{remedy}</span>}
                    <span className="block text-[0.93rem]">
                      {[...Object.entries(facts ?? {}).map(factWords), `response time ${Math.round(took_ms)} ms`].join(
                        ', ',
                      )}
                    </span>
                  </span>
                </li>
              ))}
            </ul>
            <p className="mt-3 text-soft">
              For ports, disk space and Node.js, run <code className="font-mono">npx muster doctor</code>.
            </p>
          </>
        )}
      </QueryBoundary>
    </div>
  )
}

/** `free_bytes: 83415822336` as people read it: free 83 GB. */
function factWords([name, value]: readonly [string, string | number | boolean]): string {
  if (typeof value === 'number' && name.endsWith('_bytes'))
    return `${name.slice(0, -6).replaceAll('_', ' ')} ${bytes(value)}`
  if (typeof value === 'number' && name.endsWith('_ms'))
    return `${name.slice(0, -3).replaceAll('_', ' ')} ${duration(value)}`
  return `${name.replaceAll('_', ' ')} ${String(value)}`
}

/** Leases and timers go by the database's time, so a clock that differs from this browser's is worth knowing. */
function clockWords(at: string): string {
  const off_ms = Date.parse(at) - Date.now()
  return Math.abs(off_ms) < 5_000
    ? 'in sync'
    : `${duration(Math.abs(off_ms))} ${off_ms < 0 ? 'behind' : 'ahead of'} this browser`
}
