import type { AgentAtWork } from '../../agents/agents.port.ts'
import type { MeteredRunBudget } from '../rules/run-budget.rules.ts'
import type { ChatMessage } from '../rules/task-prompt.rules.ts'
import type { Assignment, RunContext } from '../runtimes.port.ts'

/** A run under way with its model. */
export interface Conversation {
  readonly assignment: Assignment
  readonly context: RunContext
  readonly agent: AgentAtWork
  readonly messages: ChatMessage[]
  readonly sources: Set<string>
  readonly run_budget: MeteredRunBudget
  steps: number
}
