/** Counts in fixed windows of time, such as requests a minute for one key. */
export interface Windows {
  /** Counts one more. Undefined: it fits; else how long until the window ends. */
  take(key: string, max: number): number | undefined
  /** Counts so many more, whether or not they fit, and gives the window by its end. */
  add(key: string, amount: number): number
  /** Takes back what `add` counted too much, unless that window is over. */
  release(key: string, amount: number, ends_at: number): void
  /** Milliseconds until the window ends where it is full; counts nothing. */
  blockedMs(key: string, max: number): number | undefined
}

/** Counts are kept in memory for at most `keys_max` keys: the oldest windows go first. */
export function createWindows(options: {
  readonly window_ms: number
  readonly keys_max: number
  now(): number
}): Windows {
  const { window_ms, keys_max, now } = options
  const windows = new Map<string, { count: number; readonly ends_at: number }>()

  function find(key: string): { count: number; readonly ends_at: number } | undefined {
    const window = windows.get(key)
    if (window === undefined || window.ends_at > now()) return window
    windows.delete(key)
    return undefined
  }

  function current(key: string): { count: number; readonly ends_at: number } {
    const openWindow = find(key)
    if (openWindow !== undefined) return openWindow
    const window = { count: 0, ends_at: now() + window_ms }
    windows.set(key, window)
    if (windows.size > keys_max) windows.delete(windows.keys().next().value ?? '')
    return window
  }

  return {
    take(key, max) {
      const window = current(key)
      if (window.count >= max) return window.ends_at - now()
      window.count += 1
      return undefined
    },
    add(key, amount) {
      const window = current(key)
      window.count += amount
      return window.ends_at
    },
    release(key, amount, ends_at) {
      const window = find(key)
      if (window?.ends_at === ends_at) window.count -= amount
    },
    blockedMs(key, max) {
      const window = find(key)
      return window !== undefined && window.count >= max ? window.ends_at - now() : undefined
    },
  }
}
