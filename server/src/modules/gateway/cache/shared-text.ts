/** Text that one writes and many read, each from its beginning and at its own pace. */
export interface SharedText {
  push(text: string): void
  close(): void
  read(): AsyncIterable<string>
  /** All of it, once it is closed. */
  whole(): Promise<string>
}

export function createSharedText(): SharedText {
  const pieces: string[] = []
  let isClosed = false
  let waiters: (() => void)[] = []
  const nextChange = (): Promise<void> => new Promise((resolve) => waiters.push(resolve))
  const wake = (): void => {
    const wokenWaiters = waiters
    waiters = []
    for (const resolve of wokenWaiters) resolve()
  }
  async function* read(): AsyncGenerator<string> {
    for (let at = 0; ; at++) {
      while (at >= pieces.length && !isClosed) await nextChange()
      const piece = pieces[at]
      if (piece === undefined) return
      yield piece
    }
  }
  return {
    push(text) {
      pieces.push(text)
      wake()
    },
    close() {
      isClosed = true
      wake()
    },
    read,
    async whole() {
      while (!isClosed) await nextChange()
      return pieces.join('')
    },
  }
}
