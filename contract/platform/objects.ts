import type { Json } from '../values.ts'

/** Whether a value has fields; lists have none. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field of a value that may be anything; undefined where there is none. */
export function fieldOf(value: unknown, name: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** The keys of a table that is written out in the code: it has no others than its type says. */
export function keysOf<Table extends object>(table: Table): (keyof Table & string)[] {
  return Object.keys(table) as (keyof Table & string)[]
}

/** A table with a value for each of the keys. */
export function tableOf<Key extends string, Value>(
  keys: readonly Key[],
  valueFor: (key: Key) => Value,
): Readonly<Record<Key, Value>> {
  return Object.fromEntries(keys.map((key) => [key, valueFor(key)])) as Readonly<Record<Key, Value>>
}

/** The value of a JSON text. Throws a `SyntaxError` where it is none. */
export function parseJson(text: string): Json {
  return JSON.parse(text)
}
