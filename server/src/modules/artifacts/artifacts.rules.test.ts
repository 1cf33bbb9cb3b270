import { describe, expect, it } from 'vitest'
import { processorMs } from '../../../test/processor-time.ts'
import { cleanName, dispositionOf, mediaTypeOf, rangeOf } from './artifacts.rules.ts'

describe('cleanName', () => {
  it('keeps relative names with folders', () => {
    expect(cleanName('notes/2026/März – Bericht.md')).toBe('notes/2026/März – Bericht.md')
    expect(cleanName('./a//b/./c.txt')).toBe('a/b/c.txt')
    expect(cleanName('a\\b.txt')).toBe('a/b.txt')
    expect(cleanName('.gitignore')).toBe('.gitignore')
    expect(cleanName('..hidden/x')).toBe('..hidden/x')
    expect(cleanName(`${'d/'.repeat(16)}f`)).toBe(`${'d/'.repeat(16)}f`)
  })

  const hostile = {
    'a parent': '../../etc/passwd',
    'a parent inside': 'a/../../b',
    'a parent at the end': 'a/..',
    'a parent with backslashes': '..\\..\\windows\\system.ini',
    'more dots': 'a/.../b',
    'dots and a space': 'a/.. /b',
    'an absolute path': '/etc/passwd',
    'a drive': 'C:\\secret.txt',
    'a share': '\\\\server\\share\\x',
    'a null character': 'a.txt\0.png',
    'a newline': 'a\r\nSet-Cookie: x',
    'a turned direction': 'annual\u202etxt.exe',
    'a lone surrogate': 'a\ud800b',
    'no name': '',
    'a dot': '.',
    'a folder': 'a/',
    'only white space': 'a/  /b',
    'seventeen folders': `${'d/'.repeat(17)}f`,
    'too long a part': `${'ü'.repeat(128)}.txt`,
    'too long a name': 'a'.repeat(501),
    'five megabytes': 'a/'.repeat(2_500_000),
  }
  for (const [what, name] of Object.entries(hostile))
    it(`refuses ${what}`, () => {
      const started = processorMs()
      expect(() => cleanName(name, 'file')).toThrow(
        expect.objectContaining({ code: 'invalid', detail: expect.objectContaining({ field: 'file' }) }),
      )
      expect(processorMs() - started).toBeLessThan(2000)
    })
})

describe('mediaTypeOf', () => {
  it('believes the sender, then the ending, then nothing', () => {
    expect(mediaTypeOf('Text/Plain; charset=utf-8', 'a.md')).toBe('text/plain')
    expect(mediaTypeOf('application/octet-stream', 'notes/a.MD')).toBe('text/markdown')
    expect(mediaTypeOf('text/html\r\nx: y', 'a.txt')).toBe('text/plain')
    expect(mediaTypeOf('', 'v1.2/README')).toBe('application/octet-stream')
  })
})

describe('dispositionOf', () => {
  it('names the file in ASCII and as it is, and cannot be broken out of', () => {
    expect(dispositionOf('a/Bericht.md')).toBe(`attachment; filename="Bericht.md"; filename*=UTF-8''Bericht.md`)
    expect(dispositionOf(`a"b\\c%41'(ü).txt`)).toBe(
      `attachment; filename="a_b_c_41'(_).txt"; filename*=UTF-8''a%22b%5Cc%2541%27%28%C3%BC%29.txt`,
    )
  })
})

describe('rangeOf', () => {
  it('gives the one range that was asked for', () => {
    expect(rangeOf('bytes=0-3', 10)).toEqual({ start: 0, end: 3 })
    expect(rangeOf('bytes=4-', 10)).toEqual({ start: 4, end: 9 })
    expect(rangeOf('bytes=-3', 10)).toEqual({ start: 7, end: 9 })
    expect(rangeOf('bytes=-99', 10)).toEqual({ start: 0, end: 9 })
    expect(rangeOf('bytes=8-99', 10)).toEqual({ start: 8, end: 9 })
  })

  it('tells what lies outside', () => {
    for (const range of ['bytes=10-', 'bytes=10-12', 'bytes=-0']) expect(rangeOf(range, 10)).toBe('outside')
    expect(rangeOf('bytes=0-', 0)).toBe('outside')
  })

  it('gives the whole where the header makes no sense or asks for several', () => {
    for (const range of [
      undefined,
      '',
      'bytes=-',
      'bytes=5-2',
      'bytes=0-1,3-4',
      'lines=1-2',
      'bytes=a-b',
      `bytes=${'9'.repeat(99)}-`,
    ])
      expect(rangeOf(range, 10)).toBe('whole')
  })
})
