/** A pool: the slices that this process holds ahead for calls with the same scopes, and what is drawn from them. */
import type { CallScopes } from '../gateway.port.ts'

export interface Amounts {
  readonly cost_micro_usd: number
  readonly tokens: number
}

export interface Slice {
  readonly scopes: CallScopes
  readonly slice_id: string
  /** The terms that it was granted under. */
  readonly terms: string
  /** What no call has drawn. */
  free: Amounts
  /** Calls that have drawn from it and are not written yet. */
  out: number
  used_at: number
  /** No call draws from it any more. */
  retired: boolean
  /** What a call used could not be written: it is not given back, and ends as lost. */
  broken: boolean
}

export interface ReservationPool {
  readonly scopes: CallScopes
  slices: Slice[]
  /** How many calls are held for ahead at a time. */
  width: number
  /** What the last call held. */
  each: Amounts
  /** Nothing could be held ahead: not asked for again before. */
  scarce_until: number
}

const width_at_first = 4
const width_max = 128

export const emptyPool = (scopes: CallScopes): ReservationPool => ({
  scopes,
  slices: [],
  width: width_at_first,
  each: { cost_micro_usd: 0, tokens: 0 },
  scarce_until: 0,
})

export function minus(a: Amounts, b: Amounts): Amounts {
  return { cost_micro_usd: a.cost_micro_usd - b.cost_micro_usd, tokens: a.tokens - b.tokens }
}

export function plus(a: Amounts, b: Amounts): Amounts {
  return { cost_micro_usd: a.cost_micro_usd + b.cost_micro_usd, tokens: a.tokens + b.tokens }
}

const fits = (amounts: Amounts, { cost_micro_usd, tokens }: Amounts): boolean =>
  amounts.cost_micro_usd <= cost_micro_usd && amounts.tokens <= tokens

/** The slice that a call has drawn from; undefined where none has enough. Those of other terms are retired. */
export function drawn(
  pool: ReservationPool,
  { amounts, terms, now }: { readonly amounts: Amounts; readonly terms: string; readonly now: number },
): Slice | undefined {
  for (const slice of pool.slices) slice.retired ||= slice.terms !== terms
  pool.each = amounts
  const slice = pool.slices.find(({ retired, free }) => !retired && fits(amounts, free))
  if (!slice) return undefined
  slice.free = minus(slice.free, amounts)
  slice.out += 1
  slice.used_at = now
  return slice
}

/** Gives back what a call held and did not use. */
export function giveBack(slice: Slice, held: Amounts, used: Amounts): void {
  const left = minus(held, used)
  slice.free = plus(slice.free, {
    cost_micro_usd: Math.max(0, left.cost_micro_usd),
    tokens: Math.max(0, left.tokens),
  })
}

/** Whether less than half of what should be held ahead is there. */
export function isLow({ slices, width, each }: ReservationPool): boolean {
  const free = slices
    .filter(({ retired }) => !retired)
    .reduce<Amounts>((sum, slice) => plus(sum, slice.free), { cost_micro_usd: 0, tokens: 0 })
  const half = width / 2
  return !fits({ cost_micro_usd: each.cost_micro_usd * half, tokens: each.tokens * half }, free)
}

/** A call had to wait: more is held ahead the next time. */
export function widened(width: number): number {
  return Math.min(width_max, width * 2)
}

/** Takes the slices out that are to be given back: nobody draws from them, or has for a while, or can. */
export function takeIdle(pool: ReservationPool, idle_since: number): readonly Slice[] {
  const isIdle = (slice: Slice): boolean => {
    const { out, retired, broken, used_at, free } = slice
    if (out > 0 || broken) return false
    const isUsedUp = pool.slices.length > 1 && !fits(pool.each, free)
    return retired || used_at <= idle_since || isUsedUp || (free.cost_micro_usd === 0 && free.tokens === 0)
  }
  const idle = pool.slices.filter(isIdle)
  if (idle.length > 0) pool.slices = pool.slices.filter((slice) => !idle.includes(slice))
  return idle
}
