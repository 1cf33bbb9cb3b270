/**
 * Does work that takes longer than its lease, and renews the lease meanwhile. Leases stay short, so that another process takes
 * over soon where this one dies. A renewal that fails is tried again at the next; a lost lease is found when the result is
 * written, by its token.
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
