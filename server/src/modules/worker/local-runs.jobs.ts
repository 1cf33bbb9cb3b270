import { limits } from '@muster/contract/limits'
import { jsonProblem } from '@muster/contract/values'
import { sha256 } from '../../platform/journal/seal.ts'
import { CapabilityError } from '../tools/tools.port.ts'
import type { AgentRuntime, Assignment } from './runtime.types.ts'
import type { RunResult, SettleOutcome } from './worker.port.ts'

export interface LocalRunsParts {
  readonly runtime: AgentRuntime
  settle(result: RunResult): Promise<SettleOutcome>
  fail(assignment: Assignment, error: { code: string; message: string; retryable: boolean }): Promise<void>
  giveBack(assignments: readonly Assignment[], reason: string): Promise<void>
}

/** Why a run's signal was aborted: a deadline is the run's own failure, the others are not. */
type AbortCause = 'deadline' | 'cancelled' | 'given_back'

/** The runs of this process: started, told to stop, and their results handed on. */
export function createLocalRuns(parts: LocalRunsParts) {
  const live = new Map<string, { readonly assignment: Assignment; readonly controller: AbortController }>()

  /** Runs one assignment. Resolves when its agent is done; the result is written behind. */
  async function start(assignment: Assignment): Promise<{ readonly written: Promise<void> }> {
    const { run, task } = assignment
    const controller = new AbortController()
    live.set(run.run_id, { assignment, controller })
    const deadline = setTimeout(() => controller.abort('deadline' satisfies AbortCause), task.timeout_ms)
    try {
      const { output, sources = [] } = await parts.runtime.execute(assignment, controller.signal)
      return { written: written(assignment, { value: output, sources }) }
    } catch (error) {
      return { written: failed(assignment, error, controller.signal) }
    } finally {
      clearTimeout(deadline)
    }
  }

  async function written(
    assignment: Assignment,
    { value, sources }: { value: unknown; sources: readonly string[] },
  ): Promise<void> {
    const { run } = assignment
    try {
      const problem = jsonProblem(value, { max_bytes: limits.inline_bytes_max, max_depth: limits.json_depth_max })
      if (problem !== null) {
        await parts.fail(assignment, { code: 'invalid_output', message: `The output ${problem}.`, retryable: false })
        return
      }
      await parts.settle(resultOf(assignment, value, sources))
    } finally {
      live.delete(run.run_id)
    }
  }

  async function failed(assignment: Assignment, error: unknown, signal: AbortSignal): Promise<void> {
    try {
      const cause = signal.aborted ? (signal.reason as AbortCause) : undefined
      if (cause === 'cancelled') return
      if (cause === 'given_back') return await parts.giveBack([assignment], 'shutdown')
      if (cause === 'deadline')
        return await parts.fail(assignment, {
          code: 'timeout',
          message: `It took longer than ${assignment.task.timeout_ms} ms.`,
          retryable: true,
        })
      const known = error instanceof CapabilityError ? error : undefined
      const message = error instanceof Error ? error.message : String(error)
      await parts.fail(assignment, { code: known?.code ?? 'internal', message, retryable: known?.retryable ?? true })
    } finally {
      live.delete(assignment.run.run_id)
    }
  }

  return {
    start,
    /** Tells running code to stop: its task was cancelled, or its lease is lost. */
    abort(run_ids: Iterable<string>): void {
      for (const run_id of run_ids) live.get(run_id)?.controller.abort('cancelled' satisfies AbortCause)
    },
    /** Tells all running code to stop and gives the leases back. */
    giveAllBack(): void {
      for (const { controller } of live.values()) controller.abort('given_back' satisfies AbortCause)
    },
    assignments: (): Assignment[] => [...live.values()].map(({ assignment }) => assignment),
  }
}

function resultOf({ run, task }: Assignment, value: unknown, source_ids: readonly string[]): RunResult {
  const output = JSON.stringify(value)
  const completed_by = { kind: 'agent', id: run.agent_id } as const
  // Built-in work costs nothing outside this process, and says so.
  const usage = { cost_micro_usd: 0, tokens: 0 }
  return {
    run,
    task,
    completed_by,
    output,
    value,
    output_sha256: sha256(output).toString('hex'),
    artifact_ids: [],
    source_ids,
    usage,
  }
}

export type LocalRuns = ReturnType<typeof createLocalRuns>
