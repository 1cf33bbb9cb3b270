import { AsyncResource } from 'node:async_hooks'

/**
 * Group commit: if nothing is being written, what arrives within one turn of the event loop is written at once; what
 * arrives meanwhile forms the next batch. There is no timer, so an idle system adds no latency. Each item has its own
 * outcome; when a whole batch fails unexpectedly its items are tried one by one, so that a bad one fails alone.
 */
export function createBatcher<Item, Outcome>(options: {
  readonly items_max: number
  write(items: readonly Item[]): Promise<readonly Outcome[]>
  /** Errors that concern the whole batch (the database is away): trying one by one would not help. */
  isCommon(error: unknown): boolean
}) {
  const { items_max, write, isCommon } = options
  type QueuedItem = { readonly item: Item; resolve(outcome: Outcome): void; reject(error: unknown): void }
  let queue: QueuedItem[] = []
  let isScheduled = false
  let activeWrites = 0
  // The batch must not run in the context of the caller that happened to start it.
  const outside = new AsyncResource('muster.batcher')

  async function flush(batch: readonly QueuedItem[]): Promise<void> {
    try {
      const outcomes = await write(batch.map(({ item }) => item))
      for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index] as Outcome)
    } catch (error) {
      if (batch.length === 1 || isCommon(error)) for (const { reject } of batch) reject(error)
      else for (const one of batch) await flush([one])
    }
  }

  async function drain(): Promise<void> {
    isScheduled = false
    if (activeWrites > 0) return
    activeWrites += 1
    while (queue.length > 0) {
      const batch = queue.slice(0, items_max)
      queue = queue.slice(items_max)
      await flush(batch)
    }
    activeWrites -= 1
  }

  return {
    add(item: Item): Promise<Outcome> {
      return new Promise((resolve, reject) => {
        queue.push({ item, resolve, reject })
        if (isScheduled || activeWrites > 0) return
        isScheduled = true
        setImmediate(() => outside.runInAsyncScope(() => void drain()))
      })
    },
    size: () => queue.length,
  }
}
