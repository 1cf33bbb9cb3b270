/** Differences between two JSON values: pure. */
import type { Difference } from '@muster/contract/state/documents'
import type { Json } from '@muster/contract/values'

export interface Differences {
  readonly changes: readonly Difference[]
  /** Whether there were more than are given. */
  readonly truncated: boolean
}

/**
 * The differences at JSON Pointers (RFC 6901), such that applying them one after the other to `before` gives `after`.
 * Undefined is an absent document. Objects are compared by name, lists by place after what they begin and end with alike.
 */
export function differences(before: Json | undefined, after: Json | undefined, changes_max: number): Differences {
  const changes: Difference[] = []
  compare({ changes, changes_max: changes_max + 1 }, '', [before, after])
  return { changes: changes.slice(0, changes_max), truncated: changes.length > changes_max }
}

interface Search {
  readonly changes: Difference[]
  readonly changes_max: number
}

type Pair = readonly [Json | undefined, Json | undefined]

function compare(search: Search, path: string, [before, after]: Pair): void {
  if (before === after || search.changes.length >= search.changes_max) return
  if (before === undefined) add(search, { op: 'add', path, after })
  else if (after === undefined) add(search, { op: 'remove', path, before })
  else if (isList(before) && isList(after)) compareLists(search, path, [before, after])
  else if (isObject(before) && isObject(after)) compareObjects(search, path, [before, after])
  else add(search, { op: 'replace', path, before, after })
}

function add(
  { changes, changes_max }: Search,
  difference: { op: Difference['op']; path: string; before?: Json | undefined; after?: Json | undefined },
): void {
  // What is absent is left out, so nothing here is undefined.
  if (changes.length < changes_max) changes.push(difference as Difference)
}

type JsonMap = { readonly [key: string]: Json }

function compareObjects(search: Search, path: string, [before, after]: readonly [JsonMap, JsonMap]): void {
  for (const key of Object.keys(before)) {
    const next = Object.hasOwn(after, key) ? after[key] : undefined
    compare(search, `${path}/${escapeKey(key)}`, [before[key], next])
  }
  for (const key of Object.keys(after))
    if (!Object.hasOwn(before, key)) compare(search, `${path}/${escapeKey(key)}`, [undefined, after[key]])
}

/** Equal items at both ends are skipped; between, items are compared by place, then the rest is added or removed. */
function compareLists(
  search: Search,
  path: string,
  [before, after]: readonly [readonly Json[], readonly Json[]],
): void {
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && isSame(before[head], after[head])) head += 1
  let tail = 0
  while (tail < shorter - head && isSame(before[before.length - 1 - tail], after[after.length - 1 - tail])) tail += 1
  const [beforeEnd, afterEnd] = [before.length - tail, after.length - tail]
  const both = Math.min(beforeEnd, afterEnd)
  for (let at = head; at < both; at += 1) compare(search, `${path}/${at}`, [before[at], after[at]])
  for (let at = both; at < afterEnd; at += 1) compare(search, `${path}/${at}`, [undefined, after[at]])
  // From the back, so that the places before stay where they are.
  for (let at = beforeEnd - 1; at >= both; at -= 1) compare(search, `${path}/${at}`, [before[at], undefined])
}

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (isList(a) && isList(b)) return a.length === b.length && a.every((item, at) => isSame(item, b[at]))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
}

const escapeKey = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function isObject(value: Json | undefined): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
