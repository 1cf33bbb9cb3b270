/** Between a stream that is read and a client that reads it: bounded, so that a slow client slows the provider down. */
export interface TextQueue extends AsyncIterable<string> {
  /** Waits for room. Once nobody reads any more it takes everything and keeps nothing. */
  push(text: string): Promise<void>
  close(): void
  /** Nobody reads any more. */
  discard(): void
}

export function createTextQueue(items_max: number): TextQueue {
  const items: string[] = []
  let closed = false
  let discarded = false
  let wakeReader: (() => void) | undefined
  let wakeWriter: (() => void) | undefined
  const discard = (): void => {
    discarded = true
    items.length = 0
    wakeReader?.()
    wakeWriter?.()
  }
  return {
    async push(text) {
      if (text === '') return
      while (items.length >= items_max && !discarded) await new Promise<void>((resolve) => (wakeWriter = resolve))
      if (discarded) return
      items.push(text)
      wakeReader?.()
    },
    close() {
      closed = true
      wakeReader?.()
    },
    discard,
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<string>> {
        while (items.length === 0 && !closed && !discarded) await new Promise<void>((resolve) => (wakeReader = resolve))
        const value = discarded ? undefined : items.shift()
        wakeWriter?.()
        return value === undefined ? { done: true, value: undefined } : { done: false, value }
      },
      async return(): Promise<IteratorResult<string>> {
        discard()
        return { done: true, value: undefined }
      },
    }),
  }
}
