import { listKeys } from '@muster/contract/identity/operations'
import type { Actor } from '@muster/contract/platform/actors'
import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { client } from '../../api/client.ts'
import { usePermission, useSession } from '../../providers/session.tsx'
import { useAgentName } from './agent-names.ts'

const fresh_ms = 60_000
/** The key of the query for all names. */
export const key_names_query = 'names of keys'

/**
 * Says who somebody is. A record names a key or an agent by its id alone; the name of a key is known to whoever may read
 * keys, and one's own to everybody.
 */
export function useActorName(): (actor: Actor) => string {
  const { actor: own } = useSession()
  const isAllowed = usePermission()('keys:read').allowed
  const agentName = useAgentName()
  const { data: names } = useQuery({
    queryKey: [key_names_query],
    enabled: isAllowed,
    staleTime: fresh_ms,
    queryFn: async ({ signal }) => {
      const { items } = await client.call(listKeys, { query: { limit: 200 }, signal })
      return new Map<string, string>(items.map(({ id, name }) => [id, name]))
    },
  })
  return useCallback(
    ({ kind, id, name }) => {
      if (name !== undefined) return name
      if (id === own.id) return own.name
      if (kind === 'agent') return agentName(id)
      if (kind === 'system') return 'Muster'
      return names?.get(id) ?? `${kind} …${id.slice(-8)}`
    },
    [own, agentName, names],
  )
}
