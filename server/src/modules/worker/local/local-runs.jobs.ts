import { limits } from '@muster/contract/limits'
import { cutText } from '@muster/contract/texts/graphemes'
import { jsonProblem } from '@muster/contract/values'
import { sha256 } from '../../../platform/journal/seal.ts'
import { storable } from '../../../platform/text/storable.ts'
import {
  type AgentRuntime,
  type RunAsks,
  type RunContext,
  type RunDone,
  RunFailure,
  type Usage,
} from '../../runtimes/runtimes.port.ts'
import { CapabilityError } from '../../tools/tools.port.ts'
import type { ClaimedAssignment } from '../operations/claim.ts'
import type { RunResult, SettleOutcome } from '../worker.port.ts'

export interface FailedRun {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly usage?: Usage | 'unknown' | undefined
}

export interface LocalRunsDeps {
  /** What a run is given beside the signal that ends it. */
  contextOf(assignment: ClaimedAssignment): Omit<RunContext, 'signal'>
  settle(result: RunResult): Promise<SettleOutcome>
  fail(assignment: ClaimedAssignment, failure: FailedRun): Promise<void>
  requeueRun(
    assignment: ClaimedAssignment,
    requeue: { readonly reason: string; readonly usage: FailedRun['usage'] },
  ): Promise<void>
  ask(assignment: ClaimedAssignment, ask: RunAsks['ask']): Promise<void>
}

/** Why a run's signal was aborted: a deadline is the run's own failure, the others are not. */
type AbortCause = 'deadline' | 'cancelled' | 'given_back'

/** The live runs of this process: starts them, aborts them, and hands their results on. */
export function createLocalRuns(deps: LocalRunsDeps) {
  const live = new Map<string, { readonly assignment: ClaimedAssignment; abort(cause: AbortCause): void }>()

  /** Runs one assignment. Resolves when its agent is done; the result is written after that. */
  async function start(
    assignment: ClaimedAssignment,
    runtime: AgentRuntime,
  ): Promise<{ readonly written: Promise<void> }> {
    const { run, task } = assignment
    const controller = new AbortController()
    const { signal } = controller
    let cause: AbortCause | undefined
    const abort = (why: AbortCause): void => {
      cause ??= why
      controller.abort(why)
    }
    live.set(run.run_id, { assignment, abort })
    const deadline = setTimeout(abort, task.timeout_ms, 'deadline' satisfies AbortCause)
    try {
      const outcome = await runtime.execute(assignment, { ...deps.contextOf(assignment), signal })
      const written = 'ask' in outcome ? deps.ask(assignment, outcome.ask) : reportResult(deps, assignment, outcome)
      return liveUntil(assignment, written)
    } catch (error) {
      return liveUntil(assignment, reportFailure(deps, { assignment, error, cause }))
    } finally {
      clearTimeout(deadline)
    }
  }

  /** A run is live until what came of it has been written. */
  function liveUntil({ run }: ClaimedAssignment, written: Promise<void>): { readonly written: Promise<void> } {
    return { written: written.finally(() => live.delete(run.run_id)) }
  }

  return {
    start,
    /** Aborts running code: its task was cancelled, or its lease is lost. */
    abort(run_ids: Iterable<string>): void {
      for (const run_id of run_ids) live.get(run_id)?.abort('cancelled')
    },
    /** Aborts all running code and gives the leases back. */
    giveAllBack(): void {
      for (const { abort } of live.values()) abort('given_back')
    },
    assignments: (): ClaimedAssignment[] => [...live.values()].map(({ assignment }) => assignment),
  }
}

async function reportResult(deps: LocalRunsDeps, assignment: ClaimedAssignment, outcome: RunDone): Promise<void> {
  const { output, usage } = outcome
  const problem = jsonProblem(output, { max_bytes: limits.inline_bytes_max, max_depth: limits.json_depth_max })
  if (problem === null) return void (await deps.settle(resultOf(assignment, outcome)))
  const message = `The output ${problem}.`
  return deps.fail(assignment, { code: 'invalid_output', message, retryable: false, usage })
}

async function reportFailure(
  deps: LocalRunsDeps,
  { assignment, error, cause }: { assignment: ClaimedAssignment; error: unknown; cause: AbortCause | undefined },
): Promise<void> {
  if (cause === 'cancelled') return
  const usage = error instanceof RunFailure ? error.usage : undefined
  if (cause === 'given_back') return deps.requeueRun(assignment, { reason: 'shutdown', usage })
  // A run that an emergency stop ended has not failed.
  if (error instanceof RunFailure && error.code === 'stopped')
    return deps.requeueRun(assignment, { reason: 'stopped', usage })
  if (cause !== 'deadline') return deps.fail(assignment, failureOf(error))
  const message = `Timed out after ${assignment.task.timeout_ms} ms.`
  return deps.fail(assignment, { code: 'timeout', message, retryable: true, usage })
}

function failureOf(error: unknown): FailedRun {
  // The message may hold text of providers and programs.
  const message = cutText(storable(error instanceof Error ? error.message : String(error)), limits.reason_bytes_max)
  if (error instanceof RunFailure) return { code: error.code, message, retryable: error.retryable, usage: error.usage }
  const capabilityError = error instanceof CapabilityError ? error : undefined
  return { code: capabilityError?.code ?? 'internal', message, retryable: capabilityError?.retryable ?? true }
}

/** Work without a model costs nothing, and its usage says so. */
const nothing_used: Usage = { cost_micro_usd: 0, tokens: 0 }

function resultOf({ run, task }: ClaimedAssignment, outcome: RunDone): RunResult {
  const { output: value, sources = [], artifact_ids = [], usage = nothing_used } = outcome
  const output = JSON.stringify(value)
  return {
    run,
    task,
    completed_by: { kind: 'agent', id: run.agent_id },
    output,
    value,
    output_sha256: sha256(output).toString('hex'),
    artifact_ids,
    source_ids: sources,
    usage: usage === 'unknown' ? undefined : usage,
  }
}

export type LocalRuns = ReturnType<typeof createLocalRuns>
