/**
 * Shares one read among callers that want the same value at the same time (`createSharedReads`). A caller that asks
 * while a read is under way gets the next one, so no value is older than it would be without sharing.
 */
export function createSharedReads<Value>(read: (key: string) => Promise<Value>): (key: string) => Promise<Value> {
  const runningReads = new Map<string, RunningRead<Value>>()

  function start(key: string): Promise<Value> {
    const value = read(key)
    const currentRead: RunningRead<Value> = { ended: value.then(nothing, nothing), next: undefined }
    runningReads.set(key, currentRead)
    void currentRead.ended.then(() => {
      if (runningReads.get(key) === currentRead) runningReads.delete(key)
    })
    return value
  }

  return (key) => {
    const now = runningReads.get(key)
    if (!now) return start(key)
    now.next ??= now.ended.then(() => start(key))
    return now.next
  }
}

interface RunningRead<Value> {
  /** Never rejects. */
  readonly ended: Promise<void>
  next: Promise<Value> | undefined
}

function nothing(): void {}
