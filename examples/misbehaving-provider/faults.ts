import type { ServerResponse } from 'node:http'

/** One request that is being answered. */
export interface Scene {
  readonly response: ServerResponse
  /** The number behind the colon of the model's name. */
  readonly argument: number | undefined
  /** The how manieth request for this very model it is. */
  readonly times: number
  readonly stream: boolean
  readonly usage_wanted: boolean
  /** Where the conversation ends with the beginning of the answer: that. */
  readonly beginning: string
  /** Answers in one piece, as it should be. */
  plain(): void
}

export interface Fault {
  readonly says: string
  play(scene: Scene): Promise<void> | void
}

/** What every good answer says, in these pieces. */
export const words = ['Grüße', ' aus', ' Łódź', ' — ', 'the', ' bridge', ' 🌉', ' closes', ' on', ' Monday.']
export const usage = { prompt_tokens: 20, completion_tokens: words.length, total_tokens: 20 + words.length }

const head = { id: 'chatcmpl-1', created: 1, model: 'scripted' }

export function plainAnswer(more: object = {}, content: string | null = words.join('')) {
  const message = { role: 'assistant', content, ...more }
  return { ...head, object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }], usage }
}

type Chunk = Readonly<Record<string, unknown>>
const chunk = (delta: object, finish_reason: string | null = null, more: object = {}): Chunk => ({
  ...head,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
})
const role = chunk({ role: 'assistant', content: '' })
const said = words.map((content) => chunk({ content }))
/** What is left to say behind the beginning, in one piece. */
function rest({ beginning }: Scene): readonly Chunk[] {
  const all = words.join('')
  return beginning !== '' && all.startsWith(beginning) ? [chunk({ content: all.slice(beginning.length) })] : said
}
const stop = chunk({}, 'stop')
const usageChunk = (told: object): Chunk => ({ ...head, object: 'chat.completion.chunk', choices: [], usage: told })
const event = (value: unknown, end = '\n'): string => `data: ${JSON.stringify(value)}${end}${end}`
const done = (end = '\n'): string => `data: [DONE]${end}${end}`
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function begin({ response }: Scene): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.socket?.setNoDelay(true)
}

/** A whole stream, with the chunks and the usage that are given. */
function streamed(
  scene: Scene,
  {
    chunks = [role, ...rest(scene), stop],
    told = usage,
    end = '\n',
  }: { chunks?: readonly Chunk[]; told?: object | null; end?: string } = {},
): void {
  begin(scene)
  const { response } = scene
  for (const one of chunks) response.write(event(one, end))
  if (told && scene.usage_wanted) response.write(event(usageChunk(told), end))
  response.end(done(end))
}

/** The first words of a stream, which then goes on otherwise. */
async function opening(scene: Scene): Promise<ServerResponse> {
  begin(scene)
  scene.response.write(event(role))
  for (const one of said.slice(0, scene.argument ?? 0)) scene.response.write(event(one))
  await tick()
  await tick()
  return scene.response
}

interface Refusal {
  readonly headers?: Readonly<Record<string, string>>
  readonly message?: string
}

function refuse(
  response: ServerResponse,
  status: number,
  { headers = {}, message = `Refused with ${status}.` }: Refusal = {},
): void {
  const error = { message, type: 'scripted', code: null }
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ error }))
}

const cached = (prompt_tokens: number) => ({
  prompt_tokens,
  completion_tokens: words.length,
  total_tokens: 20 + words.length,
  prompt_tokens_details: { cached_tokens: 12 },
})

const call = (index: number, fields: object): Chunk => chunk({ tool_calls: [{ index, ...fields }] })
/** Two calls whose pieces come mixed, the second one's first. */
export const mixed_calls: readonly Chunk[] = [
  role,
  call(1, { id: 'call_b', type: 'function', function: { name: 'weather', arguments: '' } }),
  call(0, { id: 'call_a', type: 'function', function: { name: 'time', arguments: '{"zone":' } }),
  call(1, { function: { arguments: '{"city":"Łó' } }),
  call(0, { function: { arguments: '"CET"}' } }),
  call(1, { function: { arguments: 'dź"}' } }),
  chunk({}, 'tool_calls'),
]

const whole = (scene: Scene, options: Parameters<typeof streamed>[1] = {}): void =>
  scene.stream ? streamed(scene, options) : scene.plain()

const both_calls = [
  { id: 'call_a', name: 'time', arguments: '{"zone":"CET"}' },
  { id: 'call_b', name: 'weather', arguments: '{"city":"Łódź"}' },
]
/** The same two calls, one after the other; `fields` says how each is numbered and named. */
const calledBy = (fields: (id: string) => object): readonly Chunk[] => [
  role,
  ...both_calls.map(({ id, name, arguments: written }) =>
    chunk({ tool_calls: [{ ...fields(id), type: 'function', function: { name, arguments: written } }] }),
  ),
  chunk({}, 'tool_calls'),
]

function answerJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** By the name of the model; what stands behind a colon is a number for it. */
export const faults: Readonly<Record<string, Fault>> = {
  good: { says: 'behaves', play: (scene) => whole(scene) },
  cut: {
    says: 'resets the connection after so many words',
    play: async (scene) => void (await opening(scene)).destroy(),
  },
  short: {
    says: 'ends the stream in good order after so many words, unfinished',
    play: async (scene) => void (await opening(scene)).end(),
  },
  stall: { says: 'falls silent after so many words', play: async (scene) => void (await opening(scene)) },
  'half-open': { says: 'takes the request and never answers', play: () => {} },
  drip: {
    says: 'sends one byte at a time',
    async play(scene) {
      begin(scene)
      const text = [role, ...said, stop, usageChunk(usage)].map((one) => event(one)).join('') + done()
      for (const byte of Buffer.from(text)) {
        scene.response.write(Buffer.of(byte))
        await tick()
      }
      scene.response.end()
    },
  },
  'drip-for-ever': {
    says: 'sends comments, and nothing else, for ever',
    async play(scene) {
      begin(scene)
      scene.response.write(event(role) + event(said[0]))
      while (!scene.response.destroyed) {
        scene.response.write(': still here\n\n')
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
  },
  malformed: {
    says: 'sends a line that is no JSON after so many words',
    play: async (scene) => void (await opening(scene)).end('data: {"choices": [\n\n'),
  },
  'no-utf8': {
    says: 'sends bytes that are no UTF-8 after so many words',
    play: async (scene) =>
      void (await opening(scene)).end(Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0xfe, 0x0a, 0x0a])),
  },
  html: {
    says: 'answers 200 with a page of HTML',
    play: ({ response }) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>\n\n'),
  },
  split: {
    says: 'splits characters between packets',
    async play(scene) {
      begin(scene)
      for (const one of [role, ...said, stop, usageChunk(usage)]) {
        const bytes = Buffer.from(event(one))
        const middle = bytes.findIndex((byte) => byte >= 0xc0) + 1 || Math.floor(bytes.length / 2)
        scene.response.write(bytes.subarray(0, middle))
        await tick()
        scene.response.write(bytes.subarray(middle))
      }
      scene.response.end(done())
    },
  },
  cr: { says: 'ends lines with CR', play: (scene) => whole(scene, { end: '\r' }) },
  crlf: { says: 'ends lines with CR LF', play: (scene) => whole(scene, { end: '\r\n' }) },
  comments: {
    says: 'sends comments and empty lines between events',
    play(scene) {
      begin(scene)
      for (const one of [role, ...said, stop, usageChunk(usage)])
        scene.response.write(`: ping\n\n\nid: 7\n${event(one)}`)
      scene.response.end(done())
    },
  },
  'no-done': {
    says: 'finishes without `[DONE]`',
    play(scene) {
      begin(scene)
      scene.response.end([role, ...said, stop, usageChunk(usage)].map((one) => event(one)).join(''))
    },
  },
  'keep-open': {
    says: 'says `[DONE]` without usage and does not close',
    play(scene) {
      begin(scene)
      scene.response.write([role, ...said, stop].map((one) => event(one)).join('') + done())
    },
  },
  'usage-absent': { says: 'tells no usage', play: (scene) => streamed(scene, { told: null }) },
  'usage-with-finish': {
    says: 'tells usage with the chunk that finishes',
    play: (scene) => streamed(scene, { chunks: [role, ...said, { ...stop, usage }], told: null }),
  },
  'usage-after-done': {
    says: 'tells usage behind `[DONE]`',
    play(scene) {
      begin(scene)
      scene.response.end([role, ...said, stop].map((one) => event(one)).join('') + done() + event(usageChunk(usage)))
    },
  },
  'usage-cumulative': {
    says: 'tells usage so far with every chunk',
    play(scene) {
      const soFar = (at: number) => ({ ...usage, completion_tokens: at, total_tokens: 20 + at })
      const chunks = [role, ...said, stop].map((one, at) => ({ ...one, usage: soFar(Math.min(at, words.length)) }))
      streamed(scene, { chunks, told: null })
    },
  },
  'usage-cumulative-cut': {
    says: 'tells usage so far with every chunk and is reset after three',
    async play(scene) {
      begin(scene)
      const chunks = said.slice(0, 3).map((one, at) => ({ ...one, usage: { ...usage, completion_tokens: at + 1 } }))
      for (const one of chunks) scene.response.write(event(one))
      await tick()
      await tick()
      scene.response.destroy()
    },
  },
  'cached-in': {
    says: 'counts 12 cached tokens into its 20 of the prompt',
    play: (scene) => streamed(scene, { told: cached(20) }),
  },
  'cached-out': {
    says: 'counts 12 cached tokens beside 8 of the prompt',
    play: (scene) => streamed(scene, { told: cached(8) }),
  },
  'over-report': {
    says: 'tells more output than was asked for, by so many tokens',
    play: (scene) =>
      streamed(scene, {
        told: { ...usage, completion_tokens: scene.argument, total_tokens: 20 + (scene.argument ?? 0) },
      }),
  },
  'over-long': {
    says: 'never stops',
    async play(scene) {
      begin(scene)
      scene.response.write(event(role))
      while (!scene.response.destroyed) {
        scene.response.write(event(chunk({ content: ' and' })))
        await tick()
      }
    },
  },
  'over-long-told': {
    says: 'never stops, and tells with every chunk that so many tokens are used up',
    async play(scene) {
      begin(scene)
      const completion_tokens = scene.argument ?? 0
      const told = { usage: { ...usage, completion_tokens, total_tokens: 20 + completion_tokens } }
      while (!scene.response.destroyed) {
        scene.response.write(event(chunk({ content: ' and' }, null, told)))
        await tick()
      }
    },
  },
  'tools-cut': {
    says: 'resets the connection in the middle of a tool call',
    async play(scene) {
      const response = await opening(scene)
      response.write(event(mixed_calls[2]))
      await tick()
      await tick()
      response.destroy()
    },
  },
  429: {
    says: 'refuses with 429, to come again in so many seconds',
    play: ({ response, argument = 0 }) => refuse(response, 429, { headers: { 'retry-after': String(argument) } }),
  },
  '429-once': {
    says: 'refuses the first request with 429',
    play: (scene) =>
      scene.times === 1 ? refuse(scene.response, 429, { headers: { 'retry-after': '0' } }) : whole(scene),
  },
  500: { says: 'refuses with 500', play: ({ response }) => refuse(response, 500) },
  '503-once': {
    says: 'refuses the first request with 503',
    play: (scene) => (scene.times === 1 ? refuse(scene.response, 503) : whole(scene)),
  },
  'no-stream-options': {
    says: 'refuses to be asked for the usage of streams',
    play: (scene) =>
      scene.usage_wanted
        ? refuse(scene.response, 400, { message: 'stream_options: Extra inputs are not permitted' })
        : whole(scene),
  },
  400: { says: 'refuses with 400', play: ({ response }) => refuse(response, 400) },
  401: { says: 'refuses with 401', play: ({ response }) => refuse(response, 401) },
  'error-event': {
    says: 'tells of an error inside the stream after so many words',
    play: async (scene) => void (await opening(scene)).end(event({ error: { message: 'The engine overheated.' } })),
  },
  'tools-mixed': {
    says: 'mixes the pieces of two tool calls, the second one’s first',
    play: (scene) => streamed(scene, { chunks: mixed_calls }),
  },
  'tools-one-index': {
    says: 'gives two tool calls the same number, each with an id',
    play: (scene) => streamed(scene, { chunks: calledBy((id) => ({ index: 0, id })) }),
  },
  'tools-no-index': {
    says: 'gives two tool calls ids and no numbers',
    play: (scene) => streamed(scene, { chunks: calledBy((id) => ({ id })) }),
  },
  'tools-no-id': {
    says: 'gives two tool calls neither numbers nor ids',
    play: (scene) => streamed(scene, { chunks: calledBy(() => ({})) }),
  },
  'whole-for-stream': {
    says: 'answers whole although a stream was asked for',
    play: ({ plain }) => plain(),
  },
  '429-in-200': {
    says: 'refuses with 429 in an answer of status 200',
    play: ({ response }) => answerJson(response, { error: { message: 'Rate limit exceeded', code: 429 } }),
  },
  '429-in-event': {
    says: 'refuses with 429 in the first event of a stream',
    play(scene) {
      begin(scene)
      scene.response.end(event({ error: { message: 'Rate limit exceeded', code: 429 } }))
    },
  },
  'reasoning-beside': {
    says: 'counts 30 tokens of reasoning beside the completion',
    play: (scene) =>
      streamed(scene, {
        told: {
          ...usage,
          total_tokens: usage.total_tokens + 30,
          completion_tokens_details: { reasoning_tokens: 30 },
        },
      }),
  },
}
