import type { Permission } from '@muster/contract/permissions'
import { createContext, type ReactNode, use } from 'react'
import type { Session } from './session-query.ts'

const SessionContext = createContext<Session | null>(null)

export function SessionProvider({ session, children }: { readonly session: Session; readonly children: ReactNode }) {
  return <SessionContext value={session}>{children}</SessionContext>
}

export function useSession(): Session {
  const session = use(SessionContext)
  if (session === null) throw new Error('no SessionProvider above')
  return session
}

/** Says why the caller may not do what needs a permission; undefined where they may. */
export function useMay(): (permission: Permission) => string | undefined {
  const { permissions } = useSession()
  return (permission) => (permissions.includes(permission) ? undefined : `Your key lacks the permission ${permission}`)
}
