import { fieldOf } from '@muster/contract/platform/objects'
import type { FieldChange } from '../ui/text/diff.tsx'

const changes_max = 200

/** The differences of two JSON values, field by field, at JSON Pointers; lists are compared by place. */
export function compareValues(before: unknown, after: unknown): readonly FieldChange[] {
  const changes: FieldChange[] = []
  const queue: { readonly path: string; readonly before: unknown; readonly after: unknown }[] = [
    { path: '', before, after },
  ]
  for (let next = queue.shift(); next !== undefined && changes.length < changes_max; next = queue.shift()) {
    const { path } = next
    if (Object.is(next.before, next.after)) continue
    if (!isTree(next.before) || !isTree(next.after) || Array.isArray(next.before) !== Array.isArray(next.after)) {
      changes.push(changeOf(next))
      continue
    }
    const [one, other] = [next.before, next.after]
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const step = key.replaceAll('~', '~0').replaceAll('/', '~1')
      queue.push({ path: `${path}/${step}`, before: one[key], after: other[key] })
    }
  }
  return changes
}

type Tree = Readonly<Record<string, unknown>>

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null
}

function changeOf({
  path,
  before,
  after,
}: {
  readonly path: string
  readonly before: unknown
  readonly after: unknown
}): FieldChange {
  if (before === undefined) return { op: 'add', path, after }
  if (after === undefined) return { op: 'remove', path, before }
  return { op: 'replace', path, before, after }
}

/** The value at a JSON Pointer; undefined where it leads nowhere. */
export function atPointer(value: unknown, pointer: string): unknown {
  let current = value
  for (const step of pointer.split('/').slice(1)) {
    current = fieldOf(current, step.replaceAll('~1', '/').replaceAll('~0', '~'))
  }
  return current
}
