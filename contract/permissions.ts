import { z } from 'zod'

/** Everything a role may allow. The first key of an organization has all of them. */
export const permissions = [
  'projects:read',
  'projects:write',
  'goals:read',
  'goals:write',
  'tasks:read',
  'tasks:write',
  'approvals:read',
  'approvals:write',
  'approvals:decide',
  'state:read',
  'state:write',
  'artifacts:read',
  'artifacts:write',
  'agents:read',
  'agents:write',
  'budgets:read',
  'budgets:write',
  'models:use',
  'models:read',
  'models:write',
  'policy:read',
  'policy:write',
  'keys:read',
  'keys:write',
  'runs:work',
  'verdicts:write',
  'journal:read',
  'fleet:stop',
  'instance:operate',
] as const

export type Permission = (typeof permissions)[number]

/** What an operation asks of its caller: a permission, `any` valid key whatever it may do, or `none` at all. */
export type Access = Permission | 'any' | 'none'

export const permission = z.enum(permissions)

/** What a key that belongs to an agent may do; artifacts only within its own runs. */
export const agentPermissions = ['runs:work', 'artifacts:read', 'artifacts:write'] as const satisfies Permission[]

/** What an agent's key gives its holder in all: each run that it claims comes with a key for calls of models. */
export const agentKeyGrants = [...agentPermissions, 'models:use'] as const satisfies Permission[]
