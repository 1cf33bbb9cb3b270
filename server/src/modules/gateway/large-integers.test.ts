import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createModel } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../../../test/fixtures.ts'
import { prices } from '../../../test/gateway/calls.ts'
import { testProgram } from '../../../test/program.ts'

const made = await testProgram()
const address = await made.app.listen({ port: 0, host: '127.0.0.1' })
const digits = '9107385562314477123'
const negative = '-123456789012345678901234567890'
const input = `{"order":${digits},"others":[1,${negative}],"text":"${digits}"}`
const argumentsText = JSON.stringify(input)
const usage = {
  chat: '{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}',
  messages: '{"input_tokens":1,"output_tokens":1}',
}

/** Raw texts: nothing here reads a number. */
const replies: Readonly<Record<string, { readonly whole: string; readonly stream: readonly string[] }>> = {
  openai: {
    whole: `{"id":"c","object":"chat.completion","created":1,"model":"m","seen":${digits},"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"look","arguments":${argumentsText}}}]},"finish_reason":"tool_calls"}],"usage":${usage.chat}}`,
    stream: [
      `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","seen":${digits},"choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"look","arguments":${argumentsText}}}]},"finish_reason":null}]}`,
      `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","seen":${digits},"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":${usage.chat}}`,
      'data: [DONE]',
    ],
  },
  anthropic: {
    whole: `{"id":"m","type":"message","role":"assistant","model":"m","seen":${digits},"content":[{"type":"tool_use","id":"toolu_1","name":"look","input":${input}}],"stop_reason":"tool_use","stop_sequence":null,"usage":${usage.messages}}`,
    stream: [
      `event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","seen":${digits},"content":[],"stop_reason":null,"stop_sequence":null,"usage":${usage.messages}}}`,
      'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"look","input":{}}}',
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":${argumentsText}}}`,
      'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}',
      `event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":${usage.messages}}`,
      'event: message_stop\ndata: {"type":"message_stop"}',
    ],
  },
  gemini: {
    whole: `{"responseId":"g","modelVersion":"m","candidates":[{"index":0,"content":{"role":"model","parts":[{"functionCall":{"name":"look","args":${input}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1}}`,
    stream: [
      `data: {"responseId":"g","modelVersion":"m","candidates":[{"index":0,"content":{"role":"model","parts":[{"functionCall":{"name":"look","args":${input}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1}}`,
    ],
  },
}
const kinds = ['openai', 'anthropic', 'gemini'] as const

const requests = {
  chat: {
    path: '/v1/chat/completions',
    body: (model: string, more: string) =>
      `{"model":"${model}","max_tokens":50${more},"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"look","arguments":${argumentsText}}}]},{"role":"tool","tool_call_id":"call_1","content":"ok"}],"tools":[{"type":"function","function":{"name":"look","parameters":{"type":"object","properties":{"order":{"type":"integer","maximum":${digits}}}}}}]}`,
    calledWith: argumentsText,
  },
  messages: {
    path: '/v1/messages',
    body: (model: string, more: string) =>
      `{"model":"${model}","max_tokens":50${more},"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"look","input":${input}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"ok"}]}],"tools":[{"name":"look","input_schema":{"type":"object","properties":{"order":{"type":"integer","maximum":${digits}}}}}]}`,
    calledWith: input,
  },
} as const
const wires = ['chat', 'messages'] as const
const own = { openai: 'chat', anthropic: 'messages', gemini: undefined } as const

describe.each(kinds)('integers beyond 2^53, over a provider of the kind %s', (kind) => {
  let api: ApiClient
  const seen: string[] = []
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const text = Buffer.concat(pieces).toString('utf8')
    seen.push(text)
    const reply = replies[kind]
    const isStream = /"stream": ?true/.test(text) || request.url?.includes('streamGenerateContent')
    response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
    response.end(isStream ? `${reply?.stream.join('\n\n')}\n\n` : reply?.whole)
  })
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    api = (await made.twoMore()).ours
    const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await api.call(createProvider, { body: { name: 'raw', kind, base_url } })
    const targets = [{ provider: 'raw', model: 'm', prices }]
    await api.call(createModel, { body: { name: 'alias', targets } })
    await api.call(createModel, { body: { name: 'cached', targets, cache: { ttl_ms: 60_000 } } })
  })
  afterAll(() => void server.close())

  async function ask(wire: (typeof wires)[number], { stream = false, more = '', model = 'alias' } = {}) {
    const { path, body } = requests[wire]
    const answer = await fetch(`${address}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
      body: body(model, `${more}${stream ? ',"stream":true' : ''}`),
    })
    return { status: answer.status, text: await answer.text(), cache: answer.headers.get('x-muster-cache') }
  }

  it.each(wires)('pass in calls, schemas and answers, digit by digit: %s', async (wire) => {
    const { status, text } = await ask(wire)
    expect([status, text]).toEqual([200, expect.stringContaining(requests[wire].calledWith)])
    const sent = seen.at(-1) ?? ''
    expect(sent).toContain(kind === 'openai' ? argumentsText : input)
    expect(sent).toContain(`"maximum":${digits}`)
    if (own[kind] === wire) expect(text).toContain(`"seen":${digits}`)
  })

  it.each(wires)('pass in streams: %s', async (wire) => {
    const { status, text } = await ask(wire, { stream: true })
    expect(status).toBe(200)
    const events = text
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice('data: '.length)))
    const pieces = events.flatMap((event) =>
      wire === 'chat'
        ? (event.choices[0]?.delta.tool_calls ?? []).map(
            (call: { function: { arguments?: string } }) => call.function.arguments ?? '',
          )
        : [event.delta?.partial_json ?? ''],
    )
    expect(pieces.join('')).toBe(input)
    if (own[kind] === wire) expect(text).toContain(`"seen":${digits}`)
  })

  it.each(wires)('pass in cached answers, whole and streamed: %s', async (wire) => {
    const asked = [await ask(wire, { model: 'cached' }), await ask(wire, { model: 'cached' })]
    expect(asked.map(({ cache }) => cache)).toEqual(['miss', 'hit'])
    for (const { text } of asked) expect(text).toContain(requests[wire].calledWith)
    const { text, cache } = await ask(wire, { model: 'cached', stream: true })
    expect([cache, text]).toEqual(['hit', expect.stringContaining(digits)])
    expect(text).not.toContain(String(Number(digits)))
  })

  it.each(wires)(
    'are passed to its own wire, and refused with the field where they would be rounded: %s',
    async (wire) => {
      const asked = await ask(wire, { more: `,"seed":${digits},"top_p":1` })
      if (own[kind] === wire) {
        expect(asked.status).toBe(200)
        expect(seen.at(-1)).toContain(`"seed":${digits}`)
      } else {
        const { error } = JSON.parse(asked.text)
        expect([asked.status, error.message]).toEqual([
          400,
          expect.stringMatching(/^seed: .*9107385562314477123.*2\^53/),
        ])
      }
    },
  )

  it.each(wires)('are refused with the field where Muster computes with them: %s', async (wire) => {
    for (const [more, field] of [
      [`,"max_completion_tokens":${digits}`, 'max_completion_tokens'],
      [`,"n":${digits}`, 'n'],
    ] as const) {
      if (wire === 'messages') continue
      const { status, text } = await ask(wire, { more })
      expect([status, JSON.parse(text).error.message]).toEqual([400, expect.stringContaining(field)])
    }
  })
})
