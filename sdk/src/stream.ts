import { type FeedReset, feedReset } from '@muster/contract/dashboard/feeds'
import { limits } from '@muster/contract/limits'
import type { Operation } from '@muster/contract/operation'
import { linkSignals } from '@muster/contract/platform/linked-signal'
import { readBody } from './abortable-fetch.ts'
import { backoff, delay } from './delay.ts'
import { isTransient, MusterError } from './errors.ts'
import type { LooseInput } from './request.ts'
import { createSseParser, type ServerSentEvent } from './sse.ts'
import { errorOf, parseJson, type Transport } from './transport.ts'

/** How a stream is followed. */
export interface StreamOptions {
  readonly signal?: AbortSignal | undefined
  /** Called whenever the connection was lost and is about to be made again. */
  readonly onReconnect?: ((error: unknown) => void) | undefined
  /** Called when the cursor leads nowhere any more and the stream goes on elsewhere: what was read may be out of date. */
  readonly onReset?: ((reset: FeedReset) => void) | undefined
  readonly backoff_ms?: number | undefined
  /** Silence after which a connection counts as dead; the server sends something every 30 s. */
  readonly silence_ms?: number | undefined
}

/** Where the stream comes from: the operation that gives it, and what it is asked. */
export interface StreamSource {
  readonly transport: Transport
  readonly operation: Operation
  readonly input: LooseInput
}

/**
 * Reads a stream and reconnects after the last id, so that nothing is missed and nothing is seen twice. It ends when the
 * signal aborts or the server says `event: end`, and throws only what coming again cannot mend.
 */
export async function* readStream(
  { transport, operation, input }: StreamSource,
  options: StreamOptions,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  let last_id: string | null = null
  for (let attempts = 0; !options.signal?.aborted; attempts++) {
    try {
      const headers: Record<string, string> = {
        ...input.headers,
        ...(last_id === null ? {} : { 'last-event-id': last_id }),
      }
      for await (const event of readOnce({ transport, operation, input: { ...input, headers } }, options)) {
        attempts = 0
        const seen = event.id !== null && event.id === last_id
        last_id = event.id ?? last_id
        if (event.name === 'end') return
        if (event.name === 'reset') {
          const reset = feedReset.safeParse(parseJson(event.data))
          if (reset.success) options.onReset?.(reset.data)
        } else if (!seen && event.data !== '') yield event
      }
      options.onReconnect?.(null)
    } catch (error) {
      if (options.signal?.aborted) return
      if (error instanceof MusterError && !isTransient(error)) throw error
      options.onReconnect?.(error)
    }
    await delay(
      backoff({ attempts, first_ms: options.backoff_ms ?? 250, most_ms: 5_000, asked_ms: undefined }),
      options.signal,
    )
  }
}

async function* readOnce(
  { transport, operation, input }: StreamSource,
  options: StreamOptions,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const { signal, abort, unlink } = linkSignals(options.signal)
  const guard = silenceGuard(options.silence_ms ?? 2.5 * limits.live_heartbeat_ms, abort)
  try {
    const response = await transport.send(operation, { ...input, signal })
    if (!response.ok) throw await errorOf(response, signal)
    if (response.body === null) return
    const parser = createSseParser()
    const decoder = new TextDecoder()
    for await (const piece of readBody(response.body, signal)) {
      guard.heard()
      yield* parser.push(decoder.decode(piece, { stream: true }))
    }
  } finally {
    guard.end()
    abort()
    unlink()
  }
}

/** Calls `abort` when nothing was heard for too long. */
function silenceGuard(silence_ms: number, abort: (reason: Error) => void) {
  const start = () => setTimeout(() => abort(new Error(`silent for ${silence_ms} ms`)), silence_ms)
  let timer = start()
  return {
    heard() {
      clearTimeout(timer)
      timer = start()
    },
    end() {
      clearTimeout(timer)
    },
  }
}
