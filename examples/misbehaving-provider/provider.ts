import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { faults, plainAnswer, words } from './faults.ts'

/** What came in, for tests: each request, and whether its connection was closed before the answer was complete. */
export interface SeenRequest {
  readonly path: string
  readonly model: string
  readonly body: Readonly<Record<string, unknown>>
  readonly authorization: string | undefined
  aborted: boolean
}

export interface MisbehavingProvider extends AsyncDisposable {
  /** Where its API begins: a provider's `base_url`. */
  readonly base_url: string
  readonly requests: readonly SeenRequest[]
}

/**
 * A provider of OpenAI's wire that misbehaves as the name of the model says: `cut:3` breaks off after three words, `429-once`
 * refuses the first request. `good` behaves. The names stand in `faults.ts`.
 */
export async function startMisbehavingProvider({ port = 0 } = {}): Promise<MisbehavingProvider> {
  const requests: SeenRequest[] = []
  const served = new Map<string, number>()
  const server = createServer((request, response) => {
    answer(request, response, { requests, served }).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  // A server that listens on a port has such an address.
  const bound = server.address() as AddressInfo
  return {
    base_url: `http://127.0.0.1:${bound.port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

interface Book {
  readonly requests: SeenRequest[]
  /** How often each model was asked. */
  readonly served: Map<string, number>
}

async function answer(request: IncomingMessage, response: ServerResponse, { requests, served }: Book): Promise<void> {
  const path = (request.url ?? '').replace(/^\/v1/, '')
  if (path === '/models') return json(response, { object: 'list', data: Object.keys(faults).map((id) => ({ id })) })
  const body = JSON.parse(await textOf(request)) as Record<string, unknown>
  const model = String(body.model)
  const seen: SeenRequest = { path, model, body, authorization: request.headers.authorization, aborted: false }
  requests.push(seen)
  response.once('close', () => {
    seen.aborted = !response.writableFinished
  })
  const times = (served.get(model) ?? 0) + 1
  served.set(model, times)
  if (path === '/embeddings') return json(response, embeddings(body))
  const [name = '', argument] = model.split(':')
  const fault = faults[name]
  if (!fault) return json(response, { error: { message: `There is no fault ${name}.`, code: 'model_not_found' } }, 404)
  const stream = body.stream === true
  const options = (body.stream_options ?? {}) as { include_usage?: boolean }
  await fault.play({
    response,
    argument: argument === undefined ? undefined : Number(argument),
    times,
    stream,
    usage_wanted: options.include_usage === true,
    beginning: beginningIn(body),
    plain: () => json(response, plainAnswer()),
  })
}

function beginningIn({ messages }: Readonly<Record<string, unknown>>): string {
  const last = Array.isArray(messages) ? messages.at(-1) : undefined
  return last?.role === 'assistant' && typeof last.content === 'string' ? last.content : ''
}

function embeddings({ input }: Readonly<Record<string, unknown>>) {
  const inputs = Array.isArray(input) ? input : [input]
  const data = inputs.map((_one, index) => ({ object: 'embedding', index, embedding: [index, 0.5, -1] }))
  return {
    object: 'list',
    data,
    usage: { prompt_tokens: inputs.length * words.length, total_tokens: inputs.length * words.length },
  }
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}
