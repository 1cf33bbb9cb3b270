import type { Dispatch } from '../../../platform/dispatch/dispatch.ts'
import type { ClaimedAssignment } from '../operations/claim.ts'

/** After a failed claim. */
const retry_ms = 1000

export interface RunnerOptions {
  /** How many agents run at once. */
  readonly slots: number
  readonly dispatch: Dispatch
  claim(max: number): Promise<readonly ClaimedAssignment[]>
  /** Runs the agent: its slot is free when this resolves. The result is written after that. */
  work(assignment: ClaimedAssignment): Promise<{ readonly written: Promise<void> }>
  onError(error: unknown): void
}

export interface Runner extends AsyncDisposable {
  start(): void
  /** How many agents run now. */
  busy(): number
}

/**
 * Keeps a process's slots busy: claims as many tasks as there are free slots, hands each to `work`, and looks again when
 * a slot gets free or the queue is announced. Without work it sleeps until the next announcement.
 */
export function createRunner(options: RunnerOptions): Runner {
  const { slots, dispatch, claim, work, onError } = options
  const stopController = new AbortController()
  const runningWork = new Set<Promise<void>>()
  const resultWrites = new Set<Promise<void>>()
  let hasHint = true
  const rest = createRest()
  let loop: Promise<void> | undefined

  function onHint(): void {
    hasHint = true
    rest.wake()
  }

  async function fill(): Promise<void> {
    hasHint = false
    const assignments = await claim(slots - runningWork.size)
    if (assignments.length > 0) hasHint = true
    for (const assignment of assignments) {
      const workDone = work(assignment)
        .then(({ written }) => track(resultWrites, written.catch(onError)), onError)
        .finally(rest.wake)
      track(runningWork, workDone)
    }
  }

  /** Results that wait to be written are bounded too: at most as many again as there are slots. */
  const isFree = (): boolean => runningWork.size < slots && resultWrites.size <= slots

  async function run(): Promise<void> {
    using _ = dispatch.listen('task_queue', onHint)
    while (!stopController.signal.aborted) {
      if (isFree() && hasHint) await fill().catch(waitAfterFailure)
      else await rest.sleep()
    }
  }

  async function waitAfterFailure(error: unknown): Promise<void> {
    onError(error)
    await rest.sleep(retry_ms)
    hasHint = true
  }

  return {
    start() {
      loop ??= run()
    },
    busy: () => runningWork.size,
    async [Symbol.asyncDispose]() {
      stopController.abort()
      rest.wake()
      await loop
      await Promise.all(runningWork)
      await Promise.all(resultWrites)
    },
  }

  function track(promises: Set<Promise<void>>, promise: Promise<void>): void {
    const trackedPromise = promise.finally(() => {
      promises.delete(trackedPromise)
      rest.wake()
    })
    promises.add(trackedPromise)
  }
}

/** Sleeps until it is woken, or for a time at most. */
function createRest(): { sleep(ms?: number): Promise<void>; wake(): void } {
  let wake: () => void = () => {}
  return {
    wake: () => wake(),
    sleep: (ms) =>
      new Promise((resolve) => {
        const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
  }
}
