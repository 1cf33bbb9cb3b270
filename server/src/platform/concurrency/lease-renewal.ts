/**
 * Does work that takes longer than its lease, and renews the lease meanwhile (`withLeaseRenewal`). Leases stay short,
 * so that another process soon takes over after a crash. A failed renewal is tried again at the next one; a lost lease
 * shows by its token when the result is written.
 */
export async function withLeaseRenewal<Result>(
  { every_ms, renew }: { readonly every_ms: number; renew(): Promise<void> },
  work: () => Promise<Result>,
): Promise<Result> {
  const timer = setInterval(() => void renew().catch(() => {}), every_ms)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
