import type { Log } from '../../log.ts'
import type { SealedHead } from './sequencer.ts'

export interface HeadsOptions {
  readonly log: Log
  /** Where to post them; absent: to the log alone. */
  readonly post_url: string | undefined
  /** How often at most; absent: every 10 s. */
  readonly every_ms?: number
  readonly timeout_ms?: number
}

/**
 * Copies the newest heads out of the database's reach: into the log and, where one is configured, to another place. A
 * head binds all events before it, so only the newest of each organization is sent. It never delays sealing; heads that
 * could not be posted are sent with the next ones.
 */
export function createHeads(options: HeadsOptions): AsyncDisposable & { note(heads: readonly SealedHead[]): void } {
  const { log, post_url, every_ms = 10_000, timeout_ms = 5_000 } = options
  const newest = new Map<string, SealedHead>()
  const unpostedHeads = new Map<string, SealedHead>()
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> = Promise.resolve()

  async function post(url: string): Promise<void> {
    const heads = [...unpostedHeads.values()]
    if (heads.length === 0) return
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ heads, at: new Date().toISOString() }),
        signal: AbortSignal.timeout(timeout_ms),
        redirect: 'error',
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`it answered ${response.status}`)
      for (const head of heads)
        if (unpostedHeads.get(head.organization_id) === head) unpostedHeads.delete(head.organization_id)
    } catch (err) {
      log.warn({ err, heads: heads.length }, 'the journal’s heads could not be posted')
    }
  }

  function publish(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    for (const head of newest.values()) {
      log.info(head, 'journal head')
      unpostedHeads.set(head.organization_id, head)
    }
    newest.clear()
    if (post_url !== undefined) sending = sending.then(() => post(post_url))
    else unpostedHeads.clear()
    return sending
  }

  return {
    note(heads) {
      for (const head of heads) newest.set(head.organization_id, head)
      timer ??= setTimeout(() => void publish(), every_ms).unref()
    },
    async [Symbol.asyncDispose]() {
      await publish()
    },
  }
}
