const units = ['B', 'KB', 'MB', 'GB'] as const

/** Bytes with one decimal at most, in powers of 1,024: 1.2 KB. */
export function bytes(count: number): string {
  let value = count
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  const roundedValue = value < 10 && unit > 0 ? Math.round(value * 10) / 10 : Math.round(value)
  return `${roundedValue} ${units[unit]}`
}

/** Micro-USD as dollars: four decimals below a dollar, two above. */
export function money(micro_usd: number): string {
  const dollars = micro_usd / 1_000_000
  const digits = dollars !== 0 && Math.abs(dollars) < 1 ? 4 : 2
  return `$${dollars.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: digits })}`
}

/** An integer with separators. */
export function count(value: number): string {
  return value.toLocaleString('en')
}

/** A share of one as a percentage. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`
}

/** A length of time in its two largest units: 2 min 5 s. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  const s = Math.round(ms / 1000)
  if (s < 60) return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${s} s`
  const min = Math.floor(s / 60)
  if (min < 60) return s % 60 === 0 ? `${min} min` : `${min} min ${s % 60} s`
  const h = Math.floor(min / 60)
  if (h < 24) return min % 60 === 0 ? `${h} h` : `${h} h ${min % 60} min`
  const d = Math.floor(h / 24)
  return h % 24 === 0 ? `${d} d` : `${d} d ${h % 24} h`
}

/** `in_review` as words: In review. */
export function words(state: string): string {
  const text = state.replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The noun with its number: 1 task, 3 tasks. */
export function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`
}
