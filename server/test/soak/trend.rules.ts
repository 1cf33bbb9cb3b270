/** What was measured at one moment. Bytes are of the whole process, of the main thread, and of the database's thread. */
export interface Sample {
  readonly at_min: number
  readonly resident_bytes: number
  readonly heap_bytes: number
  readonly database_heap_bytes: number | undefined
  /** Since the start of the process. */
  readonly statements: number
  readonly transactions: number
  /** What PostgreSQL counts, of all its clients. */
  readonly commits: number | undefined
  readonly delay_max_ms: number
}

export interface Trend {
  readonly what: string
  readonly mean_bytes: number
  readonly bytes_a_minute: number
  /** By the line through all samples, over the time they span. */
  readonly growth_bytes: number
  readonly is_flat: boolean
}

const megabyte = 1024 * 1024
/** What garbage collection alone moves a heap by. */
const noise = { share: 0.1, bytes: 10 * megabyte } as const

/** The slope of the line that fits best (least squares); 0 for fewer than two points. */
export function slopeOf(points: readonly (readonly [number, number])[]): number {
  const count = points.length
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / count
  const [mean_x, mean_y] = [mean(0), mean(1)]
  const spread = points.reduce((sum, [x]) => sum + (x - mean_x) ** 2, 0)
  if (spread === 0 || count < 2) return 0
  return points.reduce((sum, [x, y]) => sum + (x - mean_x) * (y - mean_y), 0) / spread
}

/** Whether memory stays where it is once the process is warm: it does not grow by more than collections move it. */
export function trendsOf(samples: readonly Sample[], { warm_up_min }: { readonly warm_up_min: number }): Trend[] {
  const warm = samples.filter(({ at_min }) => at_min >= warm_up_min)
  const measured = {
    resident: ({ resident_bytes }: Sample) => resident_bytes,
    'heap of the main thread': ({ heap_bytes }: Sample) => heap_bytes,
    'heap of the database': ({ database_heap_bytes }: Sample) => database_heap_bytes,
  }
  return Object.entries(measured).flatMap(([what, read]) => {
    const points = warm.flatMap((sample) => {
      const bytes = read(sample)
      return bytes === undefined ? [] : [[sample.at_min, bytes] as const]
    })
    return points.length === 0 ? [] : [trendOf(what, points)]
  })
}

function trendOf(what: string, points: readonly (readonly [number, number])[]): Trend {
  const bytes_a_minute = slopeOf(points)
  const mean_bytes = points.reduce((sum, [, bytes]) => sum + bytes, 0) / points.length
  const growth_bytes = bytes_a_minute * ((points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0))
  const is_flat = growth_bytes <= Math.max(noise.bytes, noise.share * mean_bytes)
  return { what, mean_bytes, bytes_a_minute, growth_bytes, is_flat }
}

/** How fast a counter went on once the process was warm. */
export function rateOf(
  samples: readonly Sample[],
  { of, warm_up_min }: { of: (sample: Sample) => number | undefined; readonly warm_up_min: number },
): number | undefined {
  const [first, last] = [samples.find(({ at_min }) => at_min >= warm_up_min), samples.at(-1)]
  const [from, to] = [first && of(first), last && of(last)]
  if (!first || !last || from === undefined || to === undefined || last.at_min <= first.at_min) return undefined
  return (to - from) / (last.at_min - first.at_min)
}
