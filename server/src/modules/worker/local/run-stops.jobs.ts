/** Tells the worker of this process which runs were ended from above, so that their code can be stopped. */
export interface RunStops {
  tell(run_ids: readonly string[]): void
  /** Until the returned function is called. */
  listen(listener: (run_ids: readonly string[]) => void): () => void
}

export function createRunStops(): RunStops {
  const listeners = new Set<(run_ids: readonly string[]) => void>()
  return {
    tell(run_ids) {
      for (const listener of listeners) listener(run_ids)
    },
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
