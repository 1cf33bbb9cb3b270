import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { limits } from '@muster/contract/limits'
import type { Operation } from '@muster/contract/operation'
import type { AuthenticatedCaller, Caller } from '../../caller.ts'
import { forbidden, invalid, MusterError } from '../../errors.ts'
import { callerIdOf } from '../../principal.ts'
import { credentialOf } from './credentials.ts'
import { createFailedAuthentications } from './failed-authentications.ts'
import { refuseForeignOrigin } from './origins.ts'
import { createWindows } from './windows.ts'

/**
 * The principal of a credential; undefined for an unknown or revoked one, which counts as a guess. Throws
 * `unauthenticated` for one that was certainly issued and has expired, which does not count.
 */
export type Authenticate = (credential: string, how?: Lately) => Promise<AuthenticatedCaller | undefined>

/** Whether a credential that was good a moment ago may pass, since the operation tests it again. */
export interface Lately {
  readonly lately: boolean
}

/** Requests a minute that an organization's policies allow; absent: any number. */
export interface RequestRates {
  readonly per_key?: number | undefined
  readonly per_address?: number | undefined
}

export interface Arrival {
  readonly headers: IncomingHttpHeaders
  readonly address: string
  readonly request_id: string
  /** The server's own origin, to compare with the Origin header. */
  readonly origin: string | undefined
  /** Whether it may change something, or opens a connection that other sites could read. */
  readonly is_delicate: boolean
}

export interface GateOptions {
  readonly authenticate: Authenticate
  rates?(organization_id: string): Promise<RequestRates>
  now?(): number
}

const minute_ms = 60_000
const keys_max = 10_000

/** The tests of a request before its body is read: key, permission, rate, in this order (invariant 24). */
export function createGate({ authenticate, rates, now = Date.now }: GateOptions) {
  const failures = createFailedAuthentications(now)
  const requests = createWindows({ window_ms: minute_ms, keys_max, now })
  const provenKeys = createProvenKeys()

  /** A key that was good before does not wait behind guesses. */
  async function identify(key: string, address: string, how?: Lately): Promise<AuthenticatedCaller> {
    const hash = createHash('sha256').update(key).digest('base64')
    refuseOver(failures.blockedMs(address, hash), 'failed authentications')
    const look = () => authenticate(key, how)
    const caller = await (provenKeys.has(hash) ? look() : failures.look(address, look))
    if (caller !== undefined) {
      provenKeys.add(hash)
      return caller
    }
    provenKeys.delete(hash)
    refuseOver(failures.count(address, hash), 'failed authentications')
    throw unauthenticated('The API key is unknown or was revoked.')
  }

  async function limit(operation: Operation, caller: AuthenticatedCaller, address: string): Promise<void> {
    const operationLimit = operation.limits.requests_per_minute
    if (operationLimit !== undefined)
      refuseOver(requests.take(`${operation.id} ${callerIdOf(caller.principal)}`, operationLimit), 'requests')
    const { per_key, per_address } = (await rates?.(caller.organization_id)) ?? {}
    if (per_key !== undefined) refuseOver(requests.take(`key ${callerIdOf(caller.principal)}`, per_key), 'requests')
    if (per_address !== undefined)
      refuseOver(requests.take(`address ${caller.organization_id} ${address}`, per_address), 'requests')
  }

  return {
    /** The caller of an operation, or undefined where it needs none. Throws the refusal. */
    async admit(operation: Operation, arrival: Arrival): Promise<Omit<Caller, 'idempotency'> | undefined> {
      const { permission } = operation
      const { headers, origin, is_delicate } = arrival
      if (permission === 'none') {
        if (is_delicate) refuseForeignOrigin(headers.origin, { own: origin, required: false })
        return undefined
      }
      const credential = credentialOf(headers)
      if (credential === undefined) throw unauthenticated('The request has no API key.')
      if (credential.by === 'cookie' && is_delicate)
        refuseForeignOrigin(headers.origin, { own: origin, required: true })
      const caller = await identify(credential.key, arrival.address, { lately: operation.key_check === 'within' })
      // `any` means issued keys; the key of a run is for calls of models only.
      const may =
        permission === 'any'
          ? caller.principal.kind !== 'run'
          : permissionsOf(permission).some((one) => caller.permissions.has(one))
      if (!may) throw forbidden(...permissionsOf(permission))
      await limit(operation, caller, arrival.address)
      return { ...caller, request_id: arrival.request_id }
    },

    /** The caller of a key in a body; failures count against the address like those in a header. */
    async prove(key: string, { address, request_id }: Pick<Arrival, 'address' | 'request_id'>): Promise<Caller> {
      return { ...(await identify(key, address)), request_id }
    },
  }
}

export type Gate = ReturnType<typeof createGate>

/** The key of an idempotent request, checked. */
export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && key.length <= limits.idempotency_key_characters_max && /^[\x21-\x7e]+$/.test(key))
    return key
  throw invalid(
    'Idempotency-Key',
    `Idempotency-Key must be 1 to ${limits.idempotency_key_characters_max} visible ASCII characters.`,
  )
}

function refuseOver(retry_after_ms: number | undefined, what: string): void {
  if (retry_after_ms === undefined) return
  throw new MusterError('rate_limited', `Too many ${what} within a minute.`, { retry_after_ms })
}

function unauthenticated(message: string): MusterError {
  return new MusterError('unauthenticated', message, {
    remedy: 'Send one as Authorization: Bearer KEY, or as X-API-Key: KEY.',
  })
}

function permissionsOf<Name extends string>(permission: Name | readonly Name[]): readonly Name[] {
  return typeof permission === 'string' ? [permission] : permission
}

/** Hashes of keys that were good, the latest few thousand. */
function createProvenKeys() {
  const hashes = new Set<string>()
  return {
    has: (hash: string) => hashes.has(hash),
    add(hash: string) {
      hashes.delete(hash)
      hashes.add(hash)
      if (hashes.size > keys_max) hashes.delete(hashes.values().next().value ?? '')
    },
    delete: (hash: string) => void hashes.delete(hash),
  }
}
