import { limits } from '@muster/contract/limits'
import { z } from 'zod'
import type { Caller } from '../../../../platform/caller.ts'
import { markedData } from '../../../../platform/text/prompt-data.ts'
import type { GatewayPort } from '../../../gateway/gateway.port.ts'
import { plannerPrompts } from './prompts.ts'

export interface RelevanceDeps {
  readonly gateway: Pick<GatewayPort, 'structured'>
}

const answer = z.object({
  relevance_score: z.number().min(0).max(1),
  reasoning: z.string().max(limits.reason_bytes_max),
})
const wait_ms_max = 60_000

/** Asks a model for the relevance of a text to goals. Throws what calls of models throw. */
export function thinkRelevance(
  { gateway }: RelevanceDeps,
  {
    caller,
    project_id,
    model: alias,
    goals,
    content,
  }: {
    readonly caller: Caller
    readonly project_id: string | null
    readonly model: string
    readonly goals: readonly string[]
    readonly content: string
  },
): Promise<{ readonly score: number; readonly reasoning: string }> {
  const words = `## Goals\n${goals.map(markedData).join('\n')}\n\n## Content\n${markedData(content)}`
  return gateway.structured({
    organization_id: caller.organization_id,
    project_id,
    goal_id: null,
    agent_id: caller.agent_id,
    request_id: caller.request_id,
    signal: AbortSignal.timeout(wait_ms_max),
    alias,
    messages: [
      { role: 'system', content: plannerPrompts.texts['relevance-system'].trim() },
      { role: 'user', content: words },
    ],
    tool: {
      name: 'submit_relevance',
      description: 'Hands the score in.',
      parameters: {
        type: 'object',
        required: ['relevance_score', 'reasoning'],
        properties: { relevance_score: { type: 'number', minimum: 0, maximum: 1 }, reasoning: { type: 'string' } },
      },
    },
    read(value) {
      const parsedAnswer = answer.safeParse(value)
      if (!parsedAnswer.success) return { problem: 'relevance_score must be from 0 to 1, and reasoning a text.' }
      return { value: { score: parsedAnswer.data.relevance_score, reasoning: parsedAnswer.data.reasoning } }
    },
  })
}
