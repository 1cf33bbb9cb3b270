import type { EngineTx } from '../db/db.ts'
import type { HealthCheck } from '../health-check.ts'
import type { Route } from '../http/route.ts'
import type { Metrics } from '../metrics.ts'
import type { AttentionSource } from './attention-source.ts'
import type { Extension } from './extension-point.ts'
import type { SearchSource } from './search-source.ts'

/** What a module gives to the program that is put together from modules. Plain data; `app/` decides what runs of it. */
export interface Manifest {
  readonly name: string
  readonly routes: readonly Route[]
  readonly jobs?: readonly Job[]
  readonly health?: readonly HealthCheck[]
  /** What needs a person's attention. */
  readonly attention?: readonly AttentionSource[]
  /** What a search finds. */
  readonly search?: readonly SearchSource[]
  /** Registers its metrics, once in a process that serves them. */
  registerMetrics?(metrics: Metrics): void
  /** What it adds to the extension points of earlier modules. */
  readonly extensions?: readonly (readonly Extension[])[]
  /**
   * Brings times that were written while the database's clock was ahead back to the longest wait of their kind, so that
   * nothing waits for the clock to get there again. Called at the start and when the clock was put back.
   */
  clampTimes?(tx: EngineTx): Promise<unknown>
  /** Starts what the module does by itself in this process, beside its jobs. */
  start?(): Promise<Started>
  /** Moves times that would pass at once because the database's clock was put forward by so much. */
  shiftTimes?(tx: EngineTx, forward_ms: number): Promise<unknown>
}

/** What a module does by itself in this process. Disposing stops it. */
export interface Started extends AsyncDisposable {
  readonly jobs: readonly Job[]
}

/** Work that comes round again. It may run twice, also at the same time in two processes, so it must bear that. */
export interface Job {
  /** `module.noun`, such as `approvals.expiry`. */
  readonly name: string
  /** How often it runs; with `dueIn`: how often at most. */
  readonly every_ms: number
  /**
   * In how many milliseconds of the database's clock there is something to do: 0 or less: now; null: nothing is known to
   * come. With it the job runs only then.
   */
  dueIn?(tx: EngineTx): Promise<number | null>
  /** `signal`: the process is stopping; what takes long breaks off. */
  run(signal?: AbortSignal): Promise<void>
}
