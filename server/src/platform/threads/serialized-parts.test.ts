import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createYielder } from '../concurrency/event-loop.ts'
import { deserializeParts, serializeParts } from './serialized-parts.ts'

const there = (value: unknown) => deserializeParts(serializeParts(value), createYielder())

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
  const parts = serializeParts(value)
  expect(parts.length).toBeGreaterThan(1)
  const read = await deserializeParts(parts, createYielder())
  expect(read).toEqual(value)
  expect(JSON.stringify(read)).toBe(JSON.stringify(value))
})

it('lets others in between the parts', async () => {
  const order: string[] = []
  const parts = serializeParts(Array.from({ length: 400_000 }, () => ({})))
  const reading = deserializeParts(parts, createYielder()).then(() => order.push('read'))
  setImmediate(() => order.push('another'))
  await reading
  expect(order).toEqual(['another', 'read'])
})
