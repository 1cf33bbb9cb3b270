import { createHash, randomBytes } from 'node:crypto'
import type { ApiKeyCreate, ModelLimits } from '@muster/contract/identity/keys'
import type { Permission } from '@muster/contract/permissions'
import { agentKeyGrants, agentPermissions } from '@muster/contract/permissions'
import { invalid, MusterError } from '../../platform/errors.ts'

const prefix = 'mk_'
const secret_bytes = 32

/** A new secret: the prefix lets scanners of leaked secrets know it. */
export function newKeySecret(): string {
  return prefix + randomBytes(secret_bytes).toString('base64url')
}

/** Whether a text can be a key at all; anything else needs no look into the database. */
export function isKeySecret(text: string): boolean {
  return /^mk_[A-Za-z0-9_-]{43}$/.test(text)
}

/** What is stored of a key. It has 256 random bits, so a plain hash is as good as a slow one. */
export function hashOfKey(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** What a new key may do: an agent's key that agent's work alone. Either gives its holder at most what its maker has. */
export function permissionsOfNewKey(
  maker: ReadonlySet<Permission>,
  asked: { readonly agent_id?: string | undefined; readonly permissions?: readonly Permission[] | undefined },
): readonly Permission[] {
  if (asked.agent_id !== undefined) {
    if (asked.permissions !== undefined)
      throw invalid('permissions', 'A key for an agent has the agent’s own permissions; none may be named.')
    refuseMissing(maker, agentKeyGrants)
    return agentPermissions
  }
  const wanted = asked.permissions === undefined ? [...maker] : [...new Set(asked.permissions)]
  refuseMissing(maker, wanted)
  return wanted
}

function refuseMissing(maker: ReadonlySet<Permission>, granted: readonly Permission[]): void {
  const missing = granted.filter((permission) => !maker.has(permission))
  if (missing.length === 0) return
  const named = `${missing.length === 1 ? 'permission' : 'permissions'} ${missing.join(', ')}`
  throw new MusterError('forbidden', `You lack the ${named}, so you cannot make a key that has them.`, {
    permission: missing[0],
    permissions: missing,
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

/** What a key may ask models for in a minute; undefined: any number. */
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

/** What a new key may ask models for in a minute: at most what its maker may, and as much where nothing is asked. */
export function modelLimitsOfNewKey(
  maker: ModelLimits | undefined,
  asked: Pick<ApiKeyCreate, 'model_requests_per_minute' | 'model_tokens_per_minute'>,
) {
  const within = (field: keyof typeof asked, max: number | undefined): number | null => {
    const wanted = asked[field] ?? max
    if (wanted !== undefined && max !== undefined && wanted > max)
      throw invalid(field, `Your own key may ask for ${max} in a minute, so you cannot give away ${wanted}.`, wanted)
    return wanted ?? null
  }
  return {
    model_requests_per_minute: within('model_requests_per_minute', maker?.requests_per_minute),
    model_tokens_per_minute: within('model_tokens_per_minute', maker?.tokens_per_minute),
  }
}
