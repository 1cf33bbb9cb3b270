import type { EventType } from '@muster/contract/events'
import type { Principal } from '../principal.ts'

/** One change of state. `data` holds ids and small facts, never content. */
export interface NewEvent {
  readonly type: EventType
  readonly actor: Principal
  readonly project_id?: string | undefined
  readonly goal_id?: string | undefined
  readonly task_id?: string | undefined
  readonly run_id?: string | undefined
  readonly data?: Readonly<Record<string, unknown>> | undefined
}

/** An event as it is stored in an entry. The salt prevents guessing an erased payload from its digest. */
export interface StoredEvent extends NewEvent {
  readonly id: string
  readonly salt?: string
  /** In place of an erased payload, so that the chain still verifies. */
  readonly data_digest?: string
}

/** An event as readers get it: numbered, with the time of its transaction. */
export interface JournalEvent extends Omit<NewEvent, 'data'> {
  readonly number: number
  readonly id: string
  readonly at: string
  readonly organization_id: string
  readonly data: Readonly<Record<string, unknown>>
}
