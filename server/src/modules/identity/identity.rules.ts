import { createHash, randomBytes } from 'node:crypto'
import type { ApiKeyCreate, ModelLimits } from '@muster/contract/identity/keys'
import type { Permission } from '@muster/contract/permissions'
import { agentKeyGrants, agentPermissions } from '@muster/contract/permissions'
import { invalid, MusterError } from '../../platform/errors.ts'

const prefix = 'mk_'
const secret_bytes = 32

/** A new secret; its prefix lets scanners of leaked secrets recognise it. */
export function newKeySecret(): string {
  return prefix + randomBytes(secret_bytes).toString('base64url')
}

/** Whether a text can be a key at all; anything else needs no look into the database. */
export function isKeySecret(text: string): boolean {
  return /^mk_[A-Za-z0-9_-]{43}$/.test(text)
}

/** The stored hash of a key. A key has 256 random bits, so a plain hash is as good as a slow one. */
export function hashOfKey(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/**
 * The permissions of a new key: an agent's key may do that agent's work only. Either gives its holder at most what its
 * maker has (invariant 22).
 */
export function permissionsOfNewKey(
  maker: ReadonlySet<Permission>,
  request: { readonly agent_id?: string | undefined; readonly permissions?: readonly Permission[] | undefined },
): readonly Permission[] {
  if (request.agent_id !== undefined) {
    if (request.permissions !== undefined)
      throw invalid('permissions', 'An agent’s API key always has the agent’s permissions. Omit permissions.')
    refuseMissing(maker, agentKeyGrants)
    return agentPermissions
  }
  const permissions = request.permissions === undefined ? [...maker] : [...new Set(request.permissions)]
  refuseMissing(maker, permissions)
  return permissions
}

function refuseMissing(maker: ReadonlySet<Permission>, permissions: readonly Permission[]): void {
  const missingPermissions = permissions.filter((permission) => !maker.has(permission))
  if (missingPermissions.length === 0) return
  const permissionList = `${missingPermissions.length === 1 ? 'permission' : 'permissions'} ${missingPermissions.join(', ')}`
  throw new MusterError('forbidden', `Your API key cannot grant the ${permissionList}, which it does not have.`, {
    permission: missingPermissions[0],
    permissions: missingPermissions,
  })
}

/**
 * The permissions that nobody would have any more without a key, or that nobody could give to a new key any more.
 * `others` are what the other keys of people may do: an agent's key makes no keys.
 */
export function permissionsLostWith(
  key: { readonly agent_id: string | null; readonly permissions: readonly Permission[] },
  others: readonly (readonly Permission[])[],
): readonly Permission[] {
  if (key.agent_id !== null) return []
  const sets = others.map((permissions) => new Set(permissions))
  const makers = sets.filter((permissions) => permissions.has('keys:write'))
  const remaining = key.permissions.includes('keys:write') ? makers : sets
  return key.permissions.filter((permission) => !remaining.some((permissions) => permissions.has(permission)))
}

/** The rates of a key for calls of models; undefined: no limit. */
export function modelLimitsOf({ model_requests_per_minute, model_tokens_per_minute }: StoredModelLimits) {
  if (model_requests_per_minute === null && model_tokens_per_minute === null) return undefined
  return {
    requests_per_minute: model_requests_per_minute ?? undefined,
    tokens_per_minute: model_tokens_per_minute ?? undefined,
  }
}

interface StoredModelLimits {
  readonly model_requests_per_minute: number | null
  readonly model_tokens_per_minute: number | null
}

/** The same by name, as callers carry the limits of their credential. */
export function limitsOf({ model_requests_per_minute, model_tokens_per_minute }: StoredModelLimits) {
  return {
    ...(model_requests_per_minute !== null && { model_requests_per_minute }),
    ...(model_tokens_per_minute !== null && { model_tokens_per_minute }),
  }
}

/** The id under which people with a label are counted: no id of a key or an agent looks like it. */
export function personId(label: string): string {
  return `person:${label}`
}

/** The rates of a new key: at most its maker's, and the same where none are asked for. */
export function modelLimitsOfNewKey(
  maker: ModelLimits | undefined,
  request: Pick<ApiKeyCreate, 'model_requests_per_minute' | 'model_tokens_per_minute'>,
) {
  const within = (field: keyof typeof request, max: number | undefined): number | null => {
    const requestedLimit = request[field] ?? max
    if (requestedLimit !== undefined && max !== undefined && requestedLimit > max)
      throw invalid(
        field,
        `Your own API key is limited to ${max} per minute, so the new key cannot have ${requestedLimit}.`,
        requestedLimit,
      )
    return requestedLimit ?? null
  }
  return {
    model_requests_per_minute: within('model_requests_per_minute', maker?.requests_per_minute),
    model_tokens_per_minute: within('model_tokens_per_minute', maker?.tokens_per_minute),
  }
}
