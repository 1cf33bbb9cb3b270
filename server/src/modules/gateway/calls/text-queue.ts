/** A bounded queue between a provider's stream and its client: a slow client slows the provider down. */
export interface TextQueue extends AsyncIterable<string> {
  /** Waits for room. After `discard` it accepts everything and keeps nothing. */
  push(text: string): Promise<void>
  close(): void
  /** Nobody reads any more. */
  discard(): void
}

export function createTextQueue(items_max: number): TextQueue {
  const items: string[] = []
  let isClosed = false
  let isDiscarded = false
  let wakeReader: (() => void) | undefined
  let wakeWriter: (() => void) | undefined
  const discard = (): void => {
    isDiscarded = true
    items.length = 0
    wakeReader?.()
    wakeWriter?.()
  }
  return {
    async push(text) {
      if (text === '') return
      while (items.length >= items_max && !isDiscarded) await new Promise<void>((resolve) => (wakeWriter = resolve))
      if (isDiscarded) return
      items.push(text)
      wakeReader?.()
    },
    close() {
      isClosed = true
      wakeReader?.()
    },
    discard,
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<string>> {
        while (items.length === 0 && !isClosed && !isDiscarded)
          await new Promise<void>((resolve) => (wakeReader = resolve))
        const value = isDiscarded ? undefined : items.shift()
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
