import type { ClaimedTask } from '../planner/planner.port.ts'
import type { DocumentValue } from '../state/state.port.ts'
import type { CapabilityResult } from '../tools/tools.port.ts'
import type { LiveRun } from './worker.port.ts'

/** One claimed task with everything its agent is told. */
export interface Assignment {
  readonly run: LiveRun
  readonly task: ClaimedTask
  readonly documents: readonly DocumentValue[]
}

/** How agents of one kind work. @throws CapabilityError for expected failures. */
export interface AgentRuntime {
  readonly runtime: 'builtin'
  execute(assignment: Assignment, signal: AbortSignal): Promise<CapabilityResult>
}
