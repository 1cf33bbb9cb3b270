import { limits } from '@muster/contract/limits'
import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import { isCommonFailure, isRetryable, translate } from '../../../platform/db/failures.ts'
import { newId } from '../../../platform/ids.ts'
import type { NewEvent } from '../../../platform/journal/events.ts'
import type { Journal } from '../../../platform/journal/record.ts'
import { commitKillPoints } from '../../../platform/kill-points.ts'
import type { Principal } from '../../../platform/principal.ts'
import { artifactIdsIn } from '../../artifacts/artifacts.port.ts'
import type { BudgetsPort, Refusal } from '../../budgets/budgets.port.ts'
import type { ClaimedTask, PlannerPort } from '../../planner/planner.port.ts'
import type { Assignment } from '../../runtimes/runtimes.port.ts'
import type { DocumentValue, StatePort } from '../../state/state.port.ts'
import { documentsOf } from '../rules/brief.rules.ts'
import { type Candidate, type Claimer, type NewRun, type PassedOver, workerStore } from '../store/worker.store.ts'
import type { LiveRun } from '../worker.port.ts'
import type { Attempt } from './end-attempts.ts'

export interface ClaimDeps {
  readonly journal: Journal
  readonly budgets: BudgetsPort
  readonly planner: PlannerPort
  readonly state: StatePort
  /** Announces that the review queue has something. */
  announceReview(tx: Tx): void
}

/** An assignment with its lease. */
export interface ClaimedAssignment extends Assignment {
  readonly run: LiveRun
}

export interface ClaimOptions {
  readonly claimer: Claimer
  readonly max: number
  readonly claimed_by: Principal
  readonly process_id: string | null
}

const claimKillPoint = commitKillPoints('worker.claim')

/**
 * Claims many tasks in one transaction: candidates without locks, then their limits, then the tasks that the planner
 * still has, then the runs with their read sets. Two claimers never get the same task nor pass a limit (invariants 2
 * and 11).
 */
export async function claim(deps: ClaimDeps, tx: EngineTx, options: RoundOptions): Promise<Round> {
  const candidates = options.candidates ?? (await workerStore.candidates(tx, options.claimer, options))
  if (candidates.length === 0) return nothing
  try {
    return await claimThese(deps, tx, { candidates, options })
  } catch (error) {
    throw isCommonFailure(translate(error)) || isRetryable(error) ? error : new ClaimFailed(candidates, error)
  }
}

/** A round that failed by a mistake of ours: one of these tasks cannot be handed out. */
export class ClaimFailed extends Error {
  override readonly name = 'ClaimFailed'
  readonly candidates: readonly Candidate[]

  constructor(candidates: readonly Candidate[], cause: unknown) {
    super('a round of claims failed', { cause })
    this.candidates = candidates
  }
}

async function claimThese(
  deps: ClaimDeps,
  tx: EngineTx,
  { candidates, options }: { readonly candidates: readonly Candidate[]; readonly options: RoundOptions },
): Promise<Round> {
  const limitedCandidates = candidates.filter((candidate) => candidate.limited)
  const admission = limitedCandidates.length > 0 ? await deps.budgets.admit(tx, limitedCandidates) : undefined
  const admittedCandidates = candidates.filter(({ limited, task_id }) => !limited || admission?.admitted.has(task_id))
  const refusedTasks = admission ? passedOver(limitedCandidates, admission.refusals) : []
  const tasks =
    admittedCandidates.length === 0
      ? []
      : await deps.planner.take(tx, admittedCandidates, (candidates[0]?.lanes ?? 1) > 1)
  const contended = tasks.length < admittedCandidates.length
  if (tasks.length === 0) return { ...nothing, refused: refusedTasks, contended }
  claimKillPoint(tx)
  const agents = new Map(candidates.map(({ task_id, agent_id }) => [task_id, agent_id]))
  const meteredTaskIds = new Set(candidates.flatMap((candidate) => (candidate.metered ? [candidate.task_id] : [])))
  const documents = await handOut(deps, tx, { tasks, agents })
  const drafts = tasks.map((task) =>
    draftOf(task, { agent_id: agents.get(task.task_id) ?? '', documents: documents.get(task.task_id) ?? [], options }),
  )
  recordStarts(deps.journal, tx, drafts)
  const [openedRuns] = await Promise.all([
    workerStore.open(tx, drafts, { lease_ms: limits.lease_ms, process_id: options.process_id }),
    admission?.hold(
      drafts.flatMap((draft, index) =>
        meteredTaskIds.has(draft.task_id) ? [] : [{ ...draft, ...costOf(tasks[index]) }],
      ),
    ),
  ])
  const times = new Map(openedRuns.map((row) => [row.run_id, row]))
  const claimedTasks = drafts.flatMap(({ timeout_ms: _, artifact_ids: __, ...draft }, index) => {
    const task = tasks[index]
    const time = times.get(draft.run_id)
    return task && time ? [{ run: { ...draft, ...time }, task, documents: documents.get(task.task_id) ?? [] }] : []
  })
  const isMissing = ({ task }: (typeof claimedTasks)[number]): boolean => task.missing !== undefined
  return {
    claimed: claimedTasks.filter((one) => !isMissing(one)),
    missing: claimedTasks.filter(isMissing).map(missingInput),
    refused: refusedTasks,
    contended,
  }
}

const nothing: Round = { claimed: [], missing: [], refused: [], contended: false }

/**
 * A run whose input refers to something missing fails before it starts, in a transaction of its own: ending it needs
 * its goal's lock, whose holder may wait for the claim.
 */
function missingInput({ run, task }: ClaimedAssignment & { readonly task: { readonly missing?: string } }): Attempt {
  const message = task.missing ?? ''
  return { lease: run, unfinished: { how: 'failed', retryable: false, code: 'input_missing', message } }
}

export interface RoundOptions extends ClaimOptions {
  readonly passed_over: readonly PassedOver[]
  /** Only these tasks; absent: any that are ready. */
  readonly candidates?: readonly Candidate[]
}

export interface Round {
  readonly claimed: readonly ClaimedAssignment[]
  /** Attempts that cannot begin, to be ended after the claim. */
  readonly missing: readonly Attempt[]
  readonly refused: readonly PassedOver[]
  /** Another claimer took some: there may be other tasks that are free. */
  readonly contended: boolean
}

function passedOver(candidates: readonly Candidate[], refusals: readonly Refusal[]): PassedOver[] {
  const candidateByTask = new Map(candidates.map((candidate) => [candidate.task_id, candidate]))
  return refusals.flatMap(({ task_id, reason, scope_kind, scope_id, goal_id }) => {
    const candidate = candidateByTask.get(task_id)
    if (!candidate) return []
    const from =
      reason === 'limit'
        ? { cost_from: 0, tokens_from: 0 }
        : { cost_from: candidate.cost_micro_usd, tokens_from: candidate.tokens }
    return [{ organization_id: candidate.organization_id, scope_kind, scope_id, goal_id, ...from }]
  })
}

/** Reads the documents that a run is handed out, its read set: `reads`, and the targets of `set` and `merge`. */
async function handOut(
  deps: ClaimDeps,
  tx: EngineTx,
  { tasks, agents }: { readonly tasks: readonly ClaimedTask[]; readonly agents: ReadonlyMap<string, string> },
): Promise<Map<string, (DocumentValue & { may_move?: boolean })[]>> {
  const documentRefs = tasks.flatMap((task) =>
    documentsOf(task, agents.get(task.task_id) ?? '').map((ref) => ({ ...ref, task_id: task.task_id })),
  )
  const documentsByTask = new Map<string, (DocumentValue & { may_move?: boolean })[]>()
  if (documentRefs.length === 0) return documentsByTask
  const values = await deps.state.read(tx, documentRefs)
  documentRefs.forEach(({ task_id, may_move }, index) => {
    const value = values[index]
    if (!value) return
    const list = documentsByTask.get(task_id) ?? []
    list.push(may_move ? { ...value, may_move } : value)
    documentsByTask.set(task_id, list)
  })
  return documentsByTask
}

function draftOf(
  task: ClaimedTask & { readonly token: number },
  {
    agent_id,
    documents,
    options,
  }: { agent_id: string; documents: readonly (DocumentValue & { may_move?: boolean })[]; options: ClaimOptions },
): NewRun {
  const { organization_id, task_id, project_id, goal_id, token, timeout_ms } = task
  return {
    organization_id,
    run_id: newId(),
    task_id,
    project_id,
    goal_id,
    agent_id,
    token,
    timeout_ms,
    artifact_ids: options.claimer.runtime === 'remote' ? artifactIdsIn(task.input) : [],
    claimed_by: options.claimed_by,
    read_set: documents.map(({ scope, scope_id, document, version, may_move }) => ({
      scope,
      scope_id,
      document,
      version,
      ...(may_move && { may_move }),
    })),
  }
}

function costOf(task: ClaimedTask | undefined): { cost_micro_usd: number; tokens: number } {
  return { cost_micro_usd: task?.cost_micro_usd ?? 0, tokens: task?.tokens ?? 0 }
}

function recordStarts(journal: Journal, tx: EngineTx, runs: readonly NewRun[]): void {
  const events = new Map<string, NewEvent[]>()
  for (const { organization_id, project_id, goal_id, task_id, run_id, agent_id } of runs) {
    const event: NewEvent = {
      type: 'task.started',
      actor: { kind: 'agent', id: agent_id },
      project_id,
      goal_id: goal_id ?? undefined,
      task_id,
      run_id,
    }
    const list = events.get(organization_id)
    if (list) list.push(event)
    else events.set(organization_id, [event])
  }
  for (const [organization_id, list] of events) journal.record(tx, organization_id, list)
}
