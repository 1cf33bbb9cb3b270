/** What tokens cost, in integer micro-USD. */

import type { TokenPrices } from '@muster/contract/gateway/models'
import { limits } from '@muster/contract/limits'
import type { Usage } from '../gateway.types.ts'

const million = 1_000_000n

/** A write to the cache for an hour costs twice the input (Anthropic's pricing, "1h cache writes"). */
const one_hour_times = 2

/**
 * Rounded up once, over all classes, so that no part of a micro-USD is lost or counted twice; capped at the largest
 * charge.
 */
export function costOf(usage: Usage, prices: TokenPrices): number {
  const { uncached, output, cache_read = uncached, cache_write = uncached, reasoning = output } = prices
  const exact =
    product(usage.cache_write_1h ?? 0, Math.max(0, one_hour_times * uncached - cache_write)) +
    product(usage.uncached, uncached) +
    product(usage.cache_read, cache_read) +
    product(usage.cache_write, cache_write) +
    product(usage.output, output) +
    product(usage.reasoning, reasoning)
  return Math.min(limits.amount_max, Number((exact + million - 1n) / million))
}

/** What a call can cost at worst: each token of input and of output at the dearest price it may have. */
export function worstCost({ input_tokens, output_tokens, caches_for_hour }: WorstTokens, prices: TokenPrices): number {
  const { uncached, output, cache_read = uncached, cache_write = uncached, reasoning = output } = prices
  const hour_write = caches_for_hour ? one_hour_times * uncached : 0
  const dearest = {
    uncached: Math.max(uncached, cache_read, cache_write, hour_write),
    output: Math.max(output, reasoning),
  }
  return costOf({ uncached: input_tokens, cache_read: 0, cache_write: 0, output: output_tokens, reasoning: 0 }, dearest)
}

export interface WorstTokens {
  readonly input_tokens: number
  readonly output_tokens: number
  /** The request asks that some of its input is cached for an hour. */
  readonly caches_for_hour?: boolean
}

const product = (tokens: number, price: number): bigint => BigInt(tokens) * BigInt(price)
