/** All that the checker knows: the calls with their answers, the faults, and what the API says at the end. */
export interface Evidence {
  readonly calls: readonly Call[]
  readonly faults: readonly DoneFault[]
  readonly goals: readonly SeenGoal[]
  readonly tasks: readonly SeenTask[]
  /** Values by name, of the documents that tasks write. */
  readonly documents: ReadonlyMap<string, unknown>
  readonly events: readonly SeenEvent[]
  readonly journal: { readonly valid: boolean; readonly unsealed: number; readonly problems: readonly unknown[] }
  readonly books: {
    readonly valid: boolean
    readonly problems: readonly unknown[]
    readonly attempts: { readonly live: number }
    readonly held: { readonly rows: number }
    readonly reservations: { readonly rows: number }
  }
  /** What each limit still holds. */
  readonly held: readonly {
    readonly id: string
    readonly cost_micro_usd: number
    readonly tokens: number
    readonly live_runs: number
  }[]
  readonly open_approvals: readonly string[]
  /** Contents of acknowledged uploads, undefined where they cannot be read. */
  readonly uploads: ReadonlyMap<string, string | undefined>
  readonly agent_id: string
}

/** `unsent`: nobody listened. `unknown`: it was sent, and whether it was done the answer did not say. */
export type Outcome = 'ok' | 'refused' | 'unknown' | 'unsent'

/** One try of a request; tries of the same request have the same `key`. */
export interface Call {
  readonly operation: string
  readonly key: string
  readonly about: About
  /** Milliseconds since the epoch. */
  readonly began_at: number
  readonly ended_at: number
  readonly outcome: Outcome
  readonly status: number | undefined
  readonly code: string | undefined

  readonly data: unknown
}

/** What a call was for, as far as rules have to know. */
export interface About {
  readonly goal?: StatedGoal
  readonly goal_id?: string
  readonly run_id?: string
  readonly task_id?: string
  readonly token?: number
  readonly action?: string
  readonly content?: string
}

/** A goal as the load states it. */
export interface StatedGoal {
  readonly title: string
  readonly round: number
  /** Tasks, children of `for_each` included, that append their names to the document of the round. */
  readonly appends: readonly string[]
  /** Tasks that count up the counter of the round. */
  readonly increments: readonly string[]
  /** Documents that are set, with the value that stands there when the goal is done. */
  readonly sets: Readonly<Record<string, unknown>>
}

/** `at` to `until` for a process that was stopped meanwhile. */
export interface DoneFault {
  readonly kind: 'kill' | 'stop' | 'database_restart' | 'database_cut'
  readonly process?: number
  readonly at: number
  readonly until: number
}

export interface SeenGoal {
  readonly id: string
  readonly title: string
  readonly status: string
  readonly reason?: string
}

export interface SeenTask {
  readonly id: string
  readonly goal_id?: string
  readonly key?: string
  readonly status: string
  readonly reason?: string
  readonly counters: { readonly leases_lost: number }
}

export interface SeenEvent {
  readonly number: number
  readonly type: string
  readonly at: string
  readonly goal_id?: string
  readonly task_id?: string
  readonly run_id?: string
  readonly actor: { readonly kind: string; readonly id: string }
}

/** A rule that did not hold, and where. */
export interface Finding {
  readonly rule: string
  readonly message: string
}

export const appendDocument = (round: number): string => `round${round}`
export const counterDocument = (round: number): string => `count${round}`
