import { expect, it } from 'vitest'
import { runLarge } from './large.ts'
import { stall_ms_max } from './run.ts'

/** The others are sent by `npm run test:stalls -- --large`. */
const fields: ReadonlySet<string> = new Set([
  'plan of many tasks',
  'plan of many edges',
  'document of lists',
  'document of names',
  'chat of many parts',
])

it(
  'no large body keeps the main thread from answering for longer than a tenth of a second',
  async () => {
    const results = await runLarge({ isWanted: (field) => fields.has(field) })
    expect(results.map(({ field, status }) => [field, status])).toEqual([
      ['plan of many tasks', 202],
      ['plan of many edges', 202],
      ['document of lists', 200],
      ['document of names', 200],
      ['chat of many parts', 200],
    ])
    expect(results.filter(({ max_ms }) => max_ms > stall_ms_max)).toEqual([])
  },
  5 * 60_000,
)
