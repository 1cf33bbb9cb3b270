/** How long another process may use an older version; this one sees its own changes at once. */
const cache_ms = 1_000
const cache_entries_max = 10_000

/** Keeps values for a while under keys that begin with their organization. A failure is not kept. */
export function createShortCache<Value>(now: () => number) {
  const entries = new Map<string, { readonly value: Promise<Value>; readonly until_ms: number }>()
  return {
    of(key: string, load: () => Promise<Value>): Promise<Value> {
      const entry = entries.get(key)
      if (entry && entry.until_ms > now()) return entry.value
      const value = load()
      entries.delete(key)
      entries.set(key, { value, until_ms: now() + cache_ms })
      if (entries.size > cache_entries_max) entries.delete(entries.keys().next().value ?? '')
      value.catch(() => entries.delete(key))
      return value
    },
    forget(organization_id: string): void {
      for (const key of entries.keys()) if (key.startsWith(organization_id)) entries.delete(key)
    },
  }
}
