/**
 * Lets those who read the same at the same time share one read. Who asks while a read is under way gets the next one: what
 * anybody is given was read after they asked, so that nothing here is ever older than without sharing.
 */
export function createSharedReads<Value>(read: (key: string) => Promise<Value>): (key: string) => Promise<Value> {
  const running = new Map<string, Running<Value>>()

  function start(key: string): Promise<Value> {
    const value = read(key)
    const mine: Running<Value> = { ended: value.then(nothing, nothing), next: undefined }
    running.set(key, mine)
    void mine.ended.then(() => {
      if (running.get(key) === mine) running.delete(key)
    })
    return value
  }

  return (key) => {
    const now = running.get(key)
    if (!now) return start(key)
    now.next ??= now.ended.then(() => start(key))
    return now.next
  }
}

interface Running<Value> {
  /** Never rejects. */
  readonly ended: Promise<void>
  next: Promise<Value> | undefined
}

function nothing(): void {}
