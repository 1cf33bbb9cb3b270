import { describe, expect, it } from 'vitest'
import type { CheckInput } from './checks.types.ts'
import { citedArtifacts, grounding } from './grounding.ts'
import { textsOf } from './texts.ts'

const source = 'The bridge is closed. Trams stop at noon. Ferries run all night.'
const sources = new Map([['id-1', (start: number, end: number) => source.slice(start, end) || null]])

function check(output: unknown) {
  const input: CheckInput = {
    output,
    texts: textsOf(output),
    params: {},
    topics: [],
    topic_words: {},
    sources,
    scores: new Map(),
  }
  const { failed, of, evidence } = grounding(input)
  return { result: `${failed} of ${of}`, shown: evidence.map(({ text }) => text.trim()) }
}

function cite(byte_start: number, byte_end: number, artifact_id = 'id-1') {
  const marker = `[a.txt:${byte_start}-${byte_end}]`
  return { marker, artifact_id, name: 'a.txt', byte_start, byte_end }
}

const citations = [cite(0, 21), cite(22, 41), cite(42, 64)]

describe('grounding', () => {
  it('finds each cited sentence in its source, white space aside', () => {
    const text =
      '# Title\n\nThe bridge  is\nclosed. [a.txt:0-21]\nTrams stop at noon. [a.txt:22-41] Ferries run all night. [a.txt:42-64]\n'
    expect(check({ text, citations })).toEqual({ result: '0 of 3', shown: [] })
    expect(citedArtifacts({ text, citations })).toEqual(['id-1'])
  })

  it('goes red when one word differs, the range is another, or the source moved', () => {
    expect(check({ text: 'The bridge is open. [a.txt:0-21]', citations })).toEqual({
      result: '1 of 1',
      shown: ['The bridge is open. [a.txt:0-21]'],
    })
    expect(check({ text: 'The bridge is closed. [a.txt:22-41]', citations }).result).toBe('1 of 1')
    expect(check({ text: 'The bridge is closed. [a.txt:0-21]', citations: [cite(0, 21, 'id-2')] }).result).toBe(
      '1 of 1',
    )
  })

  it('goes red for a marker that stands for nothing', () => {
    expect(check({ text: 'The bridge is closed. [b.txt:0-21]', citations }).result).toBe('1 of 1')
  })

  it('lets a sentence be cited to two sources', () => {
    const both = [cite(0, 21), { ...cite(0, 21), marker: '[b.txt:0-21]' }]
    expect(check({ text: 'The bridge is closed. [a.txt:0-21] [b.txt:0-21]', citations: both }).result).toBe('0 of 2')
  })

  it('allows few sentences of its own, and names those that are too many', () => {
    const cited = 'The bridge is closed. [a.txt:0-21]\n'
    expect(check({ text: `It begins.\n${cited}`, citations }).result).toBe('0 of 1')
    expect(check({ text: `It begins. It goes on. And on.\n${cited}`, citations })).toEqual({
      result: '2 of 3',
      shown: ['It goes on.', 'And on.'],
    })
    expect(check({ text: 'One claim. Another claim. A third one.' }).result).toBe('2 of 2')
    expect(check({ title: 'Names and titles claim nothing. At all. Ever.' }).result).toBe('0 of 0')
  })

  it('takes lists of cited sentences too', () => {
    const { marker, ...citation } = cite(0, 21)
    expect(check({ sentences: [{ text: 'The bridge is closed.', marker, citation }] }).result).toBe('0 of 1')
    expect(check({ sentences: [{ text: 'The bridge is shut.', marker, citation }] }).result).toBe('1 of 1')
  })
})
