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

export interface PermissionCheck {
  readonly allowed: boolean
  /** Why not; undefined where it is allowed. */
  readonly reason: string | undefined
}

/** Says of a permission whether the caller has it, and why not. */
export function usePermission(): (permission: Permission) => PermissionCheck {
  const { permissions } = useSession()
  return (permission) =>
    permissions.includes(permission)
      ? { allowed: true, reason: undefined }
      : { allowed: false, reason: `Requires the ${permission} permission` }
}
