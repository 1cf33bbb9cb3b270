import { z } from 'zod'
import { permissionsByModule } from './gathered/permissions.ts'

export type Permission = (typeof permissionsByModule)[keyof typeof permissionsByModule][number]

/** Everything a role may allow. The first key of an organization has all of them. */
export const permissions: readonly Permission[] = Object.values(permissionsByModule).flat()

/** What an operation asks of its caller: a permission, one of several, `any` valid key whatever it may do, or `none` at all. */
export type Access = Permission | readonly [Permission, ...Permission[]] | 'any' | 'none'

/** One of the permissions. */
export const permission = z.enum(permissions)

/** What a key that belongs to an agent may do; artifacts only within its own runs. */
export const agentPermissions = ['runs:work', 'artifacts:read', 'artifacts:write'] as const satisfies Permission[]

/** What an agent's key gives its holder in all: each run that it claims comes with a key for calls of models. */
export const agentKeyGrants = [...agentPermissions, 'models:use'] as const satisfies Permission[]
