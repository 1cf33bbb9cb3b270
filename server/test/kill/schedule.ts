import { createRandom, type Random } from './random.ts'

/** What is done to the installation in one round. `process` counts from 0. */
export type Fault =
  | { readonly kind: 'kill_point'; readonly process: number; readonly point: string; readonly hit: number }
  | { readonly kind: 'kill'; readonly process: number; readonly after_ms: number }
  | { readonly kind: 'stop'; readonly process: number; readonly after_ms: number }
  | { readonly kind: 'database_restart'; readonly mode: 'fast' | 'immediate'; readonly after_ms: number }
  | { readonly kind: 'database_cut'; readonly connections: number; readonly after_ms: number }
export type FaultKind = Fault['kind']
export const faultKinds = ['kill_point', 'kill', 'stop', 'database_restart', 'database_cut'] as const

export interface Round {
  readonly number: number
  readonly fault: Fault
}

export interface ScheduleOptions {
  readonly rounds: number
  readonly seed: number
  readonly database: 'embedded' | 'postgres'
  readonly processes: number
  readonly points: readonly string[]
  /** Only these kinds; absent: a mixture. */
  readonly kinds?: readonly FaultKind[] | undefined
}

/** Rounds between two restarts of the database, and between two stops past the lease, which take half a minute each. */
const restart_every = 20
const stop_every = 50
const hits_max = 2
const burst_ms = 1_200

/** The faults of a run, the same for the same seed. Each point comes round before any comes twice. */
export function scheduleOf(options: ScheduleOptions): Round[] {
  const { rounds, seed, points, processes } = options
  const order = shuffled(points, createRandom(seed))
  let next_point = 0
  return Array.from({ length: rounds }, (_, index): Round => {
    const number = index + 1
    const random = createRandom(seed, number)
    // One process has several rounds in a row: it is armed as it starts again after the round before.
    const process = Math.floor(index / 4) % processes
    const kind = kindOf(options, number, random)
    const after_ms = random.integer(0, burst_ms)
    if (kind !== 'kill_point') return { number, fault: timed({ kind, process, after_ms, random }) }
    const point = order[next_point % order.length] ?? ''
    next_point += 1
    return { number, fault: { kind, process, point, hit: random.integer(1, hits_max) } }
  })
}

function kindOf({ database, kinds, points }: ScheduleOptions, number: number, random: Random): FaultKind {
  if (kinds) return random.pick(kinds)
  if (database === 'postgres' && number % restart_every === restart_every / 2) return 'database_restart'
  if (number % stop_every === stop_every - 1) return 'stop'
  if (database === 'postgres' && random.chance(0.15)) return 'database_cut'
  return points.length > 0 && random.chance(0.75) ? 'kill_point' : 'kill'
}

function timed({
  kind,
  process,
  after_ms,
  random,
}: {
  readonly kind: Exclude<FaultKind, 'kill_point'>
  readonly process: number
  readonly after_ms: number
  readonly random: Random
}): Fault {
  switch (kind) {
    case 'kill':
    case 'stop':
      return { kind, process, after_ms }
    case 'database_restart':
      return { kind, mode: random.pick(['fast', 'immediate'] as const), after_ms }
    case 'database_cut':
      return { kind, connections: random.integer(1, 4), after_ms }
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const keyed = items.map((item) => ({ item, at: random.next() }))
  return keyed.sort((one, other) => one.at - other.at).map(({ item }) => item)
}
