/** What single lines of Markdown are, for those who split a text before it is parsed: fenced code, and front matter. */

export interface Fences {
  /** Whether the line belongs to fenced code; its fences do. Lines are given one after the other. */
  isCode(line: string): boolean
}

/** Fences by their character and length (CommonMark 0.31, 4.5): a longer or equal one without words closes. */
export function createFences(): Fences {
  let fence = ''
  return {
    isCode(line) {
      const [, mark = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})([^\r\n]*)/.exec(line) ?? []
      if (fence === '') {
        const isOpening = mark !== '' && !(mark.startsWith('`') && rest.includes('`'))
        if (isOpening) fence = mark
        return isOpening
      }
      if (mark.charAt(0) === fence.charAt(0) && mark.length >= fence.length && rest.trim() === '') fence = ''
      return true
    },
  }
}

/** How far the end of front matter is looked for. */
const front_matter_chars_max = 65_536

/**
 * Where front matter at the beginning ends, 0 where there is none: YAML between `---` (or up to `...`), TOML between
 * `+++`. What begins with a blank line, or does not read as fields, is text between two rules.
 */
export function frontMatterEnd(source: string): number {
  const head = source.slice(0, front_matter_chars_max)
  const opening = /^(---|\+\+\+)[ \t]*\r?\n/.exec(head)
  if (!opening) return 0
  const closing = opening[1] === '---' ? /^(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/gm : /^\+\+\+[ \t]*(?:\r?\n|$)/gm
  closing.lastIndex = opening[0].length
  const match = closing.exec(head)
  if (!match) return 0
  const lines = head.slice(opening[0].length, match.index).split(/\r?\n/).slice(0, -1)
  const isFields = opening[1] === '---' ? isYamlMapping(lines) : isTomlTable(lines)
  return isFields ? match.index + match[0].length : 0
}

/** A key at the beginning of the first line; every further line is a key, a comment, or belongs to the one before. */
function isYamlMapping(lines: readonly string[]): boolean {
  if (lines.length === 0) return true
  const meaningful = lines.filter((line) => !/^\s*#/.test(line))
  const [first = ''] = meaningful
  if (lines[0]?.trim() === '' || !isYamlKey(first)) return false
  return meaningful.every(
    (line) =>
      line.trim() === '' || /^[ \t]/.test(line) || /^-(?:\s|$)/.test(line) || isYamlKey(line) || /^[\]}]/.test(line),
  )
}

function isYamlKey(line: string): boolean {
  return (
    /^(?:"[^"]*"|'[^']*'|[\p{L}\p{N}_$@<][^:#]{0,100}?)[ \t]*:(?:\s|$)/u.test(line) &&
    !/^[^:]*[.!?][ \t][^:]*:/.test(line)
  )
}

function isTomlTable(lines: readonly string[]): boolean {
  const [first = ''] = lines.filter((line) => !/^\s*(?:#|$)/.test(line))
  return (
    lines.length === 0 || /^\s*(?:\[{1,2}[^\]]+\]{1,2}|(?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*[\w"'-]+)*\s*=)/.test(first)
  )
}
