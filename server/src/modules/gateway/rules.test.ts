import { attemptOutcomes } from '@muster/contract/gateway/attempts'
import { modelDefinition } from '@muster/contract/gateway/models'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { processorMs } from '../../../test/processor-time.ts'
import { sseEvents } from './adapters/streams/sse.ts'
import { afterFailure, afterSuccess, type Breaker, closedBreaker, pass } from './rules/breaker.ts'
import { estimateOf } from './rules/estimate.ts'
import { consequences, outcomeOfStatus, retryAfterMs } from './rules/failures.ts'
import { createOutputCounter } from './rules/output.ts'
import { costOf, worstCost } from './rules/prices.ts'
import { afterCall, afterRetry, fullBudget, waitMs } from './rules/retries.ts'
import { routeOf } from './rules/routing.ts'
import { createTranscript } from './rules/transcript.ts'
import { openaiUsage, tokensOf, usageOfAnthropic, usageOfGemini, usageOfOpenai } from './rules/usage.ts'

const tokens = fc.nat(10_000_000)
const price = fc.nat(1_000_000_000)
const anyUsage = fc.record({
  uncached: tokens,
  cache_read: tokens,
  cache_write: tokens,
  output: tokens,
  reasoning: tokens,
})
const anyPrices = fc.record(
  { uncached: price, output: price, cache_read: price, cache_write: price, reasoning: price },
  { requiredKeys: ['uncached', 'output'] },
)

describe('usage', () => {
  it('is the same after it was told in OpenAI’s wire, but for what was written to a cache', () => {
    fc.assert(
      fc.property(anyUsage, (usage) => {
        const told = usageOfOpenai(openaiUsage({ ...usage, cache_write: 0 }))
        expect(told && tokensOf(told)).toBe(tokensOf({ ...usage, cache_write: 0 }))
        if (usage.uncached > 0) expect(told).toEqual({ ...usage, cache_write: 0 })
      }),
    )
  })

  it('counts no cached token twice, whichever way it is told', () => {
    const details = { prompt_tokens_details: { cached_tokens: 12 } }
    const wanted = { uncached: 8, cache_read: 12, cache_write: 0, output: 10, reasoning: 0 }
    expect(usageOfOpenai({ prompt_tokens: 20, completion_tokens: 10, total_tokens: 30, ...details })).toEqual(wanted)
    expect(usageOfOpenai({ prompt_tokens: 8, completion_tokens: 10, total_tokens: 30, ...details })).toEqual(wanted)
    expect(usageOfOpenai({ prompt_tokens: 8, completion_tokens: 10, ...details })).toEqual(wanted)
    expect(
      usageOfOpenai({
        prompt_tokens: 20,
        completion_tokens: 10,
        prompt_cache_hit_tokens: 12,
        prompt_cache_miss_tokens: 8,
      }),
    ).toEqual(wanted)
    expect(usageOfAnthropic({ input_tokens: 8, cache_read_input_tokens: 12, output_tokens: 10 })).toEqual(wanted)
    expect(usageOfGemini({ promptTokenCount: 20, cachedContentTokenCount: 12, candidatesTokenCount: 10 })).toEqual(
      wanted,
    )
  })

  it('is unknown where it is no usage', () => {
    for (const none of [
      undefined,
      null,
      {},
      7,
      'x',
      [],
      { prompt_tokens: -1, completion_tokens: 1 },
      { prompt_tokens: 1.5, completion_tokens: 1 },
      { prompt_tokens: 1 },
      { prompt_tokens: '1', completion_tokens: 1 },
    ])
      expect([usageOfOpenai(none), usageOfAnthropic(none), usageOfGemini(none)]).toEqual([
        undefined,
        undefined,
        undefined,
      ])
  })
})

describe('prices', () => {
  it('are exact, rounded up once', () => {
    const usage = { uncached: 1, cache_read: 1, cache_write: 0, output: 1, reasoning: 1 }
    expect(costOf(usage, { uncached: 300_000, cache_read: 30_000, output: 500_000 })).toBe(2)
    expect(costOf({ ...usage, cache_read: 0, output: 0, reasoning: 0 }, { uncached: 1, output: 0 })).toBe(1)
    expect(costOf(usage, { uncached: 0, output: 0 })).toBe(0)
    expect(costOf({ ...usage, uncached: 9_007_199 }, { uncached: 999_999_999, output: 0 })).toBe(9_007_199_991)
  })

  it('never cost more than the worst case of the same tokens', () => {
    fc.assert(
      fc.property(anyUsage, anyPrices, (usage, prices) => {
        const input_tokens = usage.uncached + usage.cache_read + usage.cache_write
        const worst = worstCost({ input_tokens, output_tokens: usage.output + usage.reasoning }, prices)
        expect(costOf(usage, prices)).toBeLessThanOrEqual(worst)
      }),
    )
  })

  it('cost no more than the worst case where some of the input is cached for an hour', () => {
    const prices = { uncached: 3_000_000, output: 0, cache_write: 3_750_000 }
    const cached = (ttl: string) => ({
      max_tokens: 1,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl } }] }],
    })
    const worst = (body: ReturnType<typeof cached>) =>
      worstCost({ ...estimateOf('messages', body, 500), input_tokens: 100_000 }, prices)
    const usage = { uncached: 0, cache_read: 0, cache_write: 100_000, output: 0, reasoning: 0 }
    expect(worst(cached('1h'))).toBe(costOf({ ...usage, cache_write_1h: 100_000 }, prices))
    expect(worst(cached('5m'))).toBe(costOf(usage, prices))
  })

  it('are estimated on the safe side: what a chat may take grows with its text, its maximum and its choices', () => {
    const body = { messages: [{ role: 'user', content: 'x'.repeat(3_000) }] }
    const { input_tokens, output_tokens } = estimateOf('chat', body, 500)
    expect(input_tokens).toBeGreaterThan(1_000)
    expect(output_tokens).toBe(500)
    expect(estimateOf('chat', { ...body, max_tokens: 70, n: 3 }, 500).output_tokens).toBe(210)
    expect(estimateOf('embeddings', { input: [[1, 2, 3]] }, 500)).toMatchObject({ output_tokens: 0 })
  })

  it.each([
    ['chat', { max_output_tokens: -1_000_000, max_tokens: 50_000 }, 50_000],
    ['chat', { max_output_tokens: 1 }, 500],
    ['chat', { max_completion_tokens: 1, max_tokens: 50_000 }, 50_000],
    ['chat', { max_tokens: 70, n: 2, best_of: 'x', prompt: ['a', 'b'] }, 140],
    ['messages', { max_completion_tokens: 1, max_output_tokens: 1, max_tokens: 70, n: 'x', best_of: 1.5 }, 70],
    ['responses', { max_tokens: 1, max_output_tokens: 70, n: -3 }, 70],
    ['completions', { max_completion_tokens: -1, max_tokens: 70, best_of: 2, prompt: ['a', 'b'] }, 280],
    ['completions', { max_tokens: 70, best_of: 1.5 }, 70],
  ] as const)('are estimated by the fields of the %s wire alone: %j', (wire, body, output_tokens) => {
    expect(estimateOf(wire, body, 500).output_tokens).toBe(output_tokens)
  })
})

describe('media in a request', () => {
  const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64')
  const held = (part: object) =>
    estimateOf('chat', { messages: [{ role: 'user', content: [JSON.parse(JSON.stringify(part))] }] }, 1).input_tokens
  const pdfOf = (pages: number, bytes = 0) =>
    base64(`%PDF-1.4\n${'<< /Type /Page /Parent 2 0 R >>\n'.repeat(pages)}${' '.repeat(bytes)}%%EOF`)
  const chatFile = (media_type: string, data: string) => ({
    type: 'file',
    file: { filename: 'a', file_data: `data:${media_type};base64,${data}` },
  })
  const document = (data: string) => ({
    type: 'document',
    source: { type: 'base64', media_type: 'application/pdf', data },
  })
  const within = (tokens: number, most: number) => [
    expect(tokens).toBeGreaterThan(most / 2),
    expect(tokens).toBeLessThan(most),
  ]

  it('are held by the pages of a PDF, the same in each wire', () => {
    for (const pages of [1, 7, 200]) {
      const data = pdfOf(pages)
      for (const part of [
        chatFile('application/pdf', data),
        { type: 'file', file: { filename: 'a.pdf', file_data: data } },
        { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${data}` },
        document(data),
      ])
        within(held(part), pages * 3_000 + 200)
    }
  })

  it('of a page tree count what it says, and of a file that hides its pages its bytes', () => {
    within(held(document(base64('%PDF-1.5 << /Type /Pages /Kids [1 0 R] /Count 40 >>'))), 120_200)
    within(held(document(base64(Buffer.alloc(1_500_000, 7)))), 225_200)
    within(held(document(pdfOf(50, 4_000_000))), 150_200)
    within(held(document(pdfOf(1, 3_000_000))), 100_000)
    const tree = '%PDF-1.5 << /Type /Pages /Kids [1 0 R] /Count 1 >>'
    within(held(document(base64(`${tree}${' '.repeat(3_000_000)}`))), 100_000)
  })

  it('are held by seconds of sound, which the header tells', () => {
    const wav = Buffer.alloc(44 + 32_000 * 10)
    wav.write('RIFF', 0)
    wav.write('WAVEfmt ', 8)
    wav.writeUInt32LE(16_000, 24)
    wav.writeUInt32LE(32_000, 28)
    const sound = { type: 'input_audio', input_audio: { data: base64(wav), format: 'wav' } }
    within(held(sound), 11 * 32 + 100)
    within(held(chatFile('audio/wav', base64(wav))), 11 * 32 + 100)
    const mp3 = Buffer.alloc(16_000 * 20)
    mp3.set([0xff, 0xfb, 0x90])
    within(held({ type: 'input_audio', input_audio: { data: base64(mp3), format: 'mp3' } }), 21 * 32 + 100)
    within(held(chatFile('audio/ogg', base64(Buffer.alloc(4_000 * 60, 1)))), 61 * 32 + 100)
  })

  it('at an address are one picture, or a document of some pages', () => {
    const url = 'https://example.org/huge.png'
    for (const part of [
      { type: 'image_url', image_url: { url } },
      { type: 'input_image', image_url: url },
      { type: 'image', source: { type: 'url', url } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: base64(Buffer.alloc(9_000)) } },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${base64(Buffer.alloc(90_000))}` } },
    ])
      within(held(part), 2_100)
    within(held({ type: 'document', source: { type: 'url', url } }), 30_100)
    within(held({ type: 'file', file: { file_id: 'file-1' } }), 30_100)
  })

  it('are the one text that was read: what stands beside it is words', () => {
    const words = 'words '.repeat(10_000)
    const data = base64(Buffer.alloc(9_000))
    const url = `data:image/png;base64,${data}`
    for (const part of [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data, more: words } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data }, file: words },
      { type: 'image_url', image_url: { url, detail: words } },
      { type: 'image_url', image_url: { url }, file_data: words },
      { type: 'input_image', image_url: url, file_id: words },
      { type: 'input_audio', input_audio: { data, format: 'mp3', more: words } },
      { type: 'file', file: { file_data: `data:application/pdf;base64,${pdfOf(1)}`, more: [words] } },
      { type: 'input_file', file_data: `data:application/pdf;base64,${pdfOf(1)}`, source: words },
      { type: 'input_file', file_id: words },
    ])
      expect(held(part), part.type).toBeGreaterThan(20_000)
  })

  it('are words where they stand in words', () => {
    const url = `data:image/png;base64,${base64(Buffer.alloc(90_000))}`
    expect(held({ type: 'text', text: url })).toBeGreaterThan(30_000)
    const part = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: url } }
    expect(held({ type: 'tool_use', id: 'u', name: 'n', input: { part } })).toBeGreaterThan(30_000)
    expect(held({ type: 'tool_result', tool_use_id: 'u', content: [part] })).toBeLessThan(2_200)
    expect(held(chatFile('text/csv', base64('a;b\n'.repeat(3_000))))).toBeGreaterThan(3_900)
  })
})

describe('a breaker', () => {
  it('opens after five failures in a row, lets one probe through, and closes when that succeeds', () => {
    let breaker: Breaker = closedBreaker
    for (let time = 0; time < 4; time++) breaker = afterFailure(breaker, 0)
    expect(pass(breaker, 0).passes).toBe(true)
    breaker = afterFailure(breaker, 0)
    expect(pass(breaker, 14_999).passes).toBe(false)
    const probe = pass(breaker, 15_000)
    expect([probe.passes, probe.breaker.state]).toEqual([true, 'half_open'])
    expect(pass(probe.breaker, 15_001).passes).toBe(false)
    expect(pass(afterFailure(probe.breaker, 16_000), 30_999).passes).toBe(false)
    expect(pass(afterSuccess(), 16_000).passes).toBe(true)
  })
})

describe('retries', () => {
  it('are one in ten, and a few in any case', () => {
    let budget = fullBudget
    let retries = 0
    for (let call = 0; call < 1_000; call++) {
      budget = afterCall(budget)
      const left = afterRetry(budget)
      if (!left) continue
      budget = left
      retries += 1
    }
    expect(retries).toBeGreaterThanOrEqual(100)
    expect(retries).toBeLessThanOrEqual(111)
  })

  it('wait as long as they are told, but not for ever', () => {
    const at_most = { retry_after_ms_max: 20_000, random: 0.5 }
    expect(waitMs({ attempts: 1, retry_after_ms: 3_000, ...at_most })).toBe(3_000)
    expect(waitMs({ attempts: 1, retry_after_ms: 20_001, ...at_most })).toBeUndefined()
    expect([1, 2, 3, 9].map((attempts) => waitMs({ attempts, retry_after_ms: undefined, ...at_most }))).toEqual([
      100, 200, 400, 2_500,
    ])
    expect(retryAfterMs('1.5', 0)).toBe(1_500)
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:07 GMT', 2_000)).toBe(5_000)
    expect([retryAfterMs('soon', 0), retryAfterMs(undefined, 0)]).toEqual([undefined, undefined])
  })
})

describe('failures', () => {
  it('each have their consequences; what was sent and not answered is never free', () => {
    expect(Object.keys(consequences).sort()).toEqual(attemptOutcomes.filter((one) => one !== 'ok').sort())
    const free = Object.entries(consequences).filter(([, { used }]) => used === 'nothing')
    expect(free.map(([outcome]) => outcome).sort()).toEqual([
      'connect_timeout',
      'denied',
      'overloaded',
      'rate_limited',
      'refused',
      'unreachable',
    ])
    expect([400, 401, 404, 408, 429, 500, 529, 302].map(outcomeOfStatus)).toEqual([
      'refused',
      'denied',
      'refused',
      'overloaded',
      'rate_limited',
      'overloaded',
      'overloaded',
      'malformed',
    ])
  })
})

describe('output', () => {
  /** As tokenizers may make them: white space, then a word or a part of one, of 128 bytes at most. */
  const token = fc
    .tuple(fc.constantFrom('', ' ', '\n\n', '  '), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }))
    .map(([space, word]) => `${space}${word.replace(/\s/g, '.')}`)
    .filter((text) => Buffer.byteLength(text) <= 128)

  it('is never counted higher than it is, and the same however it is split', () => {
    fc.assert(
      fc.property(fc.array(token), fc.array(fc.nat(500)), (made, cuts) => {
        const text = made.join('')
        const whole = createOutputCounter()
        whole.add([{ kind: 'text', voice: 0, text }])
        expect(whole.tokens()).toBeLessThanOrEqual(made.length)
        const split = createOutputCounter()
        const characters = [...text]
        const within = cuts.filter((at) => at < characters.length).sort((one, other) => one - other)
        const places = [0, ...within, characters.length]
        for (const [at, from] of places.slice(0, -1).entries())
          split.add([{ kind: 'text', voice: 0, text: characters.slice(from, places[at + 1]).join('') }])
        expect(split.tokens()).toBe(whole.tokens())
      }),
    )
  })

  it('is counted by words, by bytes where there are none, and for each voice', () => {
    const counter = createOutputCounter()
    const add = (text: string, voice = 0) => counter.add([{ kind: 'text', voice, text }])
    add('one two  thr')
    add('ee, four\n')
    add(' ')
    expect(counter.tokens()).toBe(4)
    add('x'.repeat(300))
    expect(counter.tokens()).toBe(7)
    for (const voice of [1, 2, 1, 2]) add('half', voice)
    expect(counter.tokens()).toBe(9)
  })
})

describe('what another try goes on with', () => {
  const body = { model: 'm', max_tokens: 50, messages: [{ role: 'user', content: 'Well?' }] }
  const text = (said: string) => [{ kind: 'text' as const, voice: 0, text: said }]

  it('is what was said, as the assistant’s beginning', () => {
    const transcript = createTranscript('chat', body)
    expect(transcript.continuedBody()).toBeUndefined()
    transcript.add([...text('It is '), { kind: 'thought', voice: 0, text: 'hm' }])
    expect(transcript.endsInSpace()).toBe(true)
    const continued = { max_tokens: 47, messages: [...body.messages, { role: 'assistant', content: 'It is' }] }
    expect(transcript.continuedBody()).toEqual({ ...body, ...continued })
    transcript.clear()
    expect(transcript.continuedBody()).toBeUndefined()
  })

  it('lengthens a beginning that the client gave itself', () => {
    const begun = { ...body, messages: [...body.messages, { role: 'assistant', content: '{' }] }
    const transcript = createTranscript('messages', begun)
    transcript.add(text('"a":'))
    expect(transcript.continuedBody()?.messages).toEqual([...body.messages, { role: 'assistant', content: '{"a":' }])
  })

  it('is nothing in the middle of a tool call, of several choices, and of embeddings', () => {
    const with_call = createTranscript('chat', body)
    with_call.add([...text('See:'), { kind: 'call', voice: 0, text: '' }])
    const several = createTranscript('chat', { ...body, n: 2 })
    several.add(text('See:'))
    expect([with_call.continuedBody(), several.continuedBody()]).toEqual([undefined, undefined])
  })
})

describe('routes', () => {
  const prices = { uncached: 0, output: 0 }
  const model = (name: string, weights: readonly number[], more = {}) => ({
    name,
    version: 1,
    definition: modelDefinition.parse({
      targets: weights.map((weight, at) => ({ provider: name, model: `${at}`, weight, prices })),
      ...more,
    }),
  })
  const first = (weights: readonly number[], random: number) => routeOf(model('a', weights), [], () => random)[0]?.model

  it('begin by weight, and have every other target behind that', () => {
    expect([0, 0.24, 0.25, 0.99].map((random) => first([1, 3], random))).toEqual(['0', '0', '1', '1'])
    expect([0, 0.5, 0.99].map((random) => first([0, 1, 0], random))).toEqual(['1', '1', '1'])
    expect(first([0, 0], 0.5)).toBe('0')
    fc.assert(
      fc.property(
        fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (weights, random) => {
          const names = routeOf(model('a', weights), [], () => random).map((target) => target.model)
          expect([...names].sort()).toEqual(weights.map((_weight, at) => `${at}`))
        },
      ),
    )
  })

  it('keep to a pin, and then to the fallbacks', () => {
    const pinned = model('a', [1, 1], { pin: { provider: 'a', model: '1' } })
    const names = routeOf(pinned, [model('b', [1])], () => 0).map(({ alias, model: name }) => `${alias}${name}`)
    expect(names).toEqual(['a1', 'b0'])
  })
})

describe('server-sent events', () => {
  const read = async (pieces: readonly Uint8Array[]) => {
    const found: unknown[] = []
    async function* bytes() {
      yield* pieces
    }
    for await (const event of sseEvents(bytes())) found.push(event)
    return found
  }

  it('are the same however their bytes are cut and their lines end', async () => {
    const data = fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => text.replace(/[\r\n]/g, '') || 'x')
    await fc.assert(
      fc.asyncProperty(
        fc.array(data, { maxLength: 5 }),
        fc.constantFrom('\n', '\r', '\r\n'),
        fc.array(fc.nat(200)),
        async (texts, end, cuts) => {
          const bytes = Buffer.from(
            texts.map((text) => `event: e${end}data: ${text}${end}: c${end}data:b${end}${end}`).join(''),
          )
          const places = [0, ...cuts.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length]
          const pieces = places.slice(1).map((to, at) => bytes.subarray(places[at], to))
          expect(await read(pieces)).toEqual(texts.map((text) => ({ event: 'e', data: `${text}\nb` })))
        },
      ),
    )
  })

  it('of a megabyte in single bytes take no longer than a moment', async () => {
    const bytes = Buffer.from(`data: ${'x'.repeat(1_000_000)}\n\n`)
    const started = processorMs()
    const [event] = await read(Array.from(bytes, (byte) => Uint8Array.of(byte)))
    expect((event as { data: string }).data).toHaveLength(1_000_000)
    expect(processorMs() - started).toBeLessThan(20_000)
  })
})
