import { createModel, createProvider } from '@muster/contract/operations/gateway'
import type { JsonObject } from '@muster/contract/values'
import { afterAll } from 'vitest'
import type { Seat } from '../fixtures.ts'
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
export interface Thought {
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
export interface Idea {
  readonly text?: string
  readonly calls?: readonly (readonly [name: string, input: object | string])[]
  readonly status?: number
  /** What is said with the refusal. */
  readonly error?: string
}

export type Mind = (thought: Thought) => Idea | Promise<Idea>

/** Each call costs this much by `mind_prices`: 100 tokens in, 20 out. */
export const mind_usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 }
export const mind_prices = { uncached: 1_000_000, output: 4_000_000 }
export const call_cost = { cost_micro_usd: 180, tokens: 120 }

/** A model in OpenAI's wire that thinks what the test says. */
export function scriptedMind(mind: Mind): Promise<ScriptedServer> {
  let made = 0
  return scriptedServer(async (response, body: Record<string, unknown>) => {
    const thought = thoughtIn(body)
    const { text, calls = [], status, error = 'Not today.' } = await mind(thought)
    if (status !== undefined) return json(response, { error: { message: error } }, status)
    const tool_calls = calls.map(([name, input]) => {
      made += 1
      const given = typeof input === 'string' ? input : JSON.stringify(input)
      return { id: `call_${made}`, type: 'function', function: { name, arguments: given } }
    })
    const message = { role: 'assistant', content: text ?? null, ...(calls.length > 0 && { tool_calls }) }
    const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop'
    json(response, {
      id: 'chatcmpl-mind',
      object: 'chat.completion',
      created: 7,
      model: thought.model,
      choices: [{ index: 0, message, logprobs: null, finish_reason }],
      usage: mind_usage,
    })
  })
}

function thoughtIn(body: Record<string, unknown>): Thought {
  // Only what our own runtime sends comes here.
  const messages = body.messages as readonly Message[]
  const of = (role: string) => messages.filter((message) => message.role === role).map(({ content }) => content ?? '')
  return {
    messages,
    tools: (body.tools ?? []) as Thought['tools'],
    model: String(body.model),
    system: of('system')[0] ?? '',
    task: of('user')[0] ?? '',
    results: of('tool'),
  }
}

/** An alias `mind` that leads to the scripted model. */
export async function fixtureMind(seat: Seat, { origin }: ScriptedServer, name = 'mind'): Promise<void> {
  await seat.call(createProvider, { body: { name, kind: 'openai', base_url: origin, api_key: 'sk-mind' } })
  const target = { provider: name, model: 'thinker', prices: mind_prices, output_tokens_max: 100 }
  await seat.call(createModel, {
    body: {
      name,
      targets: [target],
      retries: 0,
      timeouts: { ...short_timeouts, first_token_ms: 20_000, total_ms: 30_000 },
    },
  })
}

/**
 * A scripted model behind the alias `mind` of a seat, for a whole test file: each test says how it thinks, and sees what it
 * was asked.
 */
export async function mindOf(seat: Seat) {
  let thinks: Mind = () => ({ text: 'unasked' })
  const thoughts: Thought[] = []
  const server = await scriptedMind((thought) => {
    thoughts.push(thought)
    return thinks(thought)
  })
  afterAll(() => server[Symbol.asyncDispose]())
  await fixtureMind(seat, server)
  return {
    thoughts,
    /** From now on it thinks so. */
    think(mind: Mind): void {
      thinks = mind
    },
  }
}
