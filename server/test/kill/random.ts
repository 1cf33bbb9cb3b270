/** Numbers that a seed repeats (mulberry32), so that a round can be run again. */
export interface Random {
  /** From 0 up to, and without, 1. */
  next(): number
  /** From `from` to `to`, both included. */
  integer(from: number, to: number): number
  chance(share: number): boolean
  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T
}

/** `parts` are mixed into the seed: a round has numbers of its own, whatever the rounds before have drawn. */
export function createRandom(seed: number, ...parts: readonly number[]): Random {
  let state = parts.reduce((mixed, part) => Math.imul(mixed ^ part, 0x9e37_79b1) >>> 0, seed >>> 0)
  const next = (): number => {
    state = (state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    integer,
    chance: (share) => next() < share,
    pick(items) {
      const item = items[integer(0, items.length - 1)]
      if (item === undefined) throw new Error('there is nothing to pick from')
      return item
    },
  }
}
