/**
 * Does work that takes longer than a hold lasts, and renews the hold meanwhile, so that it stays short: where the process
 * dies, somebody else takes over soon. A renewal that fails is tried again at the next; a lost hold is found when the
 * work is written down.
 */
export async function whileHeld<Result>(
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
