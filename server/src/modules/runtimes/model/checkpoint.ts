import { limits } from '@muster/contract/limits'
import { count, type Json, jsonObject, jsonProblem } from '@muster/contract/values'
import { z } from 'zod'
import type { MeteredRunBudget } from '../rules/run-budget.rules.ts'
import type { ChatMessage } from '../rules/task-prompt.rules.ts'

/** What a run leaves for the run that goes on with an answer. */
export const checkpointShape = z.object({
  /** Empty where they were too long to be kept: then the run starts anew, and its task holds the answer. */
  messages: z.array(jsonObject({ max_bytes: limits.checkpoint_bytes_max })),
  /** The tool call that asked; absent where the run waited for something other than an answer to the model. */
  call_id: z.string().optional(),
  steps: count,
  sources: z.array(z.string()),
  cost_micro_usd: count,
  tokens: count,
})

/** The state of a conversation that a checkpoint keeps. */
export interface KeptConversation {
  readonly messages: readonly ChatMessage[]
  readonly steps: number
  readonly sources: ReadonlySet<string>
  readonly run_budget: Pick<MeteredRunBudget, 'spent'>
}

/** `call_id`: the tool call that asked. */
export function checkpointOf({ messages, steps, sources, run_budget }: KeptConversation, call_id?: string): Json {
  const { cost_micro_usd, tokens } = run_budget.spent()
  const rest = { ...(call_id !== undefined && { call_id }), steps, sources: [...sources], cost_micro_usd, tokens }
  const whole = { messages, ...rest }
  const jsonLimits = { max_bytes: limits.checkpoint_bytes_max, max_depth: limits.json_depth_max }
  return jsonProblem(whole, jsonLimits) === null ? whole : { messages: [], ...rest }
}
