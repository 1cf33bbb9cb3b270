import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { processorMs } from '../../../../test/processor-time.ts'
import { readSource } from './source.ts'
import { textAtOf } from './text-at.ts'

const encoder = new TextEncoder()

function content(name: string, text: string | Uint8Array) {
  return { name, media_type: '', bytes: typeof text === 'string' ? encoder.encode(text) : text }
}

function slice(bytes: Uint8Array, { byte_start, byte_end }: { byte_start: number; byte_end: number }): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(byte_start, byte_end))
}

const squeeze = (text: string): string => text.replace(/\s+/g, '')

/** Independent of the readers: takes tags, marks and the references used below out of a piece of a file. */
function strip(raw: string): string {
  return squeeze(
    raw
      .replace(/<[^>]*>/g, '')
      .replaceAll('&amp;', '&')
      .replaceAll('&eacute;', 'é')
      .replace(/\n> /g, '\n')
      .replace(/[*`]/g, ''),
  )
}

describe('byte ranges', () => {
  it('point into a file with a byte order mark, CRLF, wide characters and inline markup', () => {
    const source = content(
      'a.md',
      '\uFEFF# Title *one*\r\n\r\n> Hällo **bold. Second** one &amp; more 😀\r\n> goes on here.\r\n\r\n- item `co de` ends. Next.\r\n',
    )
    const { sentences, title } = readSource(source)
    expect(title).toBe('Title one')
    expect(sentences.map(({ text }) => text)).toEqual([
      'Title one',
      'Hällo bold.',
      'Second one & more 😀 goes on here.',
      'item co de ends.',
      'Next.',
    ])
    expect(sentences.map((sentence) => slice(source.bytes, sentence))).toEqual([
      'Title *one',
      'Hällo **bold.',
      'Second** one &amp; more 😀\r\n> goes on here.',
      'item `co de` ends.',
      'Next.',
    ])
  })

  it('leave out what a browser does not show', () => {
    const source = content(
      'a.html',
      '<title>T &amp; t</title><style>p { }</style><script>"<p>no</p>"</script><p>Caf&eacute; is <b>open. Come</b>\r\n in.<br>Now</p>' +
        '<template>no</template><table><tr><td>cell</table>',
    )
    const { sentences, title } = readSource(source)
    expect(title).toBe('T & t')
    expect(sentences.map(({ text }) => text)).toEqual(['Café is open.', 'Come in.', 'Now', 'cell'])
    expect(slice(source.bytes, sentences[0] ?? { byte_start: 0, byte_end: 0 })).toBe('Caf&eacute; is <b>open.')
  })

  it('count every byte of what is not UTF-8, and the reader says so', () => {
    const source = content('b.txt', new Uint8Array([0x41, 0xff, 0x2e, 0x20, 0x42, 0xe2, 0x82, 0x42, 0xc3, 0xa4, 0x2e]))
    const { sentences, encoding, note } = readSource(source)
    expect(encoding).toBe('utf-8 with errors')
    expect(note).toBe('b.txt holds bytes that are not UTF-8; they were read as Windows-1252.')
    expect(sentences.map(({ text }) => text)).toEqual(['Aÿ.', 'Bâ‚Bä.'])
    expect(sentences.map(({ byte_start, byte_end }) => [byte_start, byte_end])).toEqual([
      [0, 3],
      [4, 11],
    ])
  })

  it('hold for any document made of words, marks, references and line ends', () => {
    const word = fc.constantFrom('Alpha', 'beta', 'Straße', '東京', '😀', 'x', 'Gamma.', 'delta!', 'epsilon?')
    const inMarkdown = fc.oneof(
      word,
      word.map((text) => `**${text}**`),
      word.map((text) => `\`${text}\``),
      fc.constant('R&amp;D'),
    )
    const inHtml = fc.oneof(
      word,
      word.map((text) => `<b>${text}</b>`),
      fc.constantFrom('R&amp;D', 'Caf&eacute;', '<i>mixed <u>deep</u></i>'),
    )
    const glue = fc.constantFrom(' ', '\n', '\r\n', '  ')
    const paragraphs = (piece: fc.Arbitrary<string>) =>
      fc.array(fc.array(fc.tuple(piece, glue), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 5 })
    const join = (all: [string, string][][], wrap: (text: string) => string): string =>
      all.map((parts) => wrap(parts.flat().join('').trim())).join('\n\n')
    const document = fc.oneof(
      paragraphs(inMarkdown).map((all) =>
        content(
          'a.md',
          join(all, (text) => text),
        ),
      ),
      paragraphs(inHtml).map((all) =>
        content(
          'a.html',
          join(all, (text) => `<p>${text}</p>`),
        ),
      ),
      paragraphs(word).map((all) =>
        content(
          'a.txt',
          join(all, (text) => text),
        ),
      ),
    )
    fc.assert(
      fc.property(document, fc.boolean(), (plain, marked) => {
        const bytes = marked ? Buffer.concat([Buffer.from('\uFEFF'), plain.bytes]) : plain.bytes
        const source = { ...plain, bytes }
        const textAt = textAtOf(source)
        for (const sentence of readSource(source).sentences) {
          const raw = slice(bytes, sentence)
          expect(strip(raw)).toBe(squeeze(sentence.text))
          expect(squeeze(textAt(sentence.byte_start, sentence.byte_end) ?? '')).toBe(squeeze(sentence.text))
          if (sentence.plain) expect(squeeze(raw)).toBe(squeeze(sentence.text))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('give nothing outside of the file', () => {
    const textAt = textAtOf(content('a.txt', 'Some text.'))
    expect([textAt(0, 11), textAt(-1, 4), textAt(4, 4), textAt(0.5, 3), textAt(0, 4)]).toEqual([
      null,
      null,
      null,
      null,
      'Some',
    ])
  })
})

describe('sentences', () => {
  const sentences = (text: string): readonly string[] =>
    readSource(content('a.txt', text)).sentences.map((sentence) => sentence.text)

  it('do not end at abbreviations, numbers and initials, and do after degrees', () => {
    expect(
      sentences('Dr. Smith of J. Doe Ltd. paid 3.5 euros, i.e. little. It was 36 °C. The rest is e.g. known.'),
    ).toEqual(['Dr. Smith of J. Doe Ltd. paid 3.5 euros, i.e. little.', 'It was 36 °C.', 'The rest is e.g. known.'])
  })

  it('end with their quotes and brackets', () => {
    expect(sentences('“Really?” She nodded. (It was late.) Then 「終わり。次の文。')).toEqual([
      '“Really?”',
      'She nodded.',
      '(It was late.)',
      'Then 「終わり。',
      '次の文。',
    ])
  })
})

describe('Markdown', () => {
  it('keeps code code, however long the document and its fences', () => {
    const part =
      '## Step\n\nDo it well.\n\n````md\n```sh\n# remove the old cache first\n```\n``` not a fence\n# nor this\n````\n\n'
    const { sections, truncated } = readSource(content('manual.md', `# Manual\n\n${part.repeat(500)}`))
    expect(new Set(sections.map(({ heading }) => heading))).toEqual(new Set(['Manual', 'Step']))
    expect(sections).toHaveLength(501)
    expect(truncated).toBe(false)
  })

  it('leaves out front matter, and no text between two rules', () => {
    const texts = (text: string) => readSource(content('a.md', text)).sentences.map((sentence) => sentence.text)
    expect(texts('---\n\nThis stands between two rules.\n\n---\n\nAnd more.\n')).toEqual([
      'This stands between two rules.',
      'And more.',
    ])
    expect(texts('---\ntitle: A\n---\nAnd more.\n')).toEqual(['And more.'])
    expect(texts('+++\ntitle = "A"\n+++\nAnd more.\n')).toEqual(['And more.'])
  })

  it('has no section for a heading without text', () => {
    expect(readSource(content('a.md', '#\n\na.\n\n## \n\n# One\n\nb.\n')).sections).toMatchObject([{ heading: 'One' }])
  })
})

describe('hostile documents', () => {
  const size = 1_000_000
  it.each([
    ['x.txt', 'x'.repeat(size)],
    ['x.md', 'x'.repeat(size)],
    ['x.html', 'x'.repeat(size)],
    ['spaces.txt', `a${' '.repeat(size)}b`],
    ['brackets.md', '['.repeat(size / 4)],
    ['lists.md', `${'- '.repeat(size / 4)}x`],
    ['quotes.md', `${'>'.repeat(size / 4)}x`],
    ['references.md', '&'.repeat(size / 4)],
    ['divs.html', '<div>'.repeat(size / 5)],
    ['bold.html', '<b id=1>x'.repeat(size / 9)],
    ['open.html', '<a '.repeat(size / 3)],
    ['stops.txt', '. '.repeat(size / 2)],
  ])('%s is read in time that grows with its length only', (name, text) => {
    const started = processorMs()
    const { sentences } = readSource(content(name, text))
    // A second on an idle machine; what grows with the square takes minutes.
    expect(processorMs() - started).toBeLessThan(30_000)
    expect(sentences.every((sentence) => sentence.text.length <= 600)).toBe(true)
  })

  it('refuses what is no text', () => {
    expect(() => readSource(content('a.bin', new Uint8Array([1, 0, 2])))).toThrow(/not text/)
    expect(() => readSource({ ...content('a.png', 'x'), media_type: 'image/png' })).toThrow(/not text/)
  })
})
