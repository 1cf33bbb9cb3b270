/** A signal that aborts with the first of several. */
export interface LinkedSignal {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
  /** Ends the listening. A signal that outlives the work would else gather listeners. */
  unlink(): void
}

/**
 * Links a signal to others by plain listeners. Signals of `AbortSignal.any`, and those that `fetch` makes of the one it is
 * given, are held weakly: after a garbage collection, an abort may not reach them any more (Node 20, undici).
 */
export function linkSignals(...signals: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController()
  const sources = signals.filter((signal) => signal !== undefined)
  const onAbort = (event: Event): void => abortWith(event.target)
  const abortWith = (source: unknown): void =>
    controller.abort(source instanceof AbortSignal ? source.reason : undefined)
  for (const source of sources) {
    if (source.aborted) abortWith(source)
    else source.addEventListener('abort', onAbort, { once: true })
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink() {
      for (const source of sources) source.removeEventListener('abort', onAbort)
    },
  }
}
