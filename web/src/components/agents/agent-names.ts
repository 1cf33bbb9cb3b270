import { listAgents } from '@muster/contract/agents/operations'
import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { client } from '../../api/client.ts'

const fresh_ms = 300_000
/** The key of the query for all names. */
export const agent_names_query = 'names of agents'

/**
 * Gives names for the ids of agents. They hardly ever change, so unlike the lists of agents they are not asked again
 * whenever one of them does something.
 */
export function useAgentName(): (agent_id: string) => string {
  const { data: names } = useQuery({
    queryKey: [agent_names_query],
    staleTime: fresh_ms,
    queryFn: async ({ signal }) => {
      const { items } = await client.call(listAgents, { query: { limit: 200 }, signal })
      return new Map<string, string>(items.map(({ id, name }) => [id, name]))
    },
  })
  return useCallback((agent_id) => names?.get(agent_id) ?? `agent …${agent_id.slice(-8)}`, [names])
}
