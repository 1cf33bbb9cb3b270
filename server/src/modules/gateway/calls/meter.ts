/** Numbers of calls for Prometheus, by kind of provider: names that people give are no labels. */
import type { AttemptOutcome } from '@muster/contract/gateway/attempts'
import type { Metrics } from '../../../platform/metrics.ts'
import type { CallFacts } from '../gateway.port.ts'
import type { Provider, Usage, Wire } from '../gateway.types.ts'

export interface MeteredAttempt {
  readonly kind: Provider['kind']
  readonly wire: Wire
  readonly outcome: AttemptOutcome
  readonly usage: Usage
  readonly first_token_ms: number | undefined
  readonly total_ms: number
}

export interface Meter {
  attempt(meteredAttempt: MeteredAttempt): void
  /** How a call of an alias with a cache was answered. */
  recordCacheResult(cacheResult: NonNullable<CallFacts['cache']>): void
  /** Counts into these from now on; before it nothing is counted. */
  measure(metrics: Metrics): void
}

const classes = ['uncached', 'cache_read', 'cache_write', 'output', 'reasoning'] as const

/** From a local server's answer to a long one's end. */
const seconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

export function createMeter(): Meter {
  let instruments: ReturnType<typeof instrumentsIn> | undefined
  return {
    attempt({ kind, wire, outcome, usage, first_token_ms, total_ms }) {
      if (!instruments) return
      const labels = { kind, wire }
      instruments.attempts.add({ ...labels, outcome })
      for (const name of classes) if (usage[name] > 0) instruments.tokens.add({ kind, class: name }, usage[name])
      if (first_token_ms !== undefined) instruments.first.observe(first_token_ms / 1000, labels)
      instruments.total.observe(total_ms / 1000, labels)
    },
    recordCacheResult: (cacheResult) => instruments?.cache.add({ result: cacheResult }),
    measure(metrics) {
      instruments = instrumentsIn(metrics)
    },
  }
}

function instrumentsIn(metrics: Metrics) {
  const labels = ['kind', 'wire']
  return {
    attempts: metrics.counter({
      name: 'muster_model_attempts_total',
      help: 'Requests to model providers, by outcome.',
      labels: [...labels, 'outcome'],
    }),
    tokens: metrics.counter({
      name: 'muster_model_tokens_total',
      help: 'Tokens reported by providers, by class. Unreported tokens are not included.',
      labels: ['kind', 'class'],
    }),
    cache: metrics.counter({
      name: 'muster_model_cache_total',
      help: 'Calls of models with a cache, by cache result.',
      labels: ['result'],
    }),
    first: metrics.histogram({
      name: 'muster_model_first_token_seconds',
      help: 'Time from a request to its first content.',
      labels,
      buckets: seconds,
    }),
    total: metrics.histogram({
      name: 'muster_model_seconds',
      help: 'From a request to its end, whatever that was.',
      labels,
      buckets: seconds,
    }),
  }
}
