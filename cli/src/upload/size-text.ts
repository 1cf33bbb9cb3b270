const units = ['B', 'KB', 'MB', 'GB'] as const

/** A size in bytes as text, in steps of 1,024 and with one decimal at most: 64 MB. */
export function sizeText(size_bytes: number): string {
  let value = size_bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${Math.round(value * 10) / 10} ${units[unit]}`
}
