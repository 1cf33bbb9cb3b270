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
  let closed = false
  let waiting: (() => void)[] = []
  const moved = (): Promise<void> => new Promise((resolve) => waiting.push(resolve))
  const wake = (): void => {
    const woken = waiting
    waiting = []
    for (const resolve of woken) resolve()
  }
  async function* read(): AsyncGenerator<string> {
    for (let at = 0; ; at++) {
      while (at >= pieces.length && !closed) await moved()
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
      closed = true
      wake()
    },
    read,
    async whole() {
      while (!closed) await moved()
      return pieces.join('')
    },
  }
}
