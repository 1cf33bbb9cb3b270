/**
 * What is asked of a briefing, tested by means that share nothing with how it was made: bytes of files, and markup taken
 * out by hand.
 */
/** Documents by name. */
export type Files = Readonly<Record<string, Uint8Array>>

export interface Briefing {
  readonly text: string
  readonly citations: readonly {
    marker: string
    artifact_id: string
    byte_start: number
    byte_end: number
    text: string
  }[]
}

export const squeeze = (text: string): string => text.replace(/\s+/g, '')

/** What a reader sees of a piece of one of the sample's files. */
export function visible(bytes: Uint8Array): string {
  const references: Readonly<Record<string, string>> = { '&nbsp;': ' ', '&amp;': '&', '&mdash;': '—' }
  return squeeze(
    new TextDecoder()
      .decode(bytes)
      .replace(/<[^>]*>/g, '')
      .replace(/&[a-z]+;/g, (reference) => references[reference] ?? reference)
      .replace(/\*/g, ''),
  )
}

interface Line {
  readonly sentence: string
  readonly cited: readonly { name: string; byte_start: number; byte_end: number }[]
}

/** Each line of the briefing: its sentence, and the citations that follow it. */
export function linesOf({ text }: Briefing): readonly Line[] {
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '' || line.startsWith('#')) return []
    const cited = [...line.matchAll(/\[([^[\]]+):(\d+)-(\d+)\]/g)].map(([, name = '', start, end]) => ({
      name,
      byte_start: Number(start),
      byte_end: Number(end),
    }))
    return [{ sentence: line.replace(/ \[[^[\]]+:\d+-\d+\]/g, ''), cited }]
  })
}

/** What is wrong with a briefing over these files. */
export function faultsOf(briefing: Briefing, files: Files): readonly string[] {
  const lines = linesOf(briefing)
  const cited = lines.filter((line) => line.cited.length > 0)
  const speaking = new Set(cited.flatMap((line) => line.cited.map(({ name }) => name)))
  const said = cited.map(({ sentence }) => squeeze(sentence).toLowerCase())
  return [
    ...Object.keys(files).flatMap((name) => (speaking.has(name) ? [] : [`${name} says nothing`])),
    ...said.flatMap((sentence, at) => (said.indexOf(sentence) === at ? [] : [`said twice: ${sentence}`])),
    ...cited.flatMap(({ sentence, cited: places }) =>
      places.flatMap(({ name, byte_start, byte_end }) =>
        visible(files[name]?.subarray(byte_start, byte_end) ?? new Uint8Array()) === squeeze(sentence)
          ? []
          : [`not in ${name}: ${sentence}`],
      ),
    ),
    ...(lines.length - cited.length > 2 ? ['too many sentences of its own'] : []),
  ]
}
