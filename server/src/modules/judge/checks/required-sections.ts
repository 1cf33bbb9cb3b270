/** The check `required_sections`: headings that a Markdown text must have, whatever their level and case. */

import { foldedText } from '@muster/contract/texts/comparison'
import { createFences } from '@muster/contract/texts/markdown-lines'
import type { Check } from './checks.types.ts'
import { textsAt } from './texts.ts'

export const requiredSections: Check = ({ texts, params }) => {
  const sections = Array.isArray(params.sections) ? params.sections.map(String) : []
  const present = new Set(textsAt(texts, params.path).flatMap(({ text }) => headingsOf(text)))
  const missingSections = sections.filter((section) => !present.has(plain(section)))
  return {
    failed: missingSections.length,
    of: sections.length,
    evidence: [],
    ...(missingSections.length > 0 && {
      message: `missing sections: ${missingSections.map((name) => `“${name}”`).join(', ')}`,
    }),
  }
}

/** ATX headings, and those underlined with = or -. */
function headingsOf(text: string): readonly string[] {
  const lines = text.split('\n')
  const fences = createFences()
  const isCode = lines.map((line) => fences.isCode(line.length > 500 ? '' : line))
  return lines.flatMap((line, index) => {
    if (line.length > 500 || isCode[index]) return []
    const atx = /^ {0,3}#{1,6}[ \t]+(.*)$/.exec(line)?.[1]
    if (atx !== undefined) return [plain(atx)]
    return /^ {0,3}(?:=+|-{2,})\s*$/.test(lines[index + 1]?.slice(0, 500) ?? '') ? [plain(line)] : []
  })
}

function plain(heading: string): string {
  return foldedText(heading.replace(/[#*_`:\s]+/g, ' ').trim())
}
