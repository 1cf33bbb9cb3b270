import { listProjects } from '@muster/contract/projects/operations'
import { useCallback } from 'react'
import { useApi } from '../api/query.ts'
import { useSession } from '../providers/session.tsx'
import { useAgentName } from './agents/agent-names.ts'

interface Scope {
  readonly kind: string
  readonly id: string
}

/** Says what a limit or a stop is about, by its name where it has one. */
export function useScopeName(): (scope: Scope) => string {
  const { organization } = useSession()
  const projects = useApi(listProjects, { query: { limit: 200 } })
  const agentName = useAgentName()
  const items = projects.data?.items
  return useCallback(
    ({ kind, id }) => {
      if (kind === 'organization') return organization.name
      if (kind === 'agent') return agentName(id)
      return items?.find((one) => one.id === id)?.name ?? `${kind} …${id.slice(-8)}`
    },
    [organization, agentName, items],
  )
}
