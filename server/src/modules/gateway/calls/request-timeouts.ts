/** The four timeouts of one request to a provider, and its abort by the client or after its end. */
import type { ModelTimeouts } from '@muster/contract/gateway/models'
import { type FailureOutcome, ProviderFailure } from '../gateway.types.ts'

export interface RequestTimeouts extends Disposable {
  /** Aborts with a `ProviderFailure` that says which time ran out. */
  readonly signal: AbortSignal
  /** The first content has come: from now on the idle timeout is measured. */
  noteFirstContent(): void
  /** The body with the idle timeout on each piece. Waiting for the client does not count. */
  withIdleTimeout(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>
  /** Ends the request: the client has gone, or the stream is complete and its server does not close it. */
  stop(outcome: FailureOutcome, message: string): void
  /** Calls `stop` after a while. */
  stopAfter(ms: number, outcome: FailureOutcome): void
  ms(): number
  first_token_ms(): number | undefined
}

export function createRequestTimeouts({ first_token_ms, idle_ms, total_ms }: ModelTimeouts): RequestTimeouts {
  const controller = new AbortController()
  const start_ms = performance.now()
  const timers = new Set<NodeJS.Timeout>()
  let first_ms: number | undefined
  const ms = (): number => Math.round(performance.now() - start_ms)
  const stop = (outcome: FailureOutcome, message: string): void =>
    controller.abort(new ProviderFailure(outcome, message))
  const arm = (limit_ms: number, fire: () => void): NodeJS.Timeout => {
    const timer = setTimeout(fire, limit_ms)
    timers.add(timer)
    return timer
  }
  const disarm = (timer: NodeJS.Timeout): void => {
    clearTimeout(timer)
    timers.delete(timer)
  }
  arm(total_ms, () => stop('total_timeout', `The provider did not finish within ${total_ms} ms.`))
  const first = arm(first_token_ms, () =>
    stop('first_token_timeout', `The provider sent no content within ${first_token_ms} ms.`),
  )
  return {
    signal: controller.signal,
    ms,
    first_token_ms: () => first_ms,
    stop,
    stopAfter: (after_ms, outcome) => void arm(after_ms, () => stop(outcome, 'The stream is complete.')),
    noteFirstContent() {
      first_ms ??= ms()
      disarm(first)
    },
    async *withIdleTimeout(body) {
      const pieces = body[Symbol.asyncIterator]()
      try {
        for (;;) {
          const silence =
            first_ms === undefined
              ? undefined
              : arm(idle_ms, () => stop('idle_timeout', `The provider sent nothing for ${idle_ms} ms.`))
          const next = await pieces.next()
          if (silence) disarm(silence)
          if (next.done) return
          yield next.value
        }
      } finally {
        await pieces.return?.()
      }
    },
    [Symbol.dispose]() {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
