/** Resolves after a time, or at once when the signal aborts. Never rejects: who waits looks at the signal. */
export function delay(wait_ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, wait_ms)
    signal?.addEventListener('abort', end, { once: true })
  })
}

/** How long to wait before the next try: what the server asks for, else doubling with jitter (full jitter, AWS 2015). */
export function backoff({ attempts, first_ms, most_ms, asked_ms }: Backoff): number {
  const ceiling = Math.min(most_ms, first_ms * 2 ** Math.min(attempts, 30))
  const jittered = ceiling / 2 + (Math.random() * ceiling) / 2
  return Math.max(asked_ms ?? 0, jittered)
}

interface Backoff {
  readonly attempts: number
  readonly first_ms: number
  readonly most_ms: number
  readonly asked_ms: number | undefined
}
