import type { Json, JsonObject } from '@muster/contract/values'
import { describe, expect, it, vi } from 'vitest'
import { adapterOf } from '../adapters/registry.ts'
import { providerRequest } from '../adapters/request-function.ts'
import { streamAsWhole } from '../adapters/streams/stream-as-whole.ts'
import { wholeAsStream } from '../adapters/streams/whole-as-stream.ts'
import { type AdapterCall, ProviderFailure } from '../gateway.types.ts'
import { costOf } from '../rules/prices.ts'
import { list, object, usageOfAnthropic, usageOfOpenai } from '../rules/usage.ts'
import { chatReply } from './chat/chat-reply.ts'
import { eventsIn } from './events/wire-events.ts'
import { createMessageIds } from './messages/message-ids.ts'

type Kind = 'openai' | 'anthropic' | 'gemini'

const base: AdapterCall = {
  wire: 'messages',
  body: {},
  model: 'm',
  stream: false,
  output_tokens_max: 100,
  headers: {},
  size: { characters: 0, values: 0 },
  input_tokens: 30,
}

const call = (id: string | undefined, written: Json, more: JsonObject = {}): JsonObject => ({
  ...(id !== undefined && { id }),
  type: 'function',
  function: { name: 'paint', arguments: written },
  ...more,
})
const completion = (message: JsonObject, finish_reason = 'stop'): JsonObject => ({
  id: 'c',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
})
const messageOf = (answer: JsonObject): JsonObject => adapterOf('openai').answer(base, answer).body

function streamOf(kind: Kind, wire: AdapterCall['wire'], events: readonly (JsonObject | string)[]) {
  const reader = adapterOf(kind).reader({
    ...base,
    wire,
    stream: true,
    body: { stream_options: { include_usage: true } },
  })
  const out = events.map((event) => {
    const data = typeof event === 'string' ? event : JSON.stringify(event)
    return reader.read({ event: undefined, data }).out
  })
  return out.join('') + (events.at(-1) === '[DONE]' ? '' : (reader.end() ?? ''))
}
const chunk = (delta: JsonObject, finish_reason: string | null = null): JsonObject => ({
  id: 'c',
  model: 'm',
  choices: [{ index: 0, delta, finish_reason }],
})
const pieces = (...tool_calls: JsonObject[]): JsonObject[] => tool_calls.map((piece) => chunk({ tool_calls: [piece] }))
const ended = (deltas: readonly JsonObject[]) => [...deltas, chunk({}, 'tool_calls'), '[DONE]']

function failureOf(action: () => unknown): ProviderFailure {
  try {
    action()
  } catch (error) {
    if (error instanceof ProviderFailure) return error
    throw error
  }
  throw new Error('nothing failed')
}

describe('calls whose pieces a server does not tell apart', () => {
  const both = [
    { name: 'paint', input: { n: 1 } },
    { name: 'paint', input: { n: 2 } },
  ]
  const whole = ['{"n":1}', '{"n":2}'].map((written, at) => call(`id${at}`, written))
  it.each([
    ['one index, two ids', whole.map((one) => ({ index: 0, ...one }))],
    ['no index', whole],
    ['neither index nor id', ['{"n":1}', '{"n":2}'].map((written) => call(undefined, written))],
    ['one index and no id', ['{"n":1}', '{"n":2}'].map((written) => call(undefined, written, { index: 0 }))],
    [
      'pieces by id alone',
      [
        call('a', '{"n"'),
        call('b', '{"n"'),
        { id: 'a', function: { arguments: ':1}' } },
        { id: 'b', function: { arguments: ':2}' } },
      ],
    ],
    [
      'one index, arguments in pieces',
      [
        call('a', '', { index: 0 }),
        { index: 0, function: { arguments: '{"n":' } },
        { index: 0, function: { arguments: '1}' } },
        call('b', '', { index: 0 }),
        { index: 0, function: { arguments: '{"n":2}' } },
      ],
    ],
    ['one index and one id', ['{"n":1}', '{"n":2}'].map((written) => call('x', written, { index: 0 }))],
    ['one id and no index', ['{"n":1}', '{"n":2}'].map((written) => call('x', written))],
    [
      'one id, repeated with each piece',
      ['{"n":1}', '{"n":2}'].flatMap((written, index) => [
        call('x', written.slice(0, 4), { index }),
        { index, id: 'x', function: { arguments: written.slice(4) } },
      ]),
    ],
    [
      'one id, told late',
      ['{"n":1}', '{"n":2}'].flatMap((written, index) => [
        call(undefined, written.slice(0, 4), { index }),
        { index, id: 'x', function: { arguments: written.slice(4) } },
        { index, id: 'x', function: { arguments: '' } },
      ]),
    ],
    [
      'no id, the name with each piece',
      ['{"n":', '1}', '', '{"n":', '2}', ''].map((written) => call(undefined, written, { index: 0 })),
    ],
    [
      'no id, arguments behind the name',
      ['', '{"n":1}', '', '{"n":2}'].map((written) =>
        written === '' ? call(undefined, '', { index: 0 }) : { index: 0, function: { arguments: written } },
      ),
    ],
  ])('%s', (_name, calls) => {
    const message = streamAsWhole('messages', streamOf('openai', 'messages', ended(pieces(...calls))))
    expect(message?.content).toMatchObject(both)
    const ids = list(message?.content).map((block) => object(block).id)
    expect(new Set(ids).size).toBe(2)
    expect(ids.every((id) => typeof id === 'string' && id !== '')).toBe(true)
    // A client of the same wire gets them apart too.
    const chat = streamAsWhole('chat', streamOf('openai', 'chat', ended(pieces(...calls))))
    const read = chatReply(chat ?? {})
    expect(read?.calls.map((one) => [one.name, JSON.parse(one.arguments)])).toEqual(
      both.map(({ name, input }) => [name, input]),
    )
    expect(new Set(read?.calls.map(({ id }) => id)).size).toBe(2)
  })

  it('a call goes on that a server gives another id with each piece', () => {
    const calls = [call('a', '{"n"', { index: 0 }), { index: 0, id: 'b', function: { arguments: ':1}' } }]
    const message = streamAsWhole('messages', streamOf('openai', 'messages', ended(pieces(...calls))))
    expect(message?.content).toMatchObject([both[0]])
  })

  it('the id of a call is told once', () => {
    const reader = adapterOf('openai').reader({ ...base, wire: 'chat', stream: true })
    const given = [
      call(undefined, '{"n"', { index: 0 }),
      { index: 0, id: 'x', function: { arguments: ':1' } },
      call('x', '{"n"', { index: 1 }),
      { index: 0, id: 'x', function: { arguments: '}' } },
      { index: 1, id: 'x', function: { arguments: ':2}' } },
    ]
    const ids = pieces(...given).map((event) => {
      const { out } = reader.read({ event: undefined, data: JSON.stringify(event) })
      const [choice] = list(object(JSON.parse(out.slice('data: '.length))).choices)
      return object(list(object(object(choice).delta).tool_calls)[0]).id
    })
    expect(ids).toEqual([expect.stringMatching(/^call_/), undefined, 'x', undefined, 'x'])
  })

  it('passes on as it came what is told apart', () => {
    const data = JSON.stringify(pieces(call('a', '{"n":1}', { index: 0 }))[0], null, 1).replaceAll('\n', ' ')
    const reader = adapterOf('openai').reader({ ...base, wire: 'chat', stream: true })
    expect(reader.read({ event: undefined, data }).out).toBe(`data: ${data}\n\n`)
  })
})

describe('an answer as servers of OpenAI’s wire vary it', () => {
  it('has texts and thoughts in parts', () => {
    const thinking = [{ type: 'text', text: 'hm' }]
    const content = [
      { type: 'thinking', thinking },
      { type: 'text', text: 'The answer ' },
      { type: 'text', text: 'is 7.' },
    ]
    const message = messageOf(completion({ content }))
    expect(list(message.content).map((block) => object(block).thinking ?? object(block).text)).toEqual([
      'hm',
      'The answer ',
      'is 7.',
    ])
    const streamed = streamOf('openai', 'messages', [
      chunk({ content: [{ type: 'thinking', thinking }] }),
      chunk({ content: [{ type: 'text', text: 'The answer ' }] }),
      chunk({ content: 'is 7.' }, 'stop'),
      '[DONE]',
    ])
    expect(streamAsWhole('messages', streamed)?.content).toMatchObject([
      { thinking: 'hm' },
      { text: 'The answer is 7.' },
    ])
    expect(chatReply(completion({ content }))?.text).toBe('The answer is 7.')
  })

  it.each([
    ['no ids', [call(undefined, '{"n":1}'), call(undefined, '{"n":2}')]],
    ['one id for two', [call('a', '{"n":1}'), call('a', '{"n":2}')]],
    ['arguments as an object', [call('a', { n: 1 }), call('b', { n: 2 })]],
    ['JSON in JSON', [call('a', JSON.stringify('{"n":1}')), call('b', '{"n":2}')]],
  ])('has %s', (_name, tool_calls) => {
    const answer = completion({ content: null, tool_calls })
    const { content, stop_reason } = messageOf(answer)
    expect(content).toMatchObject([{ input: { n: 1 } }, { input: { n: 2 } }])
    expect(stop_reason).toBe('tool_use')
    const ids = list(content).map((block) => object(block).id)
    expect(new Set(ids.filter((id) => id !== '' && id !== undefined)).size).toBe(2)
    expect(chatReply(answer)?.calls).toHaveLength(2)
    const passed = adapterOf('openai').answer({ ...base, wire: 'chat' }, answer).body
    const calls = list(object(object(list(passed.choices)[0]).message).tool_calls).map(object)
    expect(new Set(calls.map(({ id }) => String(id))).size).toBe(2)
    expect(calls.map((one) => typeof object(one.function).arguments)).toEqual(['string', 'string'])
  })

  it('has calls without arguments, and a function_call', () => {
    expect(messageOf(completion({ tool_calls: [call('a', ''), call('b', null)] })).content).toMatchObject([
      { input: {} },
      { input: {} },
    ])
    const legacy = { content: null, function_call: { name: 'paint', arguments: '{"n":1}' } }
    expect(messageOf(completion(legacy, 'function_call'))).toMatchObject({
      content: [{ type: 'tool_use', name: 'paint', input: { n: 1 } }],
      stop_reason: 'tool_use',
    })
    expect(chatReply(completion(legacy))?.message).toMatchObject({ tool_calls: [{ function: { name: 'paint' } }] })
  })

  it.each(['reasoning_content', 'reasoning'])('has thoughts as %s', (field) => {
    expect(messageOf(completion({ content: 'x', [field]: 'hm' })).content).toMatchObject([
      { thinking: 'hm' },
      { text: 'x' },
    ])
  })

  it('has the thoughts of reasoning_details', () => {
    const reasoning_details = [{ type: 'reasoning.text', text: 'hm' }]
    expect(messageOf(completion({ content: 'x', reasoning_details })).content).toMatchObject([
      { thinking: 'hm' },
      { text: 'x' },
    ])
  })
})

describe('the finish of a choice', () => {
  it.each(['chat', 'messages'] as const)('is not there while a server has an empty text for it: %s', (wire) => {
    const reader = adapterOf('openai').reader({ ...base, wire, stream: true })
    const read = (delta: JsonObject, finish_reason: string) =>
      reader.read({ event: undefined, data: JSON.stringify(chunk(delta, finish_reason)) })
    expect(read({ role: 'assistant', content: '' }, '').content).toBe(false)
    expect(read({ content: 'So' }, '').content).toBe(true)
    expect(reader.end()).toBeUndefined()
    read({}, 'stop')
    read({}, '')
    expect(reader.end()).toBeDefined()
  })

  it.each(['error', 'insufficient_system_resource', 'network_error', 'abort'])(
    '%s is a failure, charged by the usage',
    (reason) => {
      const answer = completion({ content: 'So' }, reason)
      const broken = { outcome: 'broken', usage: { uncached: 10, output: 5 } }
      expect(failureOf(() => messageOf(answer))).toMatchObject(broken)
      const { usage = {} } = answer
      const events = [chunk({ content: 'So' }), { ...chunk({}, reason), usage }]
      expect(failureOf(() => streamOf('openai', 'messages', events))).toMatchObject(broken)
      expect(failureOf(() => streamOf('openai', 'messages', [...events, '[DONE]']))).toMatchObject(broken)
    },
  )

  it.each([
    ['eos', 'end_turn'],
    ['stop_sequence', 'end_turn'],
    ['tool_call', 'tool_use'],
    ['max_output_tokens', 'max_tokens'],
  ])('%s is %s in messages', (reason, stop_reason) => {
    const tool_calls = reason === 'tool_call' ? [call('a', '{}')] : []
    expect(messageOf(completion({ content: 'So', tool_calls }, reason)).stop_reason).toBe(stop_reason)
  })
})

describe('a stream that passes through', () => {
  it.each([
    ['openai', 'chat', chunk({ content: 'So' })],
    ['openai', 'responses', { type: 'response.output_text.delta', output_index: 0, delta: 'So' }],
    ['anthropic', 'messages', { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'So' } }],
  ] as const)('keeps data of several lines, %s %s', (kind, wire, value) => {
    const data = JSON.stringify(value, null, 1)
    const { out } = adapterOf(kind)
      .reader({ ...base, wire, stream: true })
      .read({ event: 'name', data })
    expect(out).toBe(`event: name\n${data.replaceAll(/^/gm, 'data: ')}\n\n`)
  })

  it('of completions has ended when each prompt has all its choices', () => {
    const body = { prompt: ['a', 'b'], n: 2 }
    const reader = adapterOf('openai').reader({ ...base, wire: 'completions', stream: true, body })
    for (const index of [0, 1, 2, 3]) {
      expect(reader.end()).toBeUndefined()
      const choices = [{ index, text: 'x', finish_reason: 'stop' }]
      reader.read({ event: undefined, data: JSON.stringify({ choices }) })
    }
    expect(reader.end()).toBeDefined()
  })
})

/** What a client joins and parses. */
const inputText = (stream: string): string =>
  eventsIn(stream)
    .map(({ value }) => object(value?.delta).partial_json ?? '')
    .join('')

describe('arguments that are no JSON', () => {
  const broken = '{"path": "/srv/old", "keep": [1,2'

  it('are a failure that says so and is charged by the usage', () => {
    const failure = failureOf(() => messageOf(completion({ tool_calls: [call('a', broken)] }, 'tool_calls')))
    expect(failure).toMatchObject({ outcome: 'malformed', usage: { uncached: 10, output: 5 } })
    expect(failure.message).toContain('The provider’s call of paint has arguments that are not a JSON object.')
    expect(failureOf(() => streamOf('openai', 'messages', ended(pieces(call('a', broken)))))).toMatchObject({
      outcome: 'malformed',
    })
  })

  it.each([
    ['{"path": "/srv', '{"path": "/srv'],
    ['"{\\"path', '"{\\"path'],
  ])('are kept as text where a whole answer is given as a stream: %s', (written, input) => {
    const message = messageOf(completion({ tool_calls: [call('a', written)] }, 'length'))
    const stream = wholeAsStream('messages', message)
    expect(inputText(stream)).toBe(input)
    expect(streamAsWhole('messages', stream)?.content).toEqual(message.content)
  })

  it.each([
    ['in JSON twice', JSON.stringify('{"n":1}'), '{"n":1}'],
    ['that are null', ' null', '{}'],
    ['that are JSON', '{"n": 1}', '{"n": 1}'],
  ])('become it in a stream too: those %s', (_name, written, expected) => {
    const letters = [...written].map((text, at) => ({
      index: 0,
      ...(at === 0 && { id: 'a' }),
      function: { ...(at === 0 && { name: 'paint' }), arguments: text },
    }))
    const text = streamOf('openai', 'messages', ended(pieces(...letters)))
    expect(inputText(text)).toBe(expected)
  })

  it('are kept as text where the answer was cut at its limit', () => {
    const message = messageOf(completion({ tool_calls: [call('a', broken)] }, 'length'))
    expect(message).toMatchObject({ content: [{ input: broken }], stop_reason: 'max_tokens' })
    const streamed = streamOf('openai', 'messages', [...pieces(call('a', broken)), chunk({}, 'length'), '[DONE]'])
    expect(streamAsWhole('messages', streamed)).toMatchObject({
      content: [{ input: broken }],
      stop_reason: 'max_tokens',
    })
  })

  it.each([
    ['function_call', { arguments: broken }],
    ['custom_tool_call', { input: broken }],
    ['local_shell_call', { action: { type: 'exec', command: [], env: {} } }],
  ])('make an incomplete %s where the answer was cut at its limit', (type, fields) => {
    const name = { function_call: 'paint', custom_tool_call: 'patch', local_shell_call: 'local_shell' }[type] ?? ''
    const tools = [{ type: 'local_shell' }, { type: 'custom', name: 'patch' }]
    const asked: AdapterCall = { ...base, wire: 'responses', body: { tools }, unsupported: new Set(['no_responses']) }
    const callWith = (id: string, text: string) => ({ ...call(id, text), function: { name, arguments: text } })
    for (const [text, expected] of [
      [broken, fields],
      ['', {}],
    ] as const) {
      const tool_calls = [callWith('a', '{"input":"x","command":["ls"]}'), callWith('b', text)]
      const { body } = adapterOf('openai').answer(asked, completion({ tool_calls }, 'length'))
      const stream = [...pieces(...tool_calls), chunk({}, 'length'), '[DONE]'].map((event) =>
        typeof event === 'string' ? event : JSON.stringify(event),
      )
      const reader = adapterOf('openai').reader({ ...asked, stream: true })
      const last = eventsIn(stream.map((data) => reader.read({ event: undefined, data }).out).join('')).at(-1)
      for (const output of [body.output, object(last?.value?.response).output])
        expect(output).toMatchObject([
          { type, status: 'completed' },
          { type, status: 'incomplete', ...expected },
        ])
    }
  })

  it.each(['anthropic', 'gemini'] as const)('in the history are refused with their place towards %s', (kind) => {
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', tool_calls: [call('a', '{}'), call('b', broken)] },
    ]
    const request = () => adapterOf(kind).request({ ...base, wire: 'chat', body: { messages } }, undefined)
    expect(failureOf(request)).toMatchObject({ outcome: 'refused', http_status: 400 })
    expect(failureOf(request).message).toMatch(/^messages\[1\]\.tool_calls\[1\]\.function\.arguments: /)
  })
})

describe('what no provider of another wire would read', () => {
  const image_url = { type: 'image_url', image_url: { url: 'https://example.org/a.png' } }
  const image = { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } }
  const text = { type: 'text', text: 'Hi' }
  const after = (...messages: JsonObject[]) => ({ messages: [{ role: 'user', content: 'Hi' }, ...messages] })
  const input_image = { type: 'input_image', image_url: 'https://example.org/a.png' }
  it.each<[string, 'chat' | 'messages' | 'responses', JsonObject]>([
    ['messages[1].content[1]', 'chat', after({ role: 'system', content: [text, image_url] })],
    ['messages[1].content[0]', 'chat', after({ role: 'developer', content: [image_url] })],
    ['system[1]', 'messages', { ...after(), system: [text, image] }],
    ['messages[1].content[0]', 'messages', after({ role: 'system', content: [image] })],
    ['input[0].content[0]', 'responses', { input: [{ role: 'developer', content: [input_image] }] }],
    ['messages[1].audio', 'chat', after({ role: 'assistant', audio: { id: 'audio_1' } })],
    [
      'messages[2].content[0]',
      'chat',
      after(
        { role: 'assistant', tool_calls: [call('a', '{}')] },
        { role: 'tool', tool_call_id: 'a', content: [{ type: 'refusal', refusal: 'No.' }] },
      ),
    ],
    ['response_format', 'chat', { ...after(), response_format: { type: 'grammar', grammar: 'x' } }],
    ['text.format', 'responses', { input: 'Hi', text: { format: { type: 'grammar' } } }],
    ['output_config.format', 'messages', { ...after(), output_config: { format: { type: 'grammar' } } }],
    ['tool_choice', 'chat', { ...after(), tool_choice: 'sometimes' }],
    ['tool_choice', 'chat', { ...after(), tool_choice: { type: 'sometimes' } }],
    ['tool_choice', 'messages', { ...after(), tool_choice: { type: 'sometimes' } }],
  ])('is refused with its place: %s of %s', (place, wire, body) => {
    const failure = failureOf(() => adapterOf('gemini').request({ ...base, wire, body }, undefined))
    expect(failure).toMatchObject({ outcome: 'refused', http_status: 400 })
    expect(failure.message.slice(0, place.length + 2)).toBe(`${place}: `)
  })

  it('is not what clients send for nothing', () => {
    const chat = {
      ...after({ role: 'assistant', content: 'So.', audio: null }),
      function_call: null,
      tool_choice: null,
    }
    for (const more of [{}, { response_format: null }, { response_format: { type: 'text' } }, { tool_choice: 'any' }])
      expect(
        adapterOf('gemini').request({ ...base, wire: 'chat', body: { ...chat, ...more } }, undefined).body,
      ).toBeDefined()
  })
})

describe('what a request is refused for', () => {
  const problem = 'the arguments are not a JSON object, which this model needs.'
  const user = { role: 'user', content: 'x' }
  const refusal = (kind: Kind, wire: AdapterCall['wire'], body: JsonObject): string =>
    failureOf(() => adapterOf(kind).request({ ...base, wire, body }, undefined)).message

  it.each([
    ['messages', 'messages[1].content[0].input', [{ type: 'tool_use', id: 'a', name: 'paint', input: '[' }]],
    ['chat', 'messages[1].function_call.arguments', { function_call: { name: 'paint', arguments: '[' } }],
    ['chat', 'messages[1].tool_calls[0].arguments', { tool_calls: [{ id: 'a', name: 'paint', arguments: '[' }] }],
    ['responses', 'input[1].arguments', { type: 'function_call', call_id: 'a', name: 'paint', arguments: '[' }],
  ] as const)('stands where the arguments are in %s: %s', (wire, place, said) => {
    const message = { role: 'assistant', ...('length' in said ? { content: [...said] } : said) }
    const body = wire === 'responses' ? { input: [user, { ...said }] } : { messages: [user, message] }
    expect(refusal('gemini', wire, body)).toBe(`${place}: ${problem}`)
  })

  const chatTool = { type: 'function', function: { name: 'paint' } }
  it.each(['auto', 'required'])('are allowed tools that are not there, with the mode %s', (mode) => {
    const allowed_tools = { mode, tools: [{ type: 'function', function: { name: 'draw' } }] }
    const body = { messages: [user], tools: [chatTool], tool_choice: { type: 'allowed_tools', allowed_tools } }
    for (const kind of ['anthropic', 'gemini'] as const)
      expect(refusal(kind, 'chat', body)).toBe('tool_choice: none of the allowed tools is among the tools.')
  })

  it('are no allowed tools of a namespace', () => {
    const tool = { type: 'function', name: 'weather' }
    const tools = [tool, { type: 'namespace', name: 'sky', tools: [tool] }]
    const choice = { type: 'allowed_tools', mode: 'required', tools: [{ ...tool, namespace: 'sky' }] }
    const asked = { ...base, wire: 'responses', body: { input: 'x', tools, tool_choice: choice } } as const
    const { body } = adapterOf('gemini').request(asked, undefined)
    expect(body?.toolConfig).toEqual({
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['sky__weather'] },
    })
  })
})

describe('an error in an answer of status 200', () => {
  it.each([
    ['beside the answer', { error: { message: 'Slow down', code: 429 } }],
    ['in a choice', { choices: [{ error: { message: 'Slow down', code: 429 }, message: { content: '' } }] }],
  ])('%s counts as its status', (_name, answer) => {
    for (const wire of ['chat', 'messages'] as const)
      expect(failureOf(() => adapterOf('openai').answer({ ...base, wire }, answer))).toMatchObject({
        outcome: 'rate_limited',
        http_status: 429,
        message: 'Slow down',
      })
    expect(failureOf(() => streamOf('openai', 'chat', [answer]))).toMatchObject({ outcome: 'rate_limited' })
  })

  it('of other kinds counts as their names', () => {
    const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Busy' } }
    const exhausted = [{ error: { status: 'RESOURCE_EXHAUSTED', message: 'Busy' } }]
    for (const wire of ['chat', 'messages'] as const) {
      expect(failureOf(() => adapterOf('anthropic').answer({ ...base, wire }, overloaded))).toMatchObject({
        outcome: 'overloaded',
        message: 'Busy',
      })
      expect(failureOf(() => adapterOf('gemini').answer({ ...base, wire }, exhausted))).toMatchObject({
        outcome: 'rate_limited',
      })
    }
  })

  it.each<[string, JsonObject, object]>([
    ['a code', { code: 429, message: 'Slow down' }, { outcome: 'rate_limited', message: 'Slow down' }],
    ['a detail', { detail: 'No worker' }, { outcome: 'overloaded', message: 'No worker' }],
    [
      'a list of details',
      { code: 422, detail: [{ loc: ['body'], msg: 'Field required' }] },
      { outcome: 'refused', message: 'Field required' },
    ],
    [
      'MiniMax’s code',
      { base_resp: { status_code: 1008, status_msg: 'insufficient balance' }, choices: null },
      { outcome: 'rate_limited', message: 'insufficient balance' },
    ],
    [
      'Cloudflare’s list',
      { success: false, errors: [{ code: 7003, message: 'No route' }], result: null },
      { outcome: 'overloaded', message: 'No route' },
    ],
    ['a message alone', { error: { message: 'Busy' } }, { outcome: 'overloaded', message: 'Busy' }],
  ])('instead of the answer is found, whole and as the first event: %s', (_name, answer, failure) => {
    for (const wire of ['chat', 'messages'] as const) {
      expect(failureOf(() => adapterOf('openai').answer({ ...base, wire }, answer))).toMatchObject(failure)
      expect(failureOf(() => streamOf('openai', wire, [answer]))).toMatchObject(failure)
    }
    expect(adapterOf('openai').problem(answer)).toBe(object(failure).message)
  })

  it('is no answer that has the same fields beside it', () => {
    const beside = { success: true, message: 'ok', base_resp: { status_code: 0, status_msg: '' } }
    expect(messageOf({ ...completion({ content: 'So' }), ...beside }).content).toMatchObject([{ text: 'So' }])
  })

  it.each(['chat', 'messages', 'responses'] as const)('is an event of that name: %s', (wire) => {
    const kind = wire === 'messages' ? 'anthropic' : 'openai'
    const reader = adapterOf(kind).reader({ ...base, wire, stream: true })
    const read = () => reader.read({ event: 'error', data: '{"code":429}' })
    expect(failureOf(read)).toMatchObject({ outcome: 'rate_limited' })
  })

  it('without a status leaves unknown what was used, behind the first event', () => {
    const events = [chunk({ role: 'assistant' }), { error: { message: 'Busy' } }]
    expect(failureOf(() => streamOf('openai', 'chat', events))).toMatchObject({ outcome: 'broken' })
  })

  it('behind the first words leaves unknown what was used', () => {
    const events = [chunk({ content: 'So' }), { error: { message: 'Slow down', code: 429 } }]
    for (const wire of ['chat', 'messages'] as const)
      expect(failureOf(() => streamOf('openai', wire, events))).toMatchObject({
        outcome: 'broken',
        message: 'Slow down',
      })
  })
})

describe('an endpoint that a server does not have', () => {
  const learned = (wire: AdapterCall['wire'], status: number, text: string) =>
    adapterOf('openai').unsupported?.({ ...base, wire }, { status, text })

  it.each([
    [404, 'Cannot POST /models/v1/responses'],
    [404, '<pre>Cannot POST /models/v1/responses</pre>'],
    [404, '{"detail":"Not Found","path":"https://models.example.org/v1/responses"}'],
    [404, 'POST /models/v1/responses: no route for /models/v1/responses.'],
    [404, 'Not Found'],
    [405, 'The model is at another address.'],
  ])('is known by %i %s', (status, text) => {
    expect(learned('responses', status, text)).toBe('no_responses')
  })

  it.each([
    [404, 'The model `m` does not exist.'],
    [404, '{"error":"model_not_found","path":"/v1/responses"}'],
    [404, 'Cannot POST /models/v1/responses: unknown model'],
    [400, 'Cannot POST /v1/responses'],
  ])('is not meant by %i %s', (status, text) => {
    expect(learned('responses', status, text)).toBeUndefined()
  })

  it('is that of the request: completions stand for no chat', () => {
    expect(learned('completions', 404, 'Cannot POST /models/v1/completions')).toBe('no_completions')
    expect(learned('chat', 404, 'Cannot POST /models/v1/chat/completions')).toBeUndefined()
  })
})

describe('usage', () => {
  it('counts reasoning that stands beside the completion', () => {
    const told = (completion_tokens: number, reasoning_tokens: number, total_tokens?: number) =>
      usageOfOpenai({
        prompt_tokens: 32,
        completion_tokens,
        ...(total_tokens !== undefined && { total_tokens }),
        completion_tokens_details: { reasoning_tokens },
      })
    expect(told(9, 1000, 1041)).toMatchObject({ uncached: 32, output: 9, reasoning: 1000 })
    expect(told(9, 1000)).toMatchObject({ output: 9, reasoning: 1000 })
    expect(told(9, 5, 46)).toMatchObject({ output: 9, reasoning: 5 })
    expect(told(9, 5, 41)).toMatchObject({ output: 4, reasoning: 5 })
    expect(told(9, 5)).toMatchObject({ output: 4, reasoning: 5 })
  })

  it('counts what the total has beyond all else as reasoning', () => {
    const usage = { prompt_tokens: 5, completion_tokens: 10 }
    expect(usageOfOpenai({ ...usage, total_tokens: 150 })).toMatchObject({ uncached: 5, output: 10, reasoning: 135 })
    const completion_tokens_details = { reasoning_tokens: 4 }
    expect(usageOfOpenai({ ...usage, completion_tokens_details, total_tokens: 150 })).toMatchObject({
      output: 6,
      reasoning: 139,
    })
    expect(usageOfOpenai({ ...usage, total_tokens: 3 })).toMatchObject({ output: 10, reasoning: 0 })
    const prompt_tokens_details = { cached_tokens: 4 }
    expect(usageOfOpenai({ ...usage, prompt_tokens_details, total_tokens: 20 })).toMatchObject({
      uncached: 1,
      cache_read: 4,
      reasoning: 5,
    })
  })

  it('counts cached tokens and reasoning that both stand beside', () => {
    const usage = {
      prompt_tokens: 8,
      completion_tokens: 9,
      total_tokens: 34,
      prompt_tokens_details: { cached_tokens: 12 },
    }
    const reasoning = { completion_tokens_details: { reasoning_tokens: 5 } }
    expect(usageOfOpenai({ ...usage, ...reasoning })).toEqual({
      uncached: 8,
      cache_read: 12,
      cache_write: 0,
      output: 9,
      reasoning: 5,
    })
  })

  it('has writes to the cache for an hour, which cost twice the input', () => {
    const usage = usageOfAnthropic({
      input_tokens: 3,
      output_tokens: 2,
      cache_creation_input_tokens: 2_000,
      cache_creation: { ephemeral_5m_input_tokens: 1_000, ephemeral_1h_input_tokens: 1_000 },
    })
    expect(usage).toMatchObject({ cache_write: 2_000, cache_write_1h: 1_000 })
    const prices = { uncached: 1_000_000, output: 0, cache_write: 1_250_000 }
    expect(usage && costOf(usage, prices)).toBe(3 + 1_250 + 2_000)
    expect(
      usageOfAnthropic({ input_tokens: 3, output_tokens: 2, cache_creation: { ephemeral_1h_input_tokens: 7 } }),
    ).toMatchObject({
      cache_write: 7,
    })
  })

  it('is told to a client of messages before the provider tells it', () => {
    const text = streamOf('openai', 'messages', [chunk({ content: 'x' }, 'stop'), '[DONE]'])
    expect(text).toContain('"usage":{"input_tokens":30,')
    expect(streamAsWhole('messages', text)?.usage).toMatchObject({ input_tokens: 30, output_tokens: 0 })
  })
})

describe('what one wire wrote for another', () => {
  const request = (kind: Kind, wire: AdapterCall['wire'], body: JsonObject): JsonObject =>
    adapterOf(kind).request({ ...base, wire, body }, undefined).body ?? {}

  it('goes to no provider of another kind', () => {
    const assistant = [
      { type: 'thinking', thinking: 'hm', signature: '' },
      {
        type: 'tool_use',
        id: 'functions.paint:0',
        name: 'paint',
        input: {},
        extra_content: { google: { thought_signature: 'S' } },
      },
    ]
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: assistant },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'functions.paint:0', content: 'ok' }] },
    ]
    expect(request('anthropic', 'messages', { messages }).messages).toEqual([
      messages[0],
      { role: 'assistant', content: [{ type: 'tool_use', id: 'functions_paint_0', name: 'paint', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'functions_paint_0', content: 'ok' }] },
    ])
    // What was signed stays as it came.
    const signed = [{ role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: 'c2ln' }] }]
    expect(request('anthropic', 'messages', { messages: signed }).messages).toBe(signed)
  })

  it('has ids for many calls of one id without a search for each', () => {
    const ids = createMessageIds()
    const has = vi.spyOn(Set.prototype, 'has')
    const calls = 500
    const given = Array.from({ length: calls }, (_, at) => ids.call(at % 2 === 0 ? 'a' : 'a'.repeat(70 + at)))
    const searches = has.mock.calls.length
    has.mockRestore()
    expect(new Set(given).size).toBe(calls)
    expect(searches).toBeLessThan(calls * 3)
  })

  it.each([
    ['chat', 'anthropic', { messages: [{ role: 'assistant', tool_calls: [call('a', 'x'.repeat(50_000))] }] }],
    ['responses', 'openai', { input: [{ type: 'function_call', arguments: 'x'.repeat(50_000) }] }],
    ['responses', 'gemini', { input: [{ type: 'custom_tool_call', input: 'x'.repeat(50_000) }] }],
  ] as const)('of %s towards %s is expected to take longer the longer its arguments are', (wire, kind, body) => {
    const estimate = (of: JsonObject) =>
      providerRequest.estimateMs({ kind, adapterCall: { ...base, wire, body: of }, key: undefined })
    expect(estimate(body)).toBeGreaterThan(estimate({}) + 5)
  })

  const thoughtAs = (signature: string) => ({ type: 'thinking', thinking: 'hm', signature })
  it.each([
    ['another provider began the turn', [thoughtAs('')], [], undefined],
    ['the turn began without thoughts', [], [], undefined],
    [
      'a later answer of the turn has none',
      [thoughtAs('c2ln')],
      [thoughtAs('')],
      { type: 'enabled', budget_tokens: 1024 },
    ],
    ['its first answer is signed', [thoughtAs('c2ln')], [], { type: 'enabled', budget_tokens: 1024 }],
  ])('lets Anthropic’s servers think on only where they began: %s', (_name, first, second, expected) => {
    const thinking = { type: 'enabled', budget_tokens: 1024 }
    const use = (id: string) => ({ type: 'tool_use', id, name: 'paint', input: {} })
    const result = (tool_use_id: string) => ({
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id, content: 'ok' }],
    })
    const before = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: [{ type: 'text', text: 'Hello.' }] },
      { role: 'user', content: 'Paint.' },
    ]
    const calls = [
      { role: 'assistant', content: [...first, use('a')] },
      result('a'),
      { role: 'assistant', content: [...second, use('b')] },
      result('b'),
    ]
    const asked = (messages: JsonObject[]) => request('anthropic', 'messages', { thinking, max_tokens: 2000, messages })
    expect(asked([...before, ...calls]).thinking).toEqual(expected)
    // In a new turn they think again.
    expect(asked([...before, ...calls, { role: 'user', content: 'And?' }]).thinking).toEqual(thinking)
  })

  it('lets Anthropic’s servers think on in a chat only where they began', () => {
    const asked = (more: JsonObject) =>
      request('anthropic', 'chat', {
        reasoning: { max_tokens: 1024 },
        max_tokens: 2000,
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: null, tool_calls: [call('a', '{}')], ...more },
          { role: 'tool', tool_call_id: 'a', content: 'ok' },
        ],
      })
    expect(asked({ reasoning_content: 'hm' })).not.toHaveProperty('thinking')
    const signed = { muster: { thinking: [{ made_by: 'messages', text: 'hm', signature: 'c2ln' }] } }
    expect(asked({ extra_content: signed }).thinking).toMatchObject({ type: 'enabled' })
  })

  it('goes back to who made it', () => {
    const thought = { type: 'thinking', thinking: 'hm', signature: 'c2ln' }
    const answer = { id: 'a', model: 'm', content: [thought, { type: 'text', text: 'So.' }], stop_reason: 'end_turn' }
    const { body } = adapterOf('anthropic').answer({ ...base, wire: 'chat' }, answer)
    const message = object(object(list(body.choices)[0]).message)
    expect(message).toMatchObject({ content: 'So.', reasoning_content: 'hm' })
    const messages = [{ role: 'user', content: 'hi' }, message, { role: 'user', content: 'And?' }]
    expect(list(request('anthropic', 'chat', { messages }).messages)[1]).toEqual({
      role: 'assistant',
      content: [thought, { type: 'text', text: 'So.' }],
    })
    expect(JSON.stringify(request('openai', 'chat', { messages }))).not.toMatch(/hm|c2ln|muster|extra_content/)
    expect(JSON.stringify(request('gemini', 'chat', { messages }))).not.toMatch(/hm|c2ln/)
  })

  it('of Gemini’s calls goes back to Gemini alone', () => {
    const parts = [
      { thought: true, text: 'hm' },
      { functionCall: { name: 'paint', args: {} }, thoughtSignature: 'U2ln' },
    ]
    const answer = { candidates: [{ content: { parts }, finishReason: 'STOP' }] }
    const { body } = adapterOf('gemini').answer({ ...base, wire: 'chat' }, answer)
    const message = object(object(list(body.choices)[0]).message)
    expect(message.reasoning_content).toBe('hm')
    const messages = [{ role: 'user', content: 'hi' }, message]
    expect(JSON.stringify(request('gemini', 'chat', { messages }))).toContain('"thoughtSignature":"U2ln"')
    for (const kind of ['openai', 'anthropic'] as const)
      expect(JSON.stringify(request(kind, 'chat', { messages }))).not.toMatch(/U2ln|extra_content|hm/)
  })

  it.each([
    ['gemini-3-pro', 'skip_thought_signature_validator'],
    ['gemini-flash-latest', 'skip_thought_signature_validator'],
    ['gemini-2.5-flash', undefined],
  ])('goes to %s with a mark at the first of the calls that it did not make', (model, mark) => {
    const result = (tool_call_id: string) => ({ role: 'tool', tool_call_id, content: 'ok' })
    const signed = call('c', '{}', { extra_content: { google: { thought_signature: 'U2ln' } } })
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'Well', tool_calls: [call('a', '{}'), call('b', '{}')] },
      ...[result('a'), result('b')],
      { role: 'assistant', tool_calls: [signed, call('d', '{}')] },
      ...[result('c'), result('d')],
    ]
    const { body } = adapterOf('gemini').request({ ...base, wire: 'chat', model, body: { messages } }, undefined)
    const parts = list(body?.contents).flatMap((content) => list(object(content).parts).map(object))
    const marks = parts.filter((part) => 'functionCall' in part).map(({ thoughtSignature }) => thoughtSignature)
    expect(marks).toEqual([mark, undefined, 'U2ln', undefined])
  })
})
