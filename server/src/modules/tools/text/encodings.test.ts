/** Files in 24 encodings and byte orders, in 13 languages and 6 formats: each is read back equal, or refused by name. */
import { readText } from '@muster/contract/texts/encodings'
import { describe, expect, it } from 'vitest'
import { CapabilityError } from '../tools.port.ts'
import { readSource } from './source.ts'
import { textAtOf } from './text-at.ts'

const languages: Readonly<Record<string, readonly string[]>> = {
  english: ['The museum opens in June.', 'A ticket is nine euros.'],
  french: ['Le musée ouvre à côté du château.', 'L’entrée coûte très peu, élève ou pas.'],
  german: ['Die Bäckerei öffnet früh.', 'Größere Öfen kommen im März.'],
  polish: ['Muzeum otwiera się w czerwcu.', 'Zażółć gęślą jaźń.'],
  turkish: ['Müze haziranda açılıyor.', 'Giriş ücreti değişti, şimdi öğren.'],
  russian: ['Музей открывается в июне.', 'Билет стоит двести рублей.'],
  greek: ['Το μουσείο ανοίγει τον Ιούνιο.', 'Το εισιτήριο κοστίζει λίγο.'],
  hebrew: ['המוזיאון נפתח ביוני.', 'הכרטיס עולה מעט.'],
  arabic: ['يفتح المتحف في يونيو.', 'التذكرة رخيصة.'],
  hindi: ['संग्रहालय जून में खुलेगा।', 'नया शुल्क दो सौ रुपये है।'],
  japanese: ['博物館は六月に開きます。', '入場料は九ユーロです。'],
  chinese: ['博物馆六月开放。', '门票九元。'],
  korean: ['박물관은 유월에 문을 엽니다.', '입장료는 구 유로입니다.'],
}

const formats = {
  'a.txt': (lines: readonly string[]) => `${lines.join('\r\n')}\r\n`,
  'a.md': (lines: readonly string[]) => `# ${lines[0]}\n\n**${lines[1]}**\n`,
  'a.html': (lines: readonly string[], label: string) =>
    `<!doctype html><meta charset="${label}"><title>${lines[0]}</title>${lines.map((line) => `<p>${line}</p>`).join('\n')}`,
  'a.csv': (lines: readonly string[]) => `id;text\n${lines.map((line, at) => `${at};${line}`).join('\n')}\n`,
  'a.json': (lines: readonly string[]) => JSON.stringify({ lines }),
  'a.yaml': (lines: readonly string[]) => `lines:\n${lines.map((line) => `  - ${line}`).join('\n')}\n`,
} as const

type Encode = (text: string) => Uint8Array | null

/** The characters of one or two bytes that the decoder knows, the other way round. */
function tableEncoder(label: string): Encode {
  const bytesOf = new Map<string, readonly number[]>()
  const decoder = new TextDecoder(label, { fatal: true })
  const learn = (bytes: readonly number[]): void => {
    try {
      const character = decoder.decode(new Uint8Array(bytes))
      if ([...character].length === 1 && !bytesOf.has(character)) bytesOf.set(character, bytes)
    } catch {
      // These bytes are no character.
    }
  }
  for (let one = 0; one < 256; one++) learn([one])
  if (/^(?:shift_jis|euc|gb|big5)/.test(label))
    for (let one = 0x81; one < 0xff; one++) for (let two = 0x40; two < 0xff; two++) learn([one, two])
  // Windows-1252 of Node.js reads 0x80 to 0x9F as control characters.
  if (label === 'windows-1252')
    for (const [character, byte] of [
      ['’', 0x92],
      ['€', 0x80],
    ] as const)
      bytesOf.set(character, [byte])
  return (text) => {
    const bytes = [...text].map((character) => bytesOf.get(character))
    return bytes.every((some) => some !== undefined) ? new Uint8Array(bytes.flat()) : null
  }
}

function wideEncoder(width: 2 | 4, isLittleEndian: boolean): Encode {
  return (text) => {
    const codes =
      width === 2
        ? Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))
        : [...text].map((one) => one.codePointAt(0) ?? 0)
    const view = new DataView(new ArrayBuffer(codes.length * width))
    codes.forEach((code, at) => {
      if (width === 2) view.setUint16(at * 2, code, isLittleEndian)
      else view.setUint32(at * 4, code, isLittleEndian)
    })
    return new Uint8Array(view.buffer)
  }
}

const withMark =
  (encode: Encode): Encode =>
  (text) =>
    encode(`\uFEFF${text}`)

const utf8: Encode = (text) => new TextEncoder().encode(text)

/** Encodings that the bytes show: nothing has to be declared. */
const evident: Readonly<Record<string, Encode>> = {
  'utf-8': utf8,
  'utf-8 with a mark': withMark(utf8),
  'utf-16le with a mark': withMark(wideEncoder(2, true)),
  'utf-16be with a mark': withMark(wideEncoder(2, false)),
  'utf-32le with a mark': withMark(wideEncoder(4, true)),
  'utf-32be with a mark': withMark(wideEncoder(4, false)),
}

const wide: Readonly<Record<string, Encode>> = {
  'utf-16le': wideEncoder(2, true),
  'utf-16be': wideEncoder(2, false),
  'utf-32le': wideEncoder(4, true),
  'utf-32be': wideEncoder(4, false),
}

const labels =
  `windows-1250 windows-1251 windows-1252 windows-1253 windows-1254 windows-1255 windows-1256 iso-8859-2 iso-8859-5
  iso-8859-7 iso-8859-15 koi8-r shift_jis euc-jp gb18030 big5 euc-kr`.split(/\s+/)
const declared: Readonly<Record<string, Encode>> = Object.fromEntries(
  labels.map((label) => [label, tableEncoder(label)]),
)

interface File {
  readonly name: string
  readonly encoding: string
  readonly language: string
  readonly text: string
  readonly lines: readonly string[]
  readonly bytes: Uint8Array
}

function filesOf(encoders: Readonly<Record<string, Encode>>): File[] {
  return Object.entries(encoders).flatMap(([encoding, encode]) =>
    Object.entries(languages).flatMap(([language, lines]) =>
      Object.entries(formats).flatMap(([name, write]) => {
        const text = write(lines, encoding.split(' ')[0] ?? '')
        const bytes = encode(text)
        return bytes === null ? [] : [{ name, encoding, language, text, lines, bytes }]
      }),
    ),
  )
}

const about = ({ name, encoding, language }: File): string => `${name} in ${language}, ${encoding}`
const squeeze = (text: string): string => text.replace(/\s+/g, '')

/** Reads the file as a source and compares every line, also by its byte range. */
function expectLines({ name, lines, bytes, ...file }: File, media_type: string): void {
  const content = { name, media_type, bytes }
  const { sentences } = readSource(content)
  const textAt = textAtOf(content)
  const texts = sentences.map(({ text }) => text)
  const whole = squeeze(texts.join(' '))
  for (const line of lines) expect(whole, about({ name, lines, bytes, ...file })).toContain(squeeze(line))
  for (const { byte_start, byte_end, text } of sentences)
    expect(squeeze(textAt(byte_start, byte_end) ?? ''), about({ name, lines, bytes, ...file })).toBe(squeeze(text))
}

describe('files of a corpus', () => {
  it('are read back where their bytes show the encoding', () => {
    const files = filesOf(evident)
    expect(files).toHaveLength(6 * 13 * 6)
    for (const file of files) {
      expect(readText(file.bytes), about(file)).toMatchObject({ text: file.text, assumed: false })
      expectLines(file, '')
    }
  })

  it('are read back where they or their media type declare it', () => {
    const files = filesOf(declared)
    expect(new Set(files.map(({ encoding }) => encoding)).size).toBe(labels.length)
    expect(new Set(files.map(({ language }) => language)).size).toBe(12)
    for (const file of files) {
      const facts = file.name === 'a.html' ? { markup: true } : { charset: file.encoding }
      expect(readText(file.bytes, facts), about(file)).toMatchObject({ text: file.text, assumed: false })
      expectLines(file, file.name === 'a.html' ? 'text/html' : `text/plain; charset=${file.encoding}`)
    }
  })

  it('are read back equal or refused where nothing declares it', () => {
    let equal = 0
    for (const file of filesOf({ ...wide, ...declared })) {
      const reading = readText(file.bytes)
      if ('problem' in reading) continue
      expect(reading.text, about(file)).toBe(file.text)
      equal++
    }
    expect(equal).toBeGreaterThan(300)
  })

  it('never hold a replacement character that was not in them', () => {
    for (const file of filesOf({ ...wide, ...declared, ...evident })) {
      const damaged = new Uint8Array(file.bytes)
      damaged[damaged.length >> 1] = 0xfe
      const reading = readText(damaged, { charset: file.encoding, markup: file.name === 'a.html' })
      if (!('problem' in reading)) expect(reading.text, about(file)).not.toContain('\ufffd')
    }
  })
})

describe('a text whose encoding is assumed', () => {
  const bytes = new Uint8Array([
    ...Buffer.from('The caf'),
    0xe9,
    ...Buffer.from(' opens in May. It is '),
    0x80,
    ...Buffer.from(' 9.'),
  ])

  it('is read as Windows-1252, and its reader says so', () => {
    const { sentences, encoding, note } = readSource({ name: 'a.txt', media_type: 'text/plain', bytes })
    expect(sentences.map(({ text }) => text)).toEqual(['The café opens in May.', 'It is € 9.'])
    expect(encoding).toBe('windows-1252 (assumed)')
    expect(note).toBe('a.txt does not say its encoding and was read as Windows-1252.')
  })

  it('is refused by name where no language of Windows-1252 is written so', () => {
    const cyrillic = declared['windows-1251']?.('Музей открывается в июне.') ?? new Uint8Array()
    expect(() => readSource({ name: 'a.txt', media_type: 'text/plain', bytes: cyrillic })).toThrow(
      new CapabilityError(
        'media_type',
        'a.txt cannot be read: it does not say its encoding and is neither UTF-8 nor Windows-1252; save it as UTF-8',
      ),
    )
  })

  it('is UTF-8 where it was cut off within a character', () => {
    const cut = new TextEncoder().encode('Größe').subarray(0, 4)
    expect(readText(cut, { cut: true })).toMatchObject({ text: 'Grö', encoding: 'utf-8', assumed: false })
    expect(readText(new Uint8Array())).toMatchObject({ text: '', encoding: 'utf-8', assumed: false })
  })
})
