import type { Event } from '@muster/contract/events'
import { describe, expect, it } from 'vitest'
import { csvLine } from './export.ts'

const event = {
  number: 7,
  at: '2026-01-01T00:00:00Z',
  type: 'task.done',
  actor: { kind: 'key', id: 'k' },
  data: {},
} as unknown as Event

describe('a line of CSV', () => {
  it('quotes what has commas, quotes and line ends', () => {
    const line = csvLine({ ...event, data: { said: 'one, "two"\nthree' } } as unknown as Event)
    expect(line).toBe('7,2026-01-01T00:00:00Z,task.done,key,k,,,,,"{""said"":""one, \\""two\\""\\nthree""}"\r\n')
  })

  it('lets nothing be a formula', () => {
    expect(
      csvLine({ ...event, actor: { kind: 'key', id: 'k', name: '=HYPERLINK("x")' } } as unknown as Event),
    ).toContain(`"'=HYPERLINK(""x"")"`)
  })
})
