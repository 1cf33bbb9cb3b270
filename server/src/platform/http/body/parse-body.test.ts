import { limits } from '@muster/contract/limits'
import { createGoal } from '@muster/contract/planner/goals/goal.operations'
import { putDocument } from '@muster/contract/state/operations'
import { describe, expect, it } from 'vitest'
import { testBounded } from '../../../../test/bounded.ts'
import { MusterError } from '../../errors.ts'
import type { Bounded } from '../../threads/bounded.ts'
import { jsonShape } from './json-shape.ts'
import { createParseBody } from './parse-body.ts'

const bounded = testBounded()
const parseBody = createParseBody(bounded)
const { signal } = new AbortController()
const put = (text: string, parse = parseBody, encoding: BufferEncoding = 'utf8') =>
  parse(putDocument, [Buffer.from(text, encoding)], signal)
const list = (count: number, item: string): string => `{"value":[${Array(count).fill(item).join(',')}]}`
const names = (count: number): string =>
  `{"value":{${Array.from({ length: count }, (_, at) => `"k${at}":1`).join(',')}}}`

describe('the shape of a JSON text', () => {
  it.each([
    ['1', { depth: 0, values: 1, names: 0 }],
    ['[]', { depth: 1, values: 1, names: 0 }],
    ['[ ]', { depth: 1, values: 1, names: 0 }],
    ['[1]', { depth: 1, values: 2, names: 0 }],
    ['{"a,b:[":"\\",{\\\\","c":[{},[] , 2]}', { depth: 3, values: 6, names: 2 }],
  ])('%s', (text, shape) => {
    expect(jsonShape(Buffer.from(text), 10)).toEqual(shape)
  })

  it('is not looked at behind the greatest depth', () => {
    expect(jsonShape(Buffer.from('['.repeat(1000)), 10).depth).toBe(11)
  })
})

describe('a large body', () => {
  it('is what it is when it is small, with defaults filled in', async () => {
    const tasks = Array.from({ length: 5_000 }, (_, at) => ({ key: `t${at}`, capability: 'noop' }))
    const body = { project_id: '01890000-0000-7000-8000-000000000000', title: 'x', plan: { tasks } }
    const large = await parseBody(createGoal, [Buffer.from(JSON.stringify(body))], signal)
    expect(large).toEqual(createGoal.body.parse(body))
  })

  it('may come in pieces, of which some are parts of one buffer', async () => {
    const bytes = Buffer.from(list(50_000, '[]'))
    const chunks = [bytes.subarray(0, 1000), Buffer.from(bytes.subarray(1000, 70_000)), bytes.subarray(70_000)]
    expect(await parseBody(putDocument, chunks, signal)).toEqual(JSON.parse(list(50_000, '[]')))
    expect(bytes.length).toBeGreaterThan(0)
  })

  it.each([
    ['values', list(limits.body_values_max, '[]'), limits.body_values_max],
    ['values, small enough to be counted at once', list(limits.body_values_max, '1'), limits.body_values_max],
    ['different field names', names(limits.body_names_max + 1), limits.body_names_max],
  ])('has no more %s than it may have', async (_, text, limit) => {
    const detail = { limit, value: expect.any(Number), remedy: expect.any(String) }
    await expect(put(text)).rejects.toMatchObject({ code: 'too_large', detail })
  })

  it('may have as many as that', async () => {
    expect(await put(list(limits.body_values_max - 10, '[]'))).toMatchObject({
      value: { length: limits.body_values_max - 10 },
    })
    expect(await put(names(limits.body_names_max - 1))).toHaveProperty('value.k1', 1)
  })

  it.each([
    ['broken', `${list(50_000, '[]')},`, { code: 'unparseable' }],
    ['no UTF-8', list(50_000, '"\u00ff"'), { code: 'unparseable' }, 'latin1' as const],
    ['a field that is not known', list(50_000, '[]').replace('"value"', '"val"'), { code: 'invalid' }],
    ['the name __proto__', list(50_000, '{"__proto__":1}'), { code: 'invalid', detail: { field: '__proto__' } }],
    ['too deep', `{"value":${'['.repeat(100)}${list(50_000, '[]')}`, { code: 'invalid' }],
  ])('is refused as a small one is: %s', async (_, text, failure, encoding: BufferEncoding = 'utf8') => {
    const small = await put(text, createParseBody(undefined), encoding).catch((error: unknown) => error)
    const large = await put(text, parseBody, encoding).catch((error: unknown) => error)
    expect(small).toBeInstanceOf(MusterError)
    expect(large).toEqual(small)
    expect(large).toMatchObject(failure)
  })

  it('is given up with its request, and leaves room for the next', async () => {
    const leaving = new AbortController()
    const body = Buffer.from(list(limits.body_values_max - 10, '[]'))
    const parsing = parseBody(putDocument, [Buffer.from(body)], leaving.signal)
    leaving.abort()
    await expect(parsing).rejects.toMatchObject({ code: 'unavailable' })
    expect(await parseBody(putDocument, [body], signal)).toHaveProperty('value')
  })

  it('waits for its turn only while there is room in memory', async () => {
    const ends: (() => void)[] = []
    const held: Pick<Bounded, 'run'> = {
      run: () => new Promise((_, reject) => ends.push(() => reject(new MusterError('unavailable', 'Gone.')))),
    }
    const parse = createParseBody(held)
    const large = () => [Buffer.alloc(limits.bodies_waiting_bytes_max / 4, 0x20)]
    const waiting = Array.from({ length: 4 }, () => parse(putDocument, large(), signal))
    await expect(parse(putDocument, large(), signal)).rejects.toThrow('Too many large requests')
    for (const end of ends) end()
    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(Array(4).fill('rejected'))
    const next = parse(putDocument, large(), signal)
    ends.at(-1)?.()
    await expect(next).rejects.toThrow('Gone.')
  })
})
