const day_ms = 86_400_000

export interface Day {
  /** In UTC: 2026-03-01. */
  readonly date: string
  readonly cost_micro_usd: number
  readonly tokens: number
}

/** Every day from the first to the last, also those on which nothing was spent. */
export function everyDay(first: string, last: string, daysWithCosts: readonly Day[]): readonly Day[] {
  const dayByDate = new Map(daysWithCosts.map((day) => [day.date, day]))
  const days = Math.round((Date.parse(last) - Date.parse(first)) / day_ms) + 1
  return Array.from({ length: Math.max(0, days) }, (_, at) => {
    const date = new Date(Date.parse(first) + at * day_ms).toISOString().slice(0, 10)
    return dayByDate.get(date) ?? { date, cost_micro_usd: 0, tokens: 0 }
  })
}

/** The first of so many days that end today, in UTC. */
export function firstOf(days: number, now_ms: number): string {
  return new Date(now_ms - (days - 1) * day_ms).toISOString().slice(0, 10)
}
