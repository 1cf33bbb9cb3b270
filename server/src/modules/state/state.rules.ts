/** Applies typed operations to a document's value: pure. */
import { isObject } from '@muster/contract/platform/objects'
import type { ResolvedOperation } from './state.port.ts'

export class OperationError extends Error {}

/** Applies one operation. `current` is undefined where the document is absent. Never changes its argument. */
export function applyOperation(current: unknown, operation: Pick<ResolvedOperation, 'op' | 'path' | 'value'>): unknown {
  const { op, path } = operation
  const value: unknown = JSON.parse(operation.value)
  if (op === 'create' && path === '' && current !== undefined) throw new OperationError('the document already exists')
  return change(current, pointer(path), (target) => valueAfter(op, target, value))
}

function valueAfter(op: ResolvedOperation['op'], current: unknown, value: unknown): unknown {
  switch (op) {
    case 'create':
      if (current !== undefined) throw new OperationError('the path already has a value')
      return value
    case 'set':
      return value
    case 'merge':
      return mergePatch(current, value)
    case 'append':
      if (current !== undefined && !Array.isArray(current))
        throw new OperationError('the value at the path is not a list')
      return [...((current as readonly unknown[] | undefined) ?? []), value]
    case 'increment':
      if (current !== undefined && typeof current !== 'number')
        throw new OperationError('the value at the path is not a number')
      if (typeof value !== 'number' || !Number.isFinite(value)) throw new OperationError('`by` is not a number')
      return finite((current ?? 0) + value)
  }
}

function finite(sum: number): number {
  if (!Number.isFinite(sum)) throw new OperationError('the sum is not a finite number')
  return sum
}

/** JSON Merge Patch (RFC 7396 §2). */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = Object.assign(Object.create(null), isObject(target) ? target : {})
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return { ...result }
}

/** The segments of a JSON Pointer (RFC 6901). */
export function pointer(path: string): readonly string[] {
  if (path === '') return []
  if (!path.startsWith('/')) throw new OperationError(`the path ${JSON.stringify(path)} does not start with "/"`)
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function change(current: unknown, path: readonly string[], work: (value: unknown) => unknown): unknown {
  const [name, ...rest] = path
  if (name === undefined) return work(current)
  if (name === '__proto__') throw new OperationError('the path contains __proto__')
  if (Array.isArray(current)) {
    const index = name === '-' ? current.length : /^(?:0|[1-9]\d{0,8})$/.test(name) ? Number(name) : -1
    if (index < 0 || index > current.length) throw new OperationError(`the list has no index ${JSON.stringify(name)}`)
    const copy: unknown[] = [...current]
    copy[index] = change(current[index], rest, work)
    return copy
  }
  if (current !== undefined && !isObject(current))
    throw new OperationError(`${JSON.stringify(name)} is below a value that is not an object`)
  const child = current !== undefined && Object.hasOwn(current, name) ? current[name] : undefined
  return { ...current, [name]: change(child, rest, work) }
}
