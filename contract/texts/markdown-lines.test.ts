import { describe, expect, it } from 'vitest'
import { createFences, frontMatterEnd } from './markdown-lines.ts'

describe('front matter', () => {
  it.each([
    ['a mapping', '---\ntitle: A\ntags:\n- x\n  - y\n# note\ndraft: true\n---\n', 'text'],
    ['a mapping with line ends of Windows', '---\r\ntitle: A\r\n---\r\n', 'text'],
    ['up to three full stops', '---\ntitle: A\n...\n', 'text'],
    ['with a blank line within', '---\ntitle: A\n\nauthor: B\n---\n', 'text'],
    ['in another script', '---\nзаголовок: Музей\n---\n', 'text'],
    ['with a folded text', '---\nsummary: >\n  Two lines.\n  And: more.\n---\n', 'text'],
    ['of TOML', '+++\ntitle = "A"\n[params]\nx = 1\n+++\n', 'text'],
    ['that is empty', '---\n---\n', 'text'],
  ])('is %s', (_what, matter, text) => {
    expect(frontMatterEnd(matter + text)).toBe(matter.length)
  })

  it.each([
    '---\n\nThis stands between two rules and is what the note says.\n\n---\n\nAnd more.\n',
    '---\nThis is a text.\n---\nAnd more.\n',
    '---\ntitle: A\nThen a sentence follows.\n---\nAnd more.\n',
    '---\n- a\n- b\n---\nx\n',
    '---\ntitle: never closed\n',
    '+++\nNo table.\n+++\n',
    'title: A\n---\n',
    '',
  ])('is none in %j', (text) => {
    expect(frontMatterEnd(text)).toBe(0)
  })
})

describe('fences', () => {
  const code = (text: string): readonly string[] => {
    const fences = createFences()
    return text.split('\n').filter((line) => fences.isCode(line))
  }

  it.each([
    ['are closed by one of the same length', '```sh\n# a\n```\n# b', ['```sh', '# a', '```']],
    ['and by a longer one', '```\n# a\n`````\n# b', ['```', '# a', '`````']],
    ['not by a shorter one', '````\n```\n# a\n```\n````\n# b', ['````', '```', '# a', '```', '````']],
    ['not by one with words behind it', '```\n``` js\n# a\n```\n# b', ['```', '``` js', '# a', '```']],
    ['not by the other character', '~~~\n```\n# a\n~~~\n# b', ['~~~', '```', '# a', '~~~']],
    ['are none where ticks follow', '``` a `b` ```\n# b', []],
    ['are none where indented by four', '    ```\n# b', []],
    ['run to the end where open', '```\n# a', ['```', '# a']],
  ])('%s', (_what, text, lines) => {
    expect(code(text)).toEqual(lines)
  })
})
