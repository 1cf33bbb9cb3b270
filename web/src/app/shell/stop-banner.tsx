import { liftAgentStop } from '@muster/contract/agents/operations'
import { getFleetStatus } from '@muster/contract/dashboard/operations'
import type { ResponseOf } from '@muster/contract/operation'
import { liftOrganizationStop, liftProjectStop } from '@muster/contract/projects/operations'
import type { MusterError } from '@muster/sdk/errors'
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { OctagonX } from 'lucide-react'
import { useState } from 'react'
import { client } from '../../api/client.ts'
import { useEvents } from '../../api/live-context.tsx'
import { act, queryClient } from '../../api/query.ts'
import { useActorName } from '../../components/agents/actor-names.ts'
import { useScopeName } from '../../components/scope-names.ts'
import { usePermission } from '../../providers/session.tsx'
import { Button } from '../../ui/button.tsx'
import { toast, toastError } from '../../ui/overlays/toast.tsx'
import { Ago } from '../../ui/time.tsx'

type Stop = ResponseOf<typeof getFleetStatus>['stops'][number]

const lifts = { organization: liftOrganizationStop, project: liftProjectStop, agent: liftAgentStop } as const

/** Asked again when a stop is raised or lifted, and not whenever a task moves: it stands on every page. */
const stopsQuery = queryOptions<readonly Stop[], MusterError>({
  queryKey: ['stops'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }) => (await client.call(getFleetStatus, { signal })).stops,
})

/** Every emergency stop that holds stands above every page, with who raised it, why, and how it is lifted. */
export function StopBanner() {
  const queries = useQueryClient()
  const stops = useQuery(stopsQuery)
  useEvents(({ type }) => {
    if (type === 'stop.raised' || type === 'stop.lifted') void queries.invalidateQueries(stopsQuery)
  })
  if (stops.data === undefined || stops.data.length === 0) return null
  return (
    <div role="alert" className="flex flex-col divide-y divide-bad/30 border-b border-bad bg-bad-soft">
      {stops.data.map((stop) => (
        <StopLine key={stop.id} stop={stop} />
      ))}
    </div>
  )
}

function StopLine({ stop }: { readonly stop: Stop }) {
  const permission = usePermission()
  const actorName = useActorName()
  const scope = useScopeName()(stop.scope)
  const [busy, setBusy] = useState(false)
  const { kind, id } = stop.scope
  const lift = async (): Promise<void> => {
    setBusy(true)
    try {
      await act(lifts[kind], { params: { id } })
      toast(`Emergency stop lifted: ${scope}`)
      await queryClient.invalidateQueries()
    } catch (error) {
      toastError(error, 'Could not lift the emergency stop')
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="flex items-start gap-3 px-4 py-2 md:items-center md:px-6">
      <OctagonX aria-hidden size={18} className="mt-0.5 shrink-0 text-bad md:mt-0" />
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-1.5">
        <p className="min-w-0 flex-1 basis-52">
          <strong className="font-semibold">Emergency stop: {scope}.</strong>{' '}
          <span className="max-md:hidden">All work is stopped. </span>
          <span className="max-md:hidden">
            Started by {actorName(stop.raised_by)} <Ago at={stop.raised_at} />
            {stop.reason !== '' && ': '}
          </span>
          {stop.reason !== '' && <span className="max-md:line-clamp-1">“{stop.reason}”</span>}
        </p>
        <Button small busy={busy} disabledReason={permission('fleet:stop').reason} onClick={() => void lift()}>
          Lift stop
        </Button>
      </div>
    </div>
  )
}
