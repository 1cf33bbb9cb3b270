import type { ModelLimits } from '@muster/contract/identity/keys'
import type { Permission } from '@muster/contract/permissions'
import type { Actor } from './journal/events.ts'

/** Who is calling, as identity found it from the credentials, and how the call is to be remembered. */
export interface Caller {
  readonly organization_id: string
  readonly actor: Actor
  readonly key_id: string
  /** Set for a key that belongs to an agent: it may do that agent's work and nothing else. */
  readonly agent_id: string | null
  readonly permissions: ReadonlySet<Permission>
  /** Set for the key of a run: what it does is charged to its run's goal and project, whatever it asks for. */
  readonly run?: CallingRun | undefined
  /** What its key may ask models for in a minute; absent: any number. */
  readonly model_limits?: ModelLimits | undefined
  readonly request_id: string
  /** Present where a POST came with an Idempotency-Key: the answer is stored in the write's own transaction. */
  readonly idempotency?: Idempotency | undefined
}

export interface CallingRun {
  readonly run_id: string
  readonly task_id: string
  readonly project_id: string
  readonly goal_id: string | null
  /** The key that claimed it from outside: its limits count what the run asks models for. */
  readonly claiming_key?: { readonly key_id: string } | undefined
}

export interface Idempotency {
  readonly key: string
  readonly operation: string
  readonly body_sha256: string
  /** Called where the stored answer is given instead of doing the work again. */
  readonly onReplayed?: () => void
}

/** A caller before the request it calls with: what a credential says. */
export type Principal = Omit<Caller, 'request_id' | 'idempotency'>
