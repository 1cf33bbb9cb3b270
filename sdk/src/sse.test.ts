import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSseParser, sse_event_characters_max } from './sse.ts'

describe('the parser of server-sent events', () => {
  it('gives the same events wherever the text is cut', () => {
    const text = ': hi\n\nid: 1\r\nevent: log\r\ndata: a\r\ndata:  b\r\n\r\nid: 2\n\ndata\n\nevent: end\ndata: {}\n\n'
    const whole = createSseParser().push(text)
    expect(whole).toEqual([
      { id: '1', name: 'log', data: 'a\n b' },
      { id: '2', name: 'message', data: '' },
      { id: null, name: 'message', data: '' },
      { id: null, name: 'end', data: '{}' },
    ])
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 10 }), (cuts) => {
        const parser = createSseParser()
        const places = [0, ...cuts.sort((one, other) => one - other), text.length]
        const found = places.slice(1).flatMap((end, index) => parser.push(text.slice(places[index], end)))
        expect(found).toEqual(whole)
      }),
    )
  })

  it('refuses an endless line', () => {
    const parser = createSseParser()
    expect(() => parser.push('a'.repeat(sse_event_characters_max + 1))).toThrow(/too large/)
  })
})
