import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type LargePlace, largeInputs } from './large-inputs.ts'
import type { StallInput } from './requests.ts'
import { stall_ms_max } from './run.ts'
import { type MeasuredServer, startMeasured } from './server.ts'

export interface LargeResult {
  readonly field: string
  readonly status: number
  /** The least of a few tries, which tells the input's own time from what else the process does. */
  readonly max_ms: number
}

const attempts_max = 4

/** Sends bodies at their limits, each by itself, and measures how long the server's main thread was kept busy. */
export async function runLarge({
  is_built = false,
  isWanted = () => true,
}: {
  readonly is_built?: boolean
  readonly isWanted?: (field: string) => boolean
} = {}): Promise<readonly LargeResult[]> {
  await using provider = await startProvider()
  await using server = await startMeasured({ is_built, env: { MUSTER_MODEL_ADDRESSES: '127.0.0.1' } })
  const place = await placeIn(server, provider.base_url)
  const results: LargeResult[] = []
  for (const input of largeInputs(place)) if (isWanted(input.field)) results.push(await measured(server, input))
  return results
}

async function measured(server: MeasuredServer, input: StallInput): Promise<LargeResult> {
  let [least, status] = [Number.POSITIVE_INFINITY, 0]
  for (let attempts = 0; attempts < attempts_max && least > stall_ms_max; attempts++) {
    await server.delays()
    status = (await server.send(input.method, input.path, input.body)).status
    least = Math.min(least, (await server.delays()).max_ms)
  }
  return { field: input.field, status, max_ms: least }
}

async function placeIn(server: MeasuredServer, base_url: string): Promise<LargePlace> {
  const { data } = await server.send('POST', '/projects', { name: 'Large' })
  const prices = { uncached: 0, output: 0 }
  const models = { openai: 'openai', anthropic: 'anthropic', cached: 'cached' }
  for (const kind of ['openai', 'anthropic']) await server.send('POST', '/providers', { name: kind, kind, base_url })
  for (const name of Object.values(models)) {
    const targets = [{ provider: name === 'cached' ? 'openai' : name, model: 'm', prices }]
    const more = name === 'cached' ? { cache: { ttl_ms: 60_000 } } : {}
    await server.send('POST', '/models', { name, targets, ...more })
  }
  return { project_id: (data as { readonly id: string }).id, models }
}

/** Answers calls as OpenAI's and Anthropic's APIs do. */
async function startProvider(): Promise<AsyncDisposable & { readonly base_url: string }> {
  const server = createServer((request, response) => {
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, input_tokens: 1, output_tokens: 1 }
    const choice = { index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }
    const chat = { id: 'x', object: 'chat.completion', choices: [choice] }
    const message = {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'x' }],
      stop_reason: 'end_turn',
    }
    request.resume().once('end', () => {
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ ...chat, ...message, model: 'm', usage }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
