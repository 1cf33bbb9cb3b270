import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { processorMs } from '../../../../test/processor-time.ts'
import { section } from '../capabilities/section.ts'
import type { MarkedCitation } from '../tools.port.ts'
import { composeBriefing, type SectionText, sectionsInNeed } from './briefing.ts'

const sentence = fc
  .tuple(fc.constantFrom('bridge', 'tram', 'river', 'library'), fc.constantFrom('closes', 'opens', 'moves'), fc.nat(3))
  .map(([thing, does, day]) => `The ${thing} ${does} on day ${day} of the week.`)
const folder = fc.array(fc.array(sentence, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 7 })

function brief(texts: readonly string[], sentences_max: number) {
  const artifacts = texts.map((text, at) => ({
    artifact_id: `id-${at}`,
    name: `${at}.txt`,
    media_type: 'text/plain',
    bytes: new TextEncoder().encode(text),
  }))
  const sections = artifacts.map((artifact) => {
    // The output of `section` is what `compose` takes.
    return section.work({ artifact_id: artifact.artifact_id, sentences_max }, [artifact]) as unknown as SectionText
  })
  const wanted = sectionsInNeed(sections)
  const needed = artifacts.filter(({ artifact_id }) => wanted.includes(artifact_id))
  const output = composeBriefing({ title: 'T', sections, artifacts: needed, missing: 0 })
  return output as unknown as { text: string; citations: readonly MarkedCitation[] }
}

describe('a briefing over any folder', () => {
  it('has a sentence from every source, none twice, and every citation resolves', () => {
    fc.assert(
      fc.property(folder, fc.integer({ min: 1, max: 3 }), (sources, sentences_max) => {
        const texts = sources.map((sentences) => sentences.join(' '))
        const { text, citations } = brief(texts, sentences_max)
        const lines = text.split('\n').filter((line) => line.includes(' ['))
        const said = lines.map((line) => line.slice(0, line.indexOf(' [')))
        expect(new Set(said).size).toBe(said.length)
        expect(new Set(citations.map(({ artifact_id }) => artifact_id)).size).toBe(texts.length)
        for (const { artifact_id, byte_start, byte_end, marker, text: words } of citations) {
          expect(texts[Number(artifact_id.slice(3))]?.slice(byte_start, byte_end)).toBe(words)
          expect(lines.some((line) => line.startsWith(words) && line.includes(marker))).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('of a hundred alike files takes no longer than a moment', () => {
    const text = Array.from(
      { length: 40 },
      (_, at) => `Sentence number ${at} speaks of topic ${at * 7} at length.`,
    ).join(' ')
    const started = processorMs()
    const { citations } = brief(new Array(100).fill(text), 3)
    expect(new Set(citations.map(({ artifact_id }) => artifact_id)).size).toBe(100)
    expect(processorMs() - started).toBeLessThan(30_000)
  })
})
