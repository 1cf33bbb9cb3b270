import type { AddressInfo } from 'node:net'
import { createModel } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import type { FastifyInstance } from 'fastify'
import type { ApiClient } from '../fixtures.ts'

/** 1, 0.1 and 4 micro-USD a token. */
export const prices = { uncached: 1_000_000, cache_read: 100_000, output: 4_000_000 }
/** Short, so that what hangs is told soon, and long enough for a busy machine. */
export const short_timeouts = { connect_ms: 2_000, first_token_ms: 1_000, idle_ms: 400, total_ms: 3_000 }

interface Fixture {
  readonly base_url: string
  /** Targets of each alias, as the provider names its models. */
  readonly models: Readonly<Record<string, readonly string[]>>
  readonly more?: object
}

/** A provider `scripted` and aliases that lead to it. */
export async function fixtureModels(api: ApiClient, { base_url, models, more = {} }: Fixture): Promise<void> {
  await api.call(createProvider, { body: { name: 'scripted', kind: 'openai', base_url, api_key: 'sk-scripted' } })
  for (const [name, targets] of Object.entries(models)) {
    const body = {
      name,
      targets: targets.map((model) => ({ provider: 'scripted', model, prices })),
      retries: 1,
      timeouts: short_timeouts,
      ...more,
    }
    await api.call(createModel, { body })
  }
}

/** Calls over a socket, as clients do, and says in the words of the documented table what came. */
export async function callOver(app: FastifyInstance, key: string, fields: object) {
  const { port } = app.server.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Well?' }], stream: true, ...fields }),
  })
  const text = await answer.text()
  return { status: answer.status, text, headers: answer.headers, sees: seen(answer.status, text) }
}

function seen(status: number, text: string): string {
  if (status !== 200) return `${status} ${JSON.parse(text).error.code}`
  const events = text.split('\n\n').filter((one) => one.startsWith('data: '))
  const last = events.at(-1)?.slice('data: '.length) ?? ''
  const chunks = events
    .map((one) => one.slice('data: '.length))
    .filter((one) => one !== '[DONE]')
    .map((one) => JSON.parse(one))
  const { said, text: whole, before } = heard(chunks)
  const valid = chunks.slice(chunks.findLastIndex(({ muster }) => muster?.restarted) + 1)
  const deltas = valid.flatMap(({ choices = [] }) => choices.map(({ delta }: { delta: object }) => delta))
  const calls = new Map<number, string>()
  for (const { tool_calls = [] } of deltas)
    for (const {
      index,
      function: { name = '', arguments: piece = '' },
    } of tool_calls)
      calls.set(index, `${calls.get(index) ?? ''}${name}${piece}`)
  if (last !== '[DONE]') return `${before}${counted(said)}, then ${JSON.parse(last).error?.code}`
  if (calls.size > 0)
    return calls.get(0) === 'time{"zone":"CET"}' && calls.get(1) === 'weather{"city":"Łódź"}'
      ? 'both calls'
      : 'broken calls'
  return whole === 'Grüße aus Łódź — the bridge 🌉 closes on Monday.' ? `${before}all` : `something else: ${whole}`
}

const counted = (said: number): string => `${said} word${said === 1 ? '' : 's'}`

/** What a client makes of a stream that another try took over: what is void is forgotten, what goes on is put behind. */
function heard(chunks: readonly { muster?: object; choices?: readonly { delta: { content?: string } }[] }[]) {
  let [said, text, before] = [0, '', '']
  for (const { muster, choices = [] } of chunks) {
    if (muster) {
      const restarted = 'restarted' in muster
      before += `${counted(said)}, ${restarted ? 'void' : 'continued'}, `
      said = 0
      if (restarted) text = ''
    }
    for (const { delta } of choices) {
      if (!delta.content) continue
      said += 1
      text += delta.content
    }
  }
  return { said, text, before }
}
