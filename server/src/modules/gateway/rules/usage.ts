/** Reads the usage that providers report into the five classes of `Usage`. */
import { amount, type Json, type JsonObject } from '@muster/contract/values'
import type { Usage } from '../gateway.types.ts'

export const no_usage: Usage = { uncached: 0, cache_read: 0, cache_write: 0, output: 0, reasoning: 0 }

export function tokensOf({ uncached, cache_read, cache_write, output, reasoning }: Usage): number {
  return uncached + cache_read + cache_write + output + reasoning
}

/**
 * OpenAI's wire. `prompt_tokens` counts cached tokens in, and `completion_tokens` reasoning; some servers of this wire count
 * either out, which shows where the total is the sum of all, or where more is cached than was asked, or more was thought
 * than was said. What the total counts beyond all of them is reasoning that stands nowhere else. Undefined where no number
 * of tokens stands there.
 */
export function usageOfOpenai(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const fields = object(value)
  const prompt = number(fields.prompt_tokens) ?? number(fields.input_tokens)
  const completion = number(fields.completion_tokens) ?? number(fields.output_tokens)
  const total = number(fields.total_tokens)
  if (prompt === undefined || (completion === undefined && total === undefined)) return undefined
  const output = completion ?? Math.max(0, (total ?? 0) - prompt)
  const { cache_read, cache_write } = cachedOf(fields)
  const cachedTokens = cache_read + cache_write
  const details = object(fields.completion_tokens_details ?? fields.output_tokens_details)
  const reasoning = number(details.reasoning_tokens) ?? number(fields.reasoning_tokens) ?? 0
  const isTotal = (...counts: readonly number[]): boolean => total === counts.reduce((sum, count) => sum + count, 0)
  const cached_beside =
    cachedTokens > prompt ||
    (cachedTokens > 0 &&
      (isTotal(prompt, cachedTokens, output) || isTotal(prompt, cachedTokens, output, reasoning)) &&
      !isTotal(prompt, output, reasoning))
  const input = cached_beside ? prompt + cachedTokens : prompt
  const reasoning_beside = reasoning > output || (reasoning > 0 && isTotal(input, output, reasoning))
  const counted = input + output + (reasoning_beside ? reasoning : 0)
  return {
    uncached: input - cachedTokens,
    cache_read,
    cache_write,
    output: reasoning_beside ? output : output - reasoning,
    reasoning: reasoning + Math.max(0, (total ?? 0) - counted),
  }
}

/** Servers of this wire have several names for what was read from a cache and written to it. */
function cachedOf(fields: JsonObject): Pick<Usage, 'cache_read' | 'cache_write'> {
  const details = object(fields.prompt_tokens_details ?? fields.input_tokens_details)
  const read = number(details.cached_tokens) ?? number(fields.prompt_cache_hit_tokens) ?? number(fields.cached_tokens)
  const write = number(details.cache_creation_tokens) ?? number(details.cache_write_tokens)
  return {
    cache_read: read ?? number(fields.cache_read_input_tokens) ?? 0,
    cache_write: write ?? number(fields.cache_creation_input_tokens) ?? 0,
  }
}

/** Anthropic's wire: `input_tokens` counts neither what was read from the cache nor what was written to it. */
export function usageOfAnthropic(value: unknown): Usage | undefined {
  const fields = object(value)
  const [input, output] = [number(fields.input_tokens), number(fields.output_tokens)]
  if (input === undefined || output === undefined) return undefined
  const reasoning = Math.min(output, number(object(fields.output_tokens_details).thinking_tokens) ?? 0)
  const writes = object(fields.cache_creation)
  const one_hour = number(writes.ephemeral_1h_input_tokens) ?? 0
  const written = one_hour + (number(writes.ephemeral_5m_input_tokens) ?? 0)
  return {
    uncached: input,
    cache_read: number(fields.cache_read_input_tokens) ?? 0,
    cache_write: Math.max(number(fields.cache_creation_input_tokens) ?? 0, written),
    ...(one_hour > 0 && { cache_write_1h: one_hour }),
    output: output - reasoning,
    reasoning,
  }
}

/** Gemini's wire: the prompt counts what was cached in, and the candidates do not count thoughts in. */
export function usageOfGemini(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const fields = object(value)
  const prompt = number(fields.promptTokenCount)
  const cache_read = number(fields.cachedContentTokenCount) ?? 0
  if (prompt === undefined || cache_read > prompt) return undefined
  return {
    uncached: prompt - cache_read + (number(fields.toolUsePromptTokenCount) ?? 0),
    cache_read,
    cache_write: 0,
    output: number(fields.candidatesTokenCount) ?? 0,
    reasoning: number(fields.thoughtsTokenCount) ?? 0,
  }
}

/** The same usage as OpenAI's wire tells it. */
export function openaiUsage({ uncached, cache_read, cache_write, output, reasoning }: Usage) {
  const prompt_tokens = uncached + cache_read + cache_write
  const completion_tokens = output + reasoning
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    prompt_tokens_details: { cached_tokens: cache_read },
    completion_tokens_details: { reasoning_tokens: reasoning },
  }
}

export function object(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

/** Of JSON: what stands in an object is looked at where it is used. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : []
}

/** An amount that no call can have used counts as unknown. */
function number(value: unknown): number | undefined {
  return amount.safeParse(value).data
}
