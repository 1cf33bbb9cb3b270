import type Anthropic from '@anthropic-ai/sdk'
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream'
import type { JsonObject } from '@muster/contract/values'
import { describe, expect, it } from 'vitest'
import { mixed_calls, usage } from '../../../../examples/misbehaving-provider/faults.ts'
import { adapterOf } from './adapters/registry.ts'
import { createMessagesResume } from './adapters/streams/resume-messages-stream.ts'
import { streamAsWhole } from './adapters/streams/stream-as-whole.ts'
import type { AdapterCall } from './gateway.types.ts'
import { eventsIn } from './wires/events/wire-events.ts'

const asked: AdapterCall = {
  wire: 'messages',
  body: {},
  model: 'm',
  stream: true,
  output_tokens_max: 100,
  headers: {},
  size: { characters: 0, values: 0 },
  input_tokens: 30,
}

/** What a client reads of these chunks. */
function read(chunks: readonly object[]): string {
  const reader = adapterOf('openai').reader(asked)
  const out = chunks.map((chunk) => reader.read({ event: undefined, data: JSON.stringify(chunk) }).out)
  return out.join('') + reader.read({ event: undefined, data: '[DONE]' }).out
}
const said = (delta: object, finish_reason: string | null = null) => ({
  id: 'x',
  choices: [{ index: 0, delta, finish_reason }],
})

describe('a message out of a chat', () => {
  it('keeps calls apart whose pieces come mixed', () => {
    const text = read([...mixed_calls, { choices: [], usage }])
    const message = streamAsWhole('messages', text)
    expect(message).toMatchObject({
      content: [
        { type: 'tool_use', id: 'call_b', name: 'weather', input: { city: 'Łódź' } },
        { type: 'tool_use', id: 'call_a', name: 'time', input: { zone: 'CET' } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 20, output_tokens: 10 },
    })
    const types = eventsIn(text).map(({ value }) => value?.type)
    expect([types[0], ...types.slice(-3)]).toEqual([
      'message_start',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })

  it.each([
    ['one behind the other', ['{"n":', '1}'], ['{"n":2}']],
    ['with the first cut by the second', ['{"n":1'], ['{"n":2}'], ['}']],
    ['with brackets in their texts', ['{"a":"}\\"}"', '}'], ['{"n":2}']],
  ])('gives Anthropic’s client each of two calls, %s', async (_name, before, between, after: string[] = []) => {
    const call = (index: number, text: string, more: object = {}) =>
      said({
        tool_calls: [{ index, ...more, function: { ...('id' in more && { name: `f${index}` }), arguments: text } }],
      })
    const chunks = [
      call(0, '', { id: 'a' }),
      ...before.map((text) => call(0, text)),
      call(1, '', { id: 'b' }),
      ...between.map((text) => call(1, text)),
      ...after.map((text) => call(0, text)),
      said({}, 'tool_calls'),
    ]
    const text = read(chunks)
    const blocks: Anthropic.ContentBlock[] = []
    const lines = eventsIn(text).map(({ value }) => `${JSON.stringify(value)}\n`)
    const stream = MessageStream.fromReadableStream(new Blob(lines).stream())
    stream.on('contentBlock', (block) => void blocks.push(block))
    const { content } = await stream.finalMessage()
    const told = [
      { type: 'tool_use', id: 'a', name: 'f0', input: JSON.parse([...before, ...after].join('')) },
      { type: 'tool_use', id: 'b', name: 'f1', input: { n: 2 } },
    ]
    expect(blocks).toMatchObject(told)
    expect(content).toMatchObject(told)
  })

  it('sends the pieces of a call before the call is complete', () => {
    const reader = adapterOf('openai').reader(asked)
    const piece = (index: number, id: string, text: string) =>
      reader.read({
        event: undefined,
        data: JSON.stringify(said({ tool_calls: [{ index, id, function: { name: id, arguments: text } }] })),
      }).out
    expect(piece(0, 'a', '{"n":')).toContain('{\\"n\\":')
    expect(piece(1, 'b', '{"m":')).toBe('')
    const freed = piece(0, 'a', '1}')
    expect(eventsIn(freed).map(({ value }) => [value?.type, value?.index])).toEqual([
      ['content_block_delta', 0],
      ['content_block_stop', 0],
      ['content_block_start', 1],
      ['content_block_delta', 1],
    ])
    expect(piece(1, 'b', '2}')).toContain('2}')
  })

  it('has thoughts and words in blocks of their own', () => {
    const chunks = [{ reasoning_content: 'Hm' }, { reasoning_content: '.' }, { content: 'So' }, { content: ' it is' }]
    const message = streamAsWhole('messages', read([...chunks.map((delta) => said(delta)), said({}, 'length')]))
    expect(message).toMatchObject({
      content: [
        { type: 'thinking', thinking: 'Hm.' },
        { type: 'text', text: 'So it is' },
      ],
      stop_reason: 'max_tokens',
    })
    const { body } = adapterOf('openai').answer(asked, {
      id: 'x',
      choices: [{ message: { content: 'So it is', reasoning_content: 'Hm.' }, finish_reason: 'length' }],
    })
    expect(body.content).toEqual(message?.content)
  })

  it('that breaks off is not complete', () => {
    const reader = adapterOf('openai').reader(asked)
    reader.read({ event: undefined, data: JSON.stringify(said({ content: 'So' })) })
    expect(reader.end()).toBeUndefined()
  })

  it('has its call closed where another try takes over', () => {
    const resume = createMessagesResume()
    resume.pass(read(mixed_calls).split('event: content_block_stop')[0] ?? '')
    resume.takeOver('restart', { trims: false })
    const events = eventsIn(resume.pass(read([said({ content: 'Anew' }), said({}, 'stop')])))
    expect(events.map(({ value }) => [value?.type, value?.index])).toEqual([
      ['content_block_stop', 0],
      ['content_block_start', 1],
      ['content_block_delta', 1],
      ['content_block_stop', 1],
      ['message_delta', undefined],
      ['message_stop', undefined],
    ])
  })
})

describe('a chat out of a request for a message', () => {
  const base = { model: 'm', max_tokens: 10 }
  const chat = (more: JsonObject): JsonObject =>
    adapterOf('openai').request({ ...asked, stream: false, body: { ...base, messages: [], ...more } }, undefined)
      .body ?? {}

  it('has results of tools before what is said beside them, with their pictures behind', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }
    const result = { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'Seen.' }, image] }
    const signed = { extra_content: { google: { thought_signature: 's' } } }
    const messages = [
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm', signature: '' },
          { type: 'tool_use', id: 't', name: 'f', input: { a: 1 }, ...signed },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'And?' }, result] },
    ]
    expect(chat({ system: [{ type: 'text', text: 'Be brief' }], messages }).messages).toEqual([
      { role: 'system', content: 'Be brief' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{"a":1}' }, ...signed }],
      },
      { role: 'tool', tool_call_id: 't', content: 'Seen.' },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
          { type: 'text', text: 'And?' },
        ],
      },
    ])
  })

  it('says the same in other words', () => {
    const tools = [{ name: 'f', description: 'Does.', input_schema: { type: 'object' } }]
    const choice = (tool_choice: JsonObject) => chat({ tools, tool_choice })
    expect(choice({ type: 'any' }).tool_choice).toBe('required')
    expect(choice({ type: 'none' }).tool_choice).toBe('none')
    expect(choice({ type: 'tool', name: 'f' }).tool_choice).toEqual({ type: 'function', function: { name: 'f' } })
    expect(choice({ type: 'auto', disable_parallel_tool_use: true })).toMatchObject({ parallel_tool_calls: false })
    expect(
      chat({ stop_sequences: ['.'], metadata: { user_id: 'u' }, top_k: 5, output_config: { effort: 'max' } }),
    ).toEqual({
      ...base,
      messages: [],
      stop: ['.'],
      user: 'u',
      reasoning_effort: 'high',
    })
  })

  it('has ids of calls that are short, and each once', () => {
    const long = 'x'.repeat(41)
    const ids = ['a', long, 'a', 'functions.f:0']
    const used = ids.map((id, n) => ({ type: 'tool_use', id, name: 'f', input: { n } }))
    const results = ids.map((id, n) => ({ type: 'tool_result', tool_use_id: id, content: `${n}` }))
    const { messages } = chat({
      messages: [
        { role: 'assistant', content: used },
        { role: 'user', content: results },
      ],
    })
    const given = ['a', 'call_2', 'call_3', 'functions.f:0']
    expect(messages).toMatchObject([
      { tool_calls: given.map((id, n) => ({ id, function: { arguments: JSON.stringify({ n }) } })) },
      ...given.map((tool_call_id, n) => ({ tool_call_id, content: `${n}` })),
    ])
  })

  it('is refused where it would lie', () => {
    const document = { type: 'document', source: { type: 'url', url: 'https://example.org/a.pdf' } }
    expect(() => chat({ messages: [{ role: 'user', content: [document] }] })).toThrow(
      'messages[0].content[0]: this model takes a document as base64 only, not by its address.',
    )
    expect(() => chat({ tools: [{ type: 'bash_20250124', name: 'bash' }] })).toThrow('does not support bash_20250124')
    const mcp_servers = [{ type: 'url', name: 'x', url: 'https://example.org/mcp' }]
    expect(() => chat({ mcp_servers })).toThrow('mcp_servers: this model does not support it.')
    expect(() => chat({ container: 'c' })).toThrow('container: this model does not support it.')
  })
})
