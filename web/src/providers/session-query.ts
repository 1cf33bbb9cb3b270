import { listEvents } from '@muster/contract/dashboard/operations'
import { getSession } from '@muster/contract/identity/operations'
import type { ResponseOf } from '@muster/contract/operation'
import type { MusterError } from '@muster/sdk/errors'
import { queryOptions } from '@tanstack/react-query'
import { client } from '../api/client.ts'

/** Who is here, and from which event on the live feed tells what is new. */
export type Session = ResponseOf<typeof getSession> & { readonly newest_event: number }

export const sessionQuery = queryOptions<Session, MusterError>({
  queryKey: [getSession.id],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async () => {
    const session = await client.call(getSession)
    if (!session.permissions.includes('journal:read')) return { ...session, newest_event: 0 }
    const { items } = await client.call(listEvents, { query: { order: 'newest', limit: 1 } })
    return { ...session, newest_event: items[0]?.number ?? 0 }
  },
})
