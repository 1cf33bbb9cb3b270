import { describe, expect, it } from 'vitest'
import type { Pool } from './pool.types.ts'
import { pureCapabilities } from './registry.ts'
import type { CapabilityContext, FetchAnswer, GuardedFetch, MarkedCitation } from './tools.port.ts'
import { createTools } from './tools.service.ts'

/** The work that a thread would do, without one. */
const atOnce: Pool = {
  run: async ({ capability, input, artifacts }) => pureCapabilities.get(capability)?.work(input, artifacts) ?? null,
  [Symbol.asyncDispose]: () => Promise.resolve(),
}
const tools = createTools({ pool: atOnce })

function contextOf(files: Readonly<Record<string, string>>, signal = new AbortController().signal): CapabilityContext {
  return {
    signal,
    documents: [],
    log: () => {},
    artifact: (artifact_id) => {
      const text = files[artifact_id]
      if (text === undefined) return Promise.reject(new Error('no such artifact'))
      return Promise.resolve({ name: artifact_id, media_type: '', bytes: new TextEncoder().encode(text) })
    },
  }
}

async function run<Output>(name: string, input: unknown, context = contextOf({})): Promise<Output> {
  const result = await tools.capabilities.get(name)?.run(input, context)
  // The tests know the shape of what they asked for.
  return result?.output as Output
}

interface Section {
  readonly text: string
  readonly citations: readonly MarkedCitation[]
}

describe('a file that cannot be read', () => {
  const files = { 'good.txt': 'The pier opens in May.', 'map.png': '\0PNG\x01' }
  const section = (artifact_id: string) =>
    run<Section>('section', { artifact_id, unreadable: 'leave_out' }, contextOf(files))

  it('fails by itself, or says why it is left out', async () => {
    await expect(run('read', { artifact_id: 'map.png' }, contextOf(files))).rejects.toMatchObject({
      code: 'media_type',
    })
    const left_out = 'map.png cannot be read: it is not text'
    const result = { artifact_id: 'map.png', name: 'map.png', left_out }
    expect(await run('read', { artifact_id: 'map.png', unreadable: 'leave_out' }, contextOf(files))).toEqual(result)
    expect(await section('map.png')).toEqual(result)
  })

  it('is named in the briefing of the others', async () => {
    const sections = [await section('good.txt'), await section('map.png')]
    const { text } = await run<{ text: string }>('compose', { title: 'B', sections }, contextOf(files))
    expect(text).toContain('its place there; left out: map.png cannot be read: it is not text.')
    expect(text).toContain('The pier opens in May.')
  })

  it('fails the briefing where there is no other', async () => {
    const briefing = run('compose', { title: 'B', sections: [await section('map.png')] }, contextOf(files))
    await expect(briefing).rejects.toThrow('no file can be read: map.png cannot be read: it is not text')
  })
})

describe('small capabilities', () => {
  it('noop gives its input back, padded if asked', async () => {
    expect(await run('noop', {})).toEqual({})
    expect(await run('noop', { a: [1, null], pad_bytes: 5 })).toEqual({ a: [1, null], pad_bytes: 5, padding: 'xxxxx' })
    expect(await run('noop', 'text')).toBe('text')
    await expect(run('noop', { pad_bytes: -1 })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('sleep ends at once when the run is stopped', async () => {
    const controller = new AbortController()
    const slept = run('sleep', { ms: 3_600_000 }, contextOf({}, controller.signal))
    controller.abort()
    await expect(slept).rejects.toMatchObject({ code: 'cancelled', retryable: false })
    expect(await run('sleep', { ms: 0 })).toEqual({ slept_ms: 0 })
  })

  it('name the field that breaks an input, and a missing artifact', async () => {
    await expect(run('read', { artifact: 'a' })).rejects.toMatchObject({ code: 'invalid' })
    await expect(run('section', { artifact_id: 'a', sentences_max: 0 })).rejects.toThrow(/sentences_max/)
    await expect(run('summarize', {})).rejects.toThrow(/artifact_id or text/)
    await expect(run('read', { artifact_id: 'a' })).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('http_get', () => {
  const answer = { url: 'https://example.org/', status: 200, media_type: 'text/plain', truncated: false }
  const get = (given: Partial<FetchAnswer>, bytes = new TextEncoder().encode('hello')) => {
    const fetch: GuardedFetch = () => Promise.resolve({ ...answer, bytes, ...given })
    return run('http_get', { url: 'https://example.org/' }, { ...contextOf({}), fetch })
  }

  it('gives text, cut so that it fits an output, and refuses what is none', async () => {
    expect(await get({})).toMatchObject({ status: 200, text: 'hello', bytes: 5, truncated: false })
    const controls = await get({}, new Uint8Array(100_000).fill(1))
    expect(Buffer.byteLength(JSON.stringify(controls))).toBeLessThan(210_000)
    expect(controls).toMatchObject({ bytes: 100_000, truncated: true })
    await expect(get({ media_type: 'image/png' })).rejects.toMatchObject({ code: 'media_type' })
    await expect(get({ status: 503 })).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await expect(run('http_get', { url: 'https://example.org/' })).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('reading', () => {
  const files = { 'a.md': '# One\n\nFirst words here. Second words there.\n\n## Two\n\nThird words everywhere.\n' }

  it('read tells what a document is without repeating its sentences', async () => {
    const output = await run<{ title: string; sections: unknown[] }>('read', { artifact_id: 'a.md' }, contextOf(files))
    expect(output).toMatchObject({ title: 'One', format: 'markdown', sentence_count: 5, truncated: false })
    expect(output.sections).toEqual([
      { heading: 'One', level: 1, byte_start: 2, byte_end: 49 },
      { heading: 'Two', level: 2, byte_start: 49, byte_end: 78 },
    ])
    expect(JSON.stringify(output)).not.toContain('words')
  })

  it('chunk never crosses a heading and goes on where it was told to', async () => {
    const input = { artifact_id: 'a.md', chars_max: 100 }
    const { chunks } = await run<{ chunks: { heading: string; text: string }[] }>('chunk', input, contextOf(files))
    expect(chunks.map(({ heading, text }) => [heading, text])).toEqual([
      ['One', 'First words here. Second words there.'],
      ['Two', 'Third words everywhere.'],
    ])
    expect(await run('chunk', { ...input, first: 1 }, contextOf(files))).toMatchObject({
      chunks: [{ index: 1 }],
      chunk_count: 2,
    })
  })

  it('summarize and keywords take a text as well', async () => {
    const text = 'Heat waves strain the power grid. The power grid failed twice. Lunch was nice.'
    const { sentences } = await run<{ sentences: unknown[] }>('summarize', { text, sentences_max: 1 })
    expect(sentences).toEqual([{ text: 'Heat waves strain the power grid.' }])
    expect(await run('keywords', { text, keywords_max: 1 })).toMatchObject({
      keywords: [{ phrase: 'power grid', count: 1 }],
    })
  })

  it('takes a sentence even where there is nothing but a heading, a cell or a word', async () => {
    for (const text of ['# Only', '| a | b |\n|---|---|\n| c | d |', 'word', '```\ncode\n```']) {
      const { citations } = await run<Section>('section', { artifact_id: 'a.md' }, contextOf({ 'a.md': text }))
      expect(citations.length).toBeGreaterThan(0)
    }
    const empty = await run<Section>('section', { artifact_id: 'a.md' }, contextOf({ 'a.md': ' \n' }))
    expect(empty.citations).toEqual([])
  })

  it('compare finds what sources share and what they say twice', async () => {
    const pair = {
      'a.txt': 'The bridge over the river was closed on Monday. Trams stopped.',
      'b.txt': 'On Monday, the bridge over the river was closed. Ferries ran.',
    }
    const output = await run('compare', { artifact_ids: ['a.txt', 'b.txt'] }, contextOf(pair))
    expect(output).toMatchObject({
      sources: [{ distinct_terms: ['stopped', 'tram'] }, { distinct_terms: ['ferry', 'ran'] }],
      near_duplicates: [{ sentences: [{ name: 'a.txt' }, { name: 'b.txt' }] }],
    })
  })
})

describe('compose', () => {
  async function brief(files: Readonly<Record<string, string>>, sentences_max = 2) {
    const context = contextOf(files)
    const sections: unknown[] = []
    for (const artifact_id of Object.keys(files))
      sections.push(await run('section', { artifact_id, sentences_max }, context))
    return run<Section>('compose', { title: 'All', sections }, context)
  }
  const names = ({ citations }: Section) => [...new Set(citations.map(({ name }) => name))].sort()
  const lines = ({ text }: Section) => text.split('\n').filter((line) => line.includes('[') && !line.startsWith('#'))

  it('gives another sentence of the source where two say the same', async () => {
    const shared = 'The market hall stays open late on Friday evenings.'
    const files = { 'a.txt': shared, 'b.txt': `${shared} The library opens at nine on Mondays.` }
    const output = await brief(files, 1)
    expect(names(output)).toEqual(['a.txt', 'b.txt'])
    expect(output.text.split(shared)).toHaveLength(2)
    expect(output.text).toContain('The library opens at nine on Mondays. [b.txt:')
  })

  it('lets a source spare a sentence for one that has no other', async () => {
    const shared = 'The market hall stays open late on Friday evenings.'
    const output = await brief({ 'b.txt': `${shared} The library opens at nine on Mondays.`, 'a.txt': shared }, 2)
    expect(lines(output)).toEqual([
      expect.stringMatching(/^The library .*\[b\.txt:52-89\]$/),
      expect.stringMatching(/^The market .*\[a\.txt:0-51\]$/),
    ])
  })

  it('cites one sentence to both where neither has another, and keeps both where they only nearly agree', async () => {
    const same = await brief({
      'a.txt': 'The hall is open on Friday evening.',
      'b.txt': 'The hall is open on Friday evening.',
    })
    expect(lines(same)).toEqual(['The hall is open on Friday evening. [a.txt:0-35] [b.txt:0-35]'])
    expect(names(same)).toEqual(['a.txt', 'b.txt'])
    const nearly = await brief({
      'a.txt': 'The hall is open on Friday evening.',
      'b.txt': 'On Friday evening the hall is open.',
    })
    expect(lines(nearly)).toHaveLength(2)
  })

  it('tells files of one name apart', async () => {
    const context = contextOf({ one: 'Bread costs two euros here.', two: 'Milk costs one euro there.' })
    const sections = await Promise.all(
      ['one', 'two'].map(async (artifact_id) => {
        const { text, citations, ...rest } = await run<Section>('section', { artifact_id }, context)
        const named = JSON.stringify({ ...rest, text, citations }).replaceAll(`"${artifact_id}"`, `"${artifact_id}"`)
        return JSON.parse(
          named.replaceAll(`[${artifact_id}:`, '[a.md:').replaceAll(`"name":"${artifact_id}"`, '"name":"a.md"'),
        )
      }),
    )
    const { citations } = await run<Section>('compose', { sections }, context)
    expect(citations.map(({ marker }) => marker)).toEqual(['[a.md:0-27]', '[a.md(2):0-26]'])
  })

  it('keeps what a person changed, and says what is left out', async () => {
    const context = contextOf({ 'a.txt': 'The bridge is closed on Monday. Trams stop at noon.' })
    const section = await run<Section>('section', { artifact_id: 'a.txt' }, context)
    const amended = { ...section, text: `${section.text}\nChecked by the editor.` }
    const { text, citations } = await run<Section>('compose', { title: 'T', sections: [amended, null] }, context)
    expect(text).toContain('Checked by the editor.')
    expect(text).toContain('1 more did not pass and is left out.')
    expect(citations).toHaveLength(2)
  })

  it('is the same every time', async () => {
    const files = {
      'a.txt': 'One thing is said. Another thing is told.',
      'b.txt': 'A third thing follows it. The end comes.',
    }
    expect(await brief(files)).toEqual(await brief(files))
  })
})
