import { limits } from '@muster/contract/limits'
import type { Caller } from '../../../../platform/caller.ts'
import { type ModelScore, scoreTool } from '../../../../platform/json/score-tool.ts'
import { markedData } from '../../../../platform/text/prompt-data.ts'
import type { GatewayPort } from '../../../gateway/gateway.port.ts'
import { plannerPrompts } from './prompts.ts'

export interface RelevanceDeps {
  readonly gateway: Pick<GatewayPort, 'structured'>
}

const submission = scoreTool({
  name: 'submit_relevance',
  field: 'relevance_score',
  reasoning_characters_max: limits.reason_bytes_max,
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
): Promise<ModelScore> {
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
    ...submission,
  })
}
