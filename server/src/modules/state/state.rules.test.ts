import type { Json } from '@muster/contract/values'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { differences } from './difference.rules.ts'
import { applyUpdate } from './global-state.rules.ts'
import { applyOperation, mergePatch, OperationError, pointer } from './state.rules.ts'

// Through text and back, since JSON has no negative zero.
const plain = fc
  .jsonValue({ maxDepth: 4 })
  .filter((value) => !JSON.stringify(value).includes('__proto__'))
  .map(clone)
const key = fc.string({ maxLength: 5 }).filter((name) => name !== '__proto__')
const path = fc.array(key, { maxLength: 4 })
const toPointer = (parts: readonly string[]) =>
  parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

function clone(value: unknown): Json {
  return JSON.parse(JSON.stringify(value))
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const item of Object.values(Object.freeze(value))) frozen(item)
  return value
}

const apply = (current: unknown, op: 'create' | 'set' | 'merge' | 'append' | 'increment', at: string, value: unknown) =>
  applyOperation(current, { op, path: at, value: JSON.stringify(value) })

/** RFC 7396 §2 word for word, on copies. */
function naiveMerge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result = typeof target !== 'object' || target === null || Array.isArray(target) ? {} : clone(target)
  for (const [name, value] of Object.entries(patch)) {
    const object = result as Record<string, unknown>
    if (value === null) delete object[name]
    else object[name] = naiveMerge(object[name], value)
  }
  return result
}

describe('merge', () => {
  it('is RFC 7396', () => {
    fc.assert(
      fc.property(plain, plain, (target, patch) => {
        expect(mergePatch(frozen(target), frozen(patch))).toEqual(naiveMerge(target, patch))
      }),
    )
  })

  it('gives the examples of its appendix', () => {
    const examples: [unknown, unknown, unknown][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
      [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
      [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [
        ['a', 'b'],
        ['c', 'd'],
        ['c', 'd'],
      ],
      [{ a: 'foo' }, null, null],
      [{ a: 'foo' }, 'bar', 'bar'],
      [{ e: null }, { a: 1 }, { e: null, a: 1 }],
      [[1, 2], { a: 'b', c: null }, { a: 'b' }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ]
    for (const [target, patch, result] of examples) expect(mergePatch(target, patch)).toEqual(result)
  })

  it('twice is the same as once', () => {
    fc.assert(
      fc.property(plain, plain, (target, patch) => {
        expect(mergePatch(mergePatch(target, patch), patch)).toEqual(mergePatch(target, patch))
      }),
    )
  })
})

describe('set', () => {
  it('puts the value where the pointer says and leaves the rest', () => {
    fc.assert(
      fc.property(fc.dictionary(key, plain), path, plain, (current, parts, value) => {
        const at = toPointer(parts)
        let naive: unknown
        try {
          naive = naiveSet(clone(current), parts, value)
        } catch {
          expect(() => apply(frozen(current), 'set', at, value)).toThrow(OperationError)
          return
        }
        expect(apply(frozen(current), 'set', at, value)).toEqual(naive)
      }),
    )
  })

  it('makes what is absent on its way, and reads pointers as RFC 6901 says', () => {
    expect(apply(undefined, 'set', '/a/b', 1)).toEqual({ a: { b: 1 } })
    expect(apply({ list: [1, 2] }, 'set', '/list/-', 3)).toEqual({ list: [1, 2, 3] })
    expect(pointer('/a~1b/m~0n/')).toEqual(['a/b', 'm~n', ''])
    fc.assert(
      fc.property(path, (parts) => {
        expect(pointer(toPointer(parts))).toEqual(parts)
      }),
    )
  })

  it('refuses places that a list has not, and what nothing can stand below', () => {
    for (const at of [
      '/list/3',
      '/list/-1',
      '/list/x',
      '/list/',
      '/list/1e0',
      '/list/01',
      '/list/ 1',
      '/text/x',
      '/__proto__/x',
    ])
      expect(() => apply({ list: [1, 2], text: 'a' }, 'set', at, 0), at).toThrow(OperationError)
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })
})

function naiveSet(current: unknown, parts: readonly string[], value: Json): unknown {
  const [name, ...rest] = parts
  if (name === undefined) return value
  if (Array.isArray(current)) {
    const at = name === '-' ? current.length : Number(name)
    if (String(at) !== name && name !== '-') throw new Error('no index')
    if (!(at >= 0 && at <= current.length)) throw new Error('outside')
    current[at] = naiveSet(current[at], rest, value)
    return current
  }
  if (current !== undefined && (typeof current !== 'object' || current === null)) throw new Error('nothing below')
  const object = new Map(Object.entries(current ?? {}))
  object.set(name, naiveSet(object.get(name), rest, value))
  return Object.fromEntries(object)
}

describe('append and increment', () => {
  it('give the same whatever their order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1_000, max: 1_000 })), (numbers) => {
        let [sum, list]: unknown[] = [undefined, undefined]
        for (const one of numbers) {
          sum = apply(frozen(sum), 'increment', '/n', one)
          list = apply(frozen(list), 'append', '/l', one)
        }
        expect(sum).toEqual(numbers.length === 0 ? undefined : { n: numbers.reduce((a, b) => a + b, 0) })
        expect(list).toEqual(numbers.length === 0 ? undefined : { l: numbers })
      }),
    )
  })

  it('refuse what is no list and no number', () => {
    expect(() => apply({ a: 'x' }, 'append', '/a', 1)).toThrow(OperationError)
    expect(() => apply({ a: 'x' }, 'increment', '/a', 1)).toThrow(OperationError)
    expect(() => apply({ a: 1 }, 'increment', '/a', 'x')).toThrow(OperationError)
    expect(() => apply({ a: 1e308 }, 'increment', '/a', 1e308)).toThrow(OperationError)
  })
})

it('create needs an absent place', () => {
  expect(apply(undefined, 'create', '', { a: 1 })).toEqual({ a: 1 })
  expect(() => apply({ a: 1 }, 'create', '', {})).toThrow(OperationError)
  expect(() => apply({ a: 1 }, 'create', '/a', 2)).toThrow(OperationError)
  expect(apply({ a: 1 }, 'create', '/b', 2)).toEqual({ a: 1, b: 2 })
})

describe('differences', () => {
  it('applied one after the other lead from one to the other', () => {
    fc.assert(
      fc.property(fc.option(plain, { nil: undefined }), plain, (before, after) => {
        const { changes, truncated } = differences(before, after, 10_000)
        let value: unknown = before
        for (const change of changes)
          value = applied(value === undefined ? undefined : clone(value), pointer(change.path), change)
        expect(value).toEqual(after)
        expect(truncated).toBe(false)
        if (JSON.stringify(before) === JSON.stringify(after)) expect(changes).toEqual([])
      }),
    )
  })

  it('say what is one item longer, and no more', () => {
    expect(differences({ l: [1, 2, 3] }, { l: [1, 9, 2, 3] }, 10).changes).toEqual([
      { op: 'add', path: '/l/1', after: 9 },
    ])
    expect(differences({ 'a/b': 1, c: 2 }, { 'a/b': 2 }, 10).changes).toEqual([
      { op: 'replace', path: '/a~1b', before: 1, after: 2 },
      { op: 'remove', path: '/c', before: 2 },
    ])
  })

  it('are bounded', () => {
    const [before, after] = [0, 1].map((n) =>
      Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`k${at}`, n])),
    )
    const { changes, truncated } = differences(before, after, 1_000)
    expect([changes.length, truncated]).toEqual([1_000, true])
    expect(differences(before, after, 50_000)).toMatchObject({ truncated: false })
  })
})

function applied(value: unknown, parts: readonly string[], { op, after }: { op: string; after?: unknown }): unknown {
  const [name, ...rest] = parts
  if (name === undefined) return op === 'remove' ? undefined : after
  if (Array.isArray(value)) {
    const at = Number(name)
    if (rest.length > 0) value[at] = applied(value[at], rest, { op, after })
    else if (op === 'add') value.splice(at, 0, after)
    else if (op === 'remove') value.splice(at, 1)
    else value[at] = after
    return value
  }
  const object = new Map(Object.entries(value as object))
  if (rest.length === 0 && op === 'remove') object.delete(name)
  else object.set(name, applied(object.get(name), rest, { op, after }))
  return Object.fromEntries(object)
}

describe('global state', () => {
  const value = { goals: [{ goal_id: 'a', title: 'A', open: true }], note: 'n' }

  it('adds, updates and removes by id, after the merge patch', () => {
    const updates = {
      goals: [
        { action: 'update' as const, goal: { goal_id: 'a', open: null } },
        { action: 'add' as const, goal: { id: 'b' } },
      ],
      campaigns: [{ action: 'add' as const, campaign: { campaign_id: 'c' } }],
    }
    expect(applyUpdate(value, { merge: { note: null, more: 1 }, updates })).toEqual({
      goals: [{ goal_id: 'a', title: 'A' }, { id: 'b' }],
      campaigns: [{ campaign_id: 'c' }],
      more: 1,
    })
    expect(applyUpdate(value, { updates: { goals: [{ action: 'remove', goal: { goal_id: 'a' } }] } })).toEqual({
      goals: [],
      note: 'n',
    })
  })

  it('names the change that cannot be made', () => {
    const bad = [
      { action: 'add' as const, goal: { goal_id: 'a' } },
      { action: 'update' as const, goal: { goal_id: 'x' } },
      { action: 'remove' as const, goal: { goal_id: 'x' } },
      { action: 'add' as const, goal: { title: 'no id' } },
    ]
    for (const change of bad)
      expect(() => applyUpdate(value, { updates: { goals: [change] } })).toThrow(
        expect.objectContaining({ code: 'invalid', detail: expect.objectContaining({ field: 'updates.goals.0' }) }),
      )
  })
})
