import { fieldOf } from '../../platform/objects.ts'

/** References between tasks: `{"$from": key ".output" { "." name | "[" n "]" }}` anywhere inside an input. */

export interface Reference {
  /** The task, or one of the words `item`, `index`, `previous` inside an expansion. */
  readonly key: string
  readonly path: readonly (string | number)[]
}

const grammar = /^([A-Za-z0-9_][A-Za-z0-9_-]*(?:\[\d{1,9}\])?)((?:\.[^.[\]\s]+|\[\d{1,9}\])*)$/
const step = /\.([^.[\]\s]+)|\[(\d{1,9})\]/g
const own_words = ['output', 'item', 'index'] as const
const inner_words: ReadonlySet<string> = new Set(['item', 'index'])

/** The document that holds what a task without `writes` gave. */
export function resultDocument({
  goal_id,
  key,
  task_id,
}: {
  readonly goal_id: string | null
  readonly key: string
  readonly task_id: string
}): string {
  return goal_id === null ? `tasks/${task_id}` : `goals/${goal_id}/${key}`
}

/** Null where the text does not follow the grammar. `item`, `index` and `goal.artifacts` need no `.output`. */
export function parseReference(text: string): Reference | null {
  const found = grammar.exec(text)
  if (!found) return null
  const [, key = '', rest = ''] = found
  if (key === 'goal' && (rest === '.artifacts' || rest.startsWith('.artifacts[') || rest.startsWith('.artifacts.')))
    return parsePath('goal', rest)
  const bare = key.replace(/\[\d+\]$/, '')
  if (inner_words.has(bare)) return parsePath(bare, key.slice(bare.length) + rest)
  if (rest !== '.output' && !rest.startsWith('.output.') && !rest.startsWith('.output[')) return null
  return parsePath(key, rest.slice('.output'.length))
}

function parsePath(key: string, rest: string): Reference {
  const path = [...rest.matchAll(step)].map(([, name, index]) => (index === undefined ? (name ?? '') : Number(index)))
  return { key, path }
}

/** Whether a value of an input is a reference to the output of another task. */
export function isReference(value: unknown): value is { readonly $from: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const keys = Object.keys(value)
  return keys.length === 1 && keys[0] === '$from' && typeof fieldOf(value, '$from') === 'string'
}

/** Every reference inside a value. The walk has a stack of its own; the contract bounds the depth. */
export function referencesIn(value: unknown): string[] {
  const found: string[] = []
  const pending: unknown[] = [value]
  while (pending.length > 0) {
    const next = pending.pop()
    if (isReference(next)) found.push(next.$from)
    else if (typeof next === 'object' && next !== null) for (const item of Object.values(next)) pending.push(item)
  }
  return found
}

/** The value at the reference's path, or undefined where it leads nowhere. */
export function valueAt(value: unknown, path: Reference['path']): unknown {
  let found = value
  for (const part of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return undefined
    found = fieldOf(found, part)
  }
  return found
}

/** The value with every reference replaced by what `lookup` gives for it. Depth is bounded by the contract. */
export function resolveReferences(value: unknown, lookup: (reference: string) => unknown): unknown {
  if (isReference(value)) return lookup(value.$from)
  if (Array.isArray(value)) return value.map((item) => resolveReferences(item, lookup))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveReferences(item, lookup)]))
}

/** What a reference inside a task's own writes stands for: `output`, `item` or `index`, with a path behind. */
export function parseOwnReference(
  text: string,
): { readonly word: 'output' | 'item' | 'index'; readonly path: Reference['path'] } | null {
  const [, first, rest = ''] = /^(output|item|index)((?:\.[^.[\]\s]+|\[\d{1,9}\])*)$/.exec(text) ?? []
  const word = own_words.find((one) => one === first)
  return word === undefined ? null : { word, path: parsePath('', rest).path }
}
