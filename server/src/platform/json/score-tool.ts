import type { JsonObject } from '@muster/contract/values'
import { z } from 'zod'

export interface ModelScore {
  /** From 0 to 1. */
  readonly score: number
  readonly reasoning: string
}

/**
 * The tool by which a model hands in a score with its reasoning, and how its arguments are read. `field` is what the score
 * is called there; reasoning that is shorter or longer than it may be is a problem, absent: any length will do.
 */
export function scoreTool(options: ScoreToolOptions): ScoreTool {
  const { name, field, reasoning_characters_min = 0, reasoning_characters_max } = options
  const answer = z.object({
    [field]: z.number().min(0).max(1),
    reasoning: z
      .string()
      .trim()
      .min(reasoning_characters_min)
      .max(reasoning_characters_max ?? Number.POSITIVE_INFINITY),
  })
  const lengths = {
    ...(reasoning_characters_min > 0 && { minLength: reasoning_characters_min }),
    ...(reasoning_characters_max !== undefined && { maxLength: reasoning_characters_max }),
  }
  const most = reasoning_characters_max === undefined ? '' : ` of at most ${reasoning_characters_max} characters`
  const text = `a text${most}${reasoning_characters_min > 0 ? ' that is not empty' : ''}`
  return {
    tool: {
      name,
      description: 'Hands the score in.',
      parameters: {
        type: 'object',
        required: [field, 'reasoning'],
        properties: { [field]: { type: 'number', minimum: 0, maximum: 1 }, reasoning: { type: 'string', ...lengths } },
      },
    },
    read(value) {
      const parsed = answer.safeParse(value)
      if (!parsed.success) return { problem: `${field} must be from 0 to 1, and reasoning ${text}.` }
      return { value: { score: Number(parsed.data[field]), reasoning: String(parsed.data.reasoning) } }
    },
  }
}

interface ScoreToolOptions {
  readonly name: string
  readonly field: string
  readonly reasoning_characters_min?: number
  readonly reasoning_characters_max?: number
}

interface ScoreTool {
  readonly tool: { readonly name: string; readonly description: string; readonly parameters: JsonObject }
  read(value: unknown): { readonly value: ModelScore } | { readonly problem: string }
}
