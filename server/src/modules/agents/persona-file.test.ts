import { describe, expect, it } from 'vitest'
import { readSoul } from './persona-file.ts'

describe('the text of a persona', () => {
  it('is refused where its front matter spells what no database keeps', () => {
    expect(() => readSoul('---\nname: "A\\0da"\n---\n')).toThrow(/null characters/)
    expect(() => readSoul('---\nname: Ada\ndirectives: ["Count\\0."]\n---\n')).toThrow(/null characters/)
    expect(readSoul('---\nname: Ada\n---\nCounts.')).toMatchObject({ name: 'Ada', story: 'Counts.' })
  })
})
