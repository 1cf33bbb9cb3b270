/**
 * Does work that takes longer than its lease, and renews the lease meanwhile (`withLeaseRenewal`). Leases stay short,
 * so that another process soon takes over after a crash.
 */
export async function withLeaseRenewal<Result>(
  { every_ms, renew, onLost, onError }: LeaseRenewal,
  work: () => Promise<Result>,
): Promise<Result> {
  const timer = setInterval(
    () =>
      void renew().then((is_leased) => {
        if (is_leased) return
        clearInterval(timer)
        onLost()
      }, onError),
    every_ms,
  )
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

export interface LeaseRenewal {
  readonly every_ms: number
  /** Says whether the lease is still the caller's. */
  renew(): Promise<boolean>
  /** Another one has the lease, or there is nothing to do any more: what the work comes to will be refused. */
  onLost(): void
  /** A renewal failed; the next one may succeed before the lease ends. */
  onError(error: unknown): void
}
