/** A cache in memory, bounded in number and bytes; the least recently used entry goes first (`AnswerStore`). */
import { limits } from '@muster/contract/limits'

export interface AnswerStore<Value> {
  get(key: string): Value | undefined
  /** Does nothing where it is too large to be kept beside others. */
  set(key: string, value: Value, options: { readonly bytes: number; readonly ttl_ms: number }): void
  /** Drops all whose keys begin so. */
  forget(prefix: string): void
  entries(): number
  bytes(): number
}

export interface AnswerStoreOptions {
  readonly entries_max?: number
  readonly bytes_max?: number
  readonly now?: () => number
}

interface Entry<Value> {
  readonly value: Value
  readonly bytes: number
  readonly until_ms: number
}

/** The share of the whole cache that one answer may take. */
const share_max = 1 / 8

export function createAnswerStore<Value>({
  entries_max = limits.model_cache_entries_max,
  bytes_max = limits.model_cache_bytes_max,
  now = () => performance.now(),
}: AnswerStoreOptions = {}): AnswerStore<Value> {
  // In the order of last use.
  const entries = new Map<string, Entry<Value>>()
  let total = 0
  const drop = (key: string): void => {
    total -= entries.get(key)?.bytes ?? 0
    entries.delete(key)
  }
  return {
    get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      if (entry.until_ms <= now()) {
        drop(key)
        return undefined
      }
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    set(key, value, { bytes, ttl_ms }) {
      if (bytes > bytes_max * share_max) return
      drop(key)
      entries.set(key, { value, bytes, until_ms: now() + ttl_ms })
      total += bytes
      for (const oldest of entries.keys()) {
        if (entries.size <= entries_max && total <= bytes_max) return
        drop(oldest)
      }
    },
    forget(prefix) {
      for (const key of [...entries.keys()]) if (key.startsWith(prefix)) drop(key)
    },
    entries: () => entries.size,
    bytes: () => total,
  }
}
