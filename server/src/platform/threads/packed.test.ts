import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createTurns } from '../turns.ts'
import { packed, unpacked } from './packed.ts'

const there = (value: unknown) => unpacked(packed(value), createTurns())

it('gives any value as it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      expect(await there(value)).toEqual(value)
    }),
  )
})

const many = Array.from({ length: 30_000 }, (_, at) => at)

it.each([
  ['a list', many],
  ['an object', Object.fromEntries(many.map((at) => [`k${at}`, { at }]))],
  ['lists in lists', [many, [[many, 'x'], { a: many, b: 1, c: many }], 'y']],
  ['a long text among others', ['a', 'x'.repeat(3_000_000), { b: 'y'.repeat(3_000_000), c: [] }]],
  ['what is absent', { a: undefined, b: many.map(() => undefined) }],
])('parts what is large: %s', async (_, value) => {
  const parts = packed(value)
  expect(parts.length).toBeGreaterThan(1)
  const read = await unpacked(parts, createTurns())
  expect(read).toEqual(value)
  expect(JSON.stringify(read)).toBe(JSON.stringify(value))
})

it('lets others in between the parts', async () => {
  const order: string[] = []
  const parts = packed(Array.from({ length: 400_000 }, () => ({})))
  const reading = unpacked(parts, createTurns()).then(() => order.push('read'))
  setImmediate(() => order.push('another'))
  await reading
  expect(order).toEqual(['another', 'read'])
})
