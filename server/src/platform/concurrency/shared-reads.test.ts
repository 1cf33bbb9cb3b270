import { expect, it } from 'vitest'
import { createSharedReads } from './shared-reads.ts'

/** Reads that end when they are told to. */
function slowReads() {
  const asked: { readonly key: string; resolve(value: number): void; reject(error: Error): void }[] = []
  const read = createSharedReads<number>(
    (key) => new Promise((resolve, reject) => void asked.push({ key, resolve, reject })),
  )
  return { asked, read }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

it('shares a read that began after everybody who gets it had asked', async () => {
  const { asked, read } = slowReads()
  const first = read('a')
  const [second, third] = [read('a'), read('a')]
  expect(asked).toHaveLength(1)
  asked[0]?.resolve(1)
  expect(await first).toBe(1)
  await turn()
  expect(asked).toHaveLength(2)
  const fourth = read('a')
  asked[1]?.resolve(2)
  expect(await Promise.all([second, third])).toEqual([2, 2])
  await turn()
  asked[2]?.resolve(3)
  expect(await fourth).toBe(3)
})

it('keeps keys apart, and begins anew when nothing is under way', async () => {
  const { asked, read } = slowReads()
  const both = [read('a'), read('b')]
  expect(asked.map(({ key }) => key)).toEqual(['a', 'b'])
  for (const one of asked) one.resolve(1)
  await Promise.all(both)
  await turn()
  void read('a')
  expect(asked).toHaveLength(3)
})

it('tells a failure to those who shared it alone', async () => {
  const { asked, read } = slowReads()
  const first = read('a')
  const second = read('a')
  asked[0]?.reject(new Error('away'))
  await expect(first).rejects.toThrow('away')
  await turn()
  asked[1]?.resolve(2)
  expect(await second).toBe(2)
})
