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
  const rest = createRest()
  const runningWork = createPending(rest.wake)
  const resultWrites = createPending(rest.wake)
  let hasHint = true
  let loop: Promise<void> | undefined

  function onHint(): void {
    hasHint = true
    rest.wake()
  }

  async function fill(): Promise<void> {
    hasHint = false
    const assignments = await claim(slots - runningWork.count())
    if (assignments.length > 0) hasHint = true
    for (const assignment of assignments) {
      const workDone = work(assignment)
        .then(({ written }) => resultWrites.add(written.catch(onError)), onError)
        .finally(rest.wake)
      runningWork.add(workDone)
    }
  }

  /** Results that wait to be written are bounded too: at most as many again as there are slots. */
  const isFree = (): boolean => runningWork.count() < slots && resultWrites.count() <= slots

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
    busy: runningWork.count,
    async [Symbol.asyncDispose]() {
      stopController.abort()
      rest.wake()
      await loop
      await runningWork.all()
      await resultWrites.all()
    },
  }
}

/** Promises that have not settled yet; `onSettled` is called for each one that has. */
function createPending(onSettled: () => void) {
  const promises = new Set<Promise<void>>()
  return {
    count: () => promises.size,
    all: async () => void (await Promise.all(promises)),
    add(promise: Promise<void>): void {
      const pending = promise.finally(() => {
        promises.delete(pending)
        onSettled()
      })
      promises.add(pending)
    },
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
