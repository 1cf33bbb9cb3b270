import { createModel } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import type { JsonObject } from '@muster/contract/values'
import { afterAll } from 'vitest'
import type { ApiClient } from '../fixtures.ts'
import { short_timeouts } from '../gateway/calls.ts'
import { json, type ScriptedServer, scriptedServer } from '../gateway/script.ts'

export interface Message {
  readonly role: string
  readonly content: string | null
  readonly tool_call_id?: string
  readonly tool_calls?: readonly {
    readonly id: string
    readonly function: { readonly name: string; readonly arguments: string }
  }[]
}

/** What a model was asked: the conversation so far and the tools it was given. */
export interface ModelRequest {
  readonly messages: readonly Message[]
  readonly tools: readonly { readonly function: { readonly name: string; readonly parameters: JsonObject } }[]
  readonly model: string
  readonly system: string
  /** The task, as the first message of the user tells it. */
  readonly task: string
  /** What tools have answered so far. */
  readonly results: readonly string[]
}

/** What it answers: text, calls of tools, both; or a status of refusal. */
export interface ModelReply {
  readonly text?: string
  readonly calls?: readonly (readonly [name: string, input: object | string])[]
  /** A message as it is, for servers that vary the wire. */
  readonly message?: JsonObject
  readonly status?: number
  /** What is said with the refusal. */
  readonly error?: string
}

export type ModelScript = (request: ModelRequest) => ModelReply | Promise<ModelReply>

/** Each call costs this much by `model_prices`: 100 tokens in, 20 out. */
export const model_usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 }
export const model_prices = { uncached: 1_000_000, output: 4_000_000 }
export const call_cost = { cost_micro_usd: 180, tokens: 120 }

/** A model in OpenAI's wire that thinks what the test says. */
export function scriptedModel(script: ModelScript): Promise<ScriptedServer> {
  let made = 0
  return scriptedServer(async (response, body: Record<string, unknown>) => {
    const request = thoughtIn(body)
    const { text, calls = [], message: given, status, error = 'Not today.' } = await script(request)
    if (status !== undefined) return json(response, { error: { message: error } }, status)
    const tool_calls = calls.map(([name, input]) => {
      made += 1
      const written = typeof input === 'string' ? input : JSON.stringify(input)
      return { id: `call_${made}`, type: 'function', function: { name, arguments: written } }
    })
    const message = given ?? { role: 'assistant', content: text ?? null, ...(calls.length > 0 && { tool_calls }) }
    const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop'
    json(response, {
      id: 'chatcmpl-scripted',
      object: 'chat.completion',
      created: 7,
      model: request.model,
      choices: [{ index: 0, message, logprobs: null, finish_reason }],
      usage: model_usage,
    })
  })
}

function thoughtIn(body: Record<string, unknown>): ModelRequest {
  // Only what our own runtime sends comes here.
  const messages = body.messages as readonly Message[]
  const of = (role: string) => messages.filter((message) => message.role === role).map(({ content }) => content ?? '')
  return {
    messages,
    tools: (body.tools ?? []) as ModelRequest['tools'],
    model: String(body.model),
    system: of('system')[0] ?? '',
    task: of('user')[0] ?? '',
    results: of('tool'),
  }
}

/** An alias `scripted` that leads to the scripted model. */
export async function fixtureModel(api: ApiClient, { origin }: ScriptedServer, name = 'scripted'): Promise<void> {
  await api.call(createProvider, { body: { name, kind: 'openai', base_url: origin, api_key: 'sk-scripted' } })
  const target = { provider: name, model: 'thinker', prices: model_prices, output_tokens_max: 100 }
  await api.call(createModel, {
    body: {
      name,
      targets: [target],
      retries: 0,
      timeouts: { ...short_timeouts, first_token_ms: 20_000, total_ms: 30_000 },
    },
  })
}

/**
 * A scripted model behind the alias `scripted` of an organization, for a whole test file: each test says how it thinks, and sees what it
 * was asked.
 */
export async function modelOf(api: ApiClient) {
  let thinks: ModelScript = () => ({ text: 'unasked' })
  const thoughts: ModelRequest[] = []
  const server = await scriptedModel((request) => {
    thoughts.push(request)
    return thinks(request)
  })
  afterAll(() => server[Symbol.asyncDispose]())
  await fixtureModel(api, server)
  return {
    thoughts,
    /** From now on it thinks so. */
    think(script: ModelScript): void {
      thinks = script
    },
  }
}
