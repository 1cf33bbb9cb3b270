import type { Permission } from '@muster/contract/permissions'
import type { Principal } from './principal.ts'

/** A principal that calls the API, with what its credential allows and the request that it makes. */
export interface Caller extends AuthenticatedCaller {
  readonly request_id: string
  /** Present where a POST came with an Idempotency-Key: the answer is stored in the write's own transaction. */
  readonly idempotency?: Idempotency | undefined
}

/** A caller whose credential was tested, and whose request was not read yet. */
export interface AuthenticatedCaller {
  readonly organization_id: string
  readonly principal: Principal
  /** Set for an agent: it may do that agent's work and nothing else. */
  readonly agent_id: string | null
  readonly permissions: ReadonlySet<Permission>
  /** What the caller is confined to: whatever it asks for is done and charged there. */
  readonly scope?: CallerScope | undefined
  /** Limits of its credential by name, such as `model_requests_per_minute`. Whoever knows the name holds the caller to it. */
  readonly limits?: Readonly<Record<string, number>> | undefined
}

export interface CallerScope {
  readonly project_id: string
  readonly goal_id: string | null
  readonly task_id: string
}

export interface Idempotency {
  readonly key: string
  readonly operation: string
  readonly body_sha256: string
  /** Called where the stored answer is given instead of doing the work again. */
  readonly onReplayed?: () => void
}
