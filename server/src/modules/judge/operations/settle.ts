import type { Policy } from '@muster/contract/projects/policies'
import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import { newId } from '../../../platform/ids.ts'
import type { Journal } from '../../../platform/journal/record.ts'
import { commitKillPoints } from '../../../platform/kill-points.ts'
import type { AgentsPort } from '../../agents/agents.port.ts'
import type { ApprovalsPort } from '../../approvals/approvals.port.ts'
import type { ArtifactsPort, LineageEntry } from '../../artifacts/artifacts.port.ts'
import type { BudgetsPort } from '../../budgets/budgets.port.ts'
import type { PlannerPort } from '../../planner/planner.port.ts'
import type { ProjectsPort } from '../../projects/projects.port.ts'
import type { CommitRequest, StatePort } from '../../state/state.port.ts'
import type { EndedRun, RunResult, SettleOutcome, WorkerPort } from '../../worker/worker.port.ts'
import type { Verdict } from '../judge.rules.ts'
import { judgeStore } from '../judge.store.ts'
import type { AdmittedResult, Item } from '../judge.types.ts'
import { commitRequestOf } from '../rules/commit-request.rules.ts'
import { commitsByHand, settleOutcomeOf, taskOutcomeOf } from '../rules/outcome.rules.ts'
import { questionOf } from '../rules/question.rules.ts'
import { verdictRowOf } from '../rules/verdict-row.rules.ts'
import { type Judging, recordVerdicts } from './record-verdicts.ts'
import { rubricsFor } from './rubrics-for.ts'
import { putScoreJobs } from './score-jobs.ts'

export interface JudgeDeps {
  readonly journal: Journal
  readonly projects: ProjectsPort
  readonly state: StatePort
  readonly budgets: BudgetsPort
  readonly approvals: ApprovalsPort
  readonly planner: PlannerPort
  readonly worker: WorkerPort
  readonly artifacts: Pick<ArtifactsPort, 'recordLineage'>
  readonly agents: Pick<AgentsPort, 'facts'>
  /** Runs the policy's checks over a result and routes it. */
  examine(tx: Tx, admittedResult: AdmittedResult & { readonly amended?: boolean }): Promise<Verdict>
}

const settleKillPoint = commitKillPoints('judge.settle')

/**
 * Records, judges and commits a batch of results in one transaction (invariant 5): the number of statements does not
 * grow with the batch. Locks are taken in the order of invariant 16.
 */
export async function settleResults(
  deps: JudgeDeps,
  tx: EngineTx,
  results: readonly RunResult[],
): Promise<readonly SettleOutcome[]> {
  settleKillPoint(tx)
  const outcomes = new Map<string, SettleOutcome>()
  const judgedItems: Item[] = []
  const { scored_first, now } = splitByScoring(await admit(deps, tx, { results, outcomes }))
  const recordedResults = scored_first.length > 0 ? await recordForScores(deps, tx, scored_first) : []
  for (const { run } of recordedResults) outcomes.set(run.run_id, 'recorded')
  for (const admittedResult of now)
    judgedItems.push({ ...admittedResult, verdict: await deps.examine(tx, admittedResult), verdict_id: newId() })
  const endedRunIds =
    judgedItems.length > 0 ? await deps.worker.endRuns(tx, judgedItems.map(endedRunOf)) : new Set<string>()
  const endedItems = judgedItems.filter(({ result }) => endedRunIds.has(result.run.run_id))
  if (endedItems.length > 0 || recordedResults.length > 0)
    for (const [run_id, outcome] of await write(deps, tx, { judgedItems: endedItems, judging: 'new', recordedResults }))
      outcomes.set(run_id, outcome)
  return results.map(({ run }) => outcomes.get(run.run_id) ?? 'lease_lost')
}

/**
 * Results with rubrics are only recorded, since a model takes longer than a transaction may; they are judged when their
 * scores are there.
 */
function splitByScoring(admittedResults: readonly AdmittedResult[]): {
  readonly scored_first: AdmittedResult[]
  readonly now: AdmittedResult[]
} {
  const needs = ({ result, policy }: AdmittedResult): boolean => rubricsFor(policy, result).length > 0
  const scored_first = admittedResults.filter(needs)
  return {
    scored_first,
    now: scored_first.length > 0 ? admittedResults.filter((one) => !needs(one)) : [...admittedResults],
  }
}

async function recordForScores(
  deps: JudgeDeps,
  tx: EngineTx,
  admittedResults: readonly AdmittedResult[],
): Promise<readonly RunResult[]> {
  const results = admittedResults.map(({ result }) => result)
  const recordedRunIds = await deps.worker.record(tx, results)
  const recordedResults = results.filter(({ run }) => recordedRunIds.has(run.run_id))
  if (recordedResults.length > 0)
    await putScoreJobs(
      tx,
      recordedResults.map(({ run }) => run),
    )
  return recordedResults
}

/** Locks the batch's tasks and filters out results that may not be written any more. */
async function admit(
  deps: JudgeDeps,
  tx: EngineTx,
  { results, outcomes }: { readonly results: readonly RunResult[]; readonly outcomes: Map<string, SettleOutcome> },
): Promise<AdmittedResult[]> {
  const unique = [...new Map(results.map((result) => [result.run.run_id, result])).values()]
  const states = new Map(
    (
      await deps.planner.lock(
        tx,
        unique.map(({ run }) => run),
      )
    ).map((state) => [state.task_id, state]),
  )
  const admittedResults: AdmittedResult[] = []
  for (const result of unique) {
    const { run } = result
    const state = states.get(run.task_id)
    if (!state) continue
    if (state.stopped) outcomes.set(run.run_id, 'stopped')
    else if (state.status !== 'running')
      outcomes.set(run.run_id, state.status === 'cancelled' ? 'cancelled' : 'lease_lost')
    else admittedResults.push({ result, state, policy: await policyOf(deps, tx, state) })
  }
  return admittedResults
}

function policyOf(deps: JudgeDeps, tx: EngineTx, state: AdmittedResult['state']): Promise<Policy> {
  return deps.projects.policy(tx, state, state.policy_version)
}

/**
 * Writes a judged batch, each part for all items at once. Results that were only `recorded` are charged now: their runs
 * have ended.
 */
export async function write(
  deps: JudgeDeps,
  tx: Tx,
  {
    judgedItems,
    judging,
    recordedResults = [],
  }: {
    readonly judgedItems: readonly Item[]
    readonly judging: Judging
    readonly recordedResults?: readonly RunResult[]
  },
): Promise<[string, SettleOutcome][]> {
  const items = await commit(deps, tx, judgedItems)
  const verdicts = judgeStore.insert(tx, items.map(verdictRowOf))
  recordVerdicts({ journal: deps.journal, tx }, items, judging)
  const refusedItems = items.filter(
    ({ verdict, commit }) => verdict.route.to === 'commit' && commit && commit.outcome !== 'committed',
  )
  if (refusedItems.length > 0)
    await deps.worker.keepOutputs(
      tx,
      refusedItems.map(({ result }) => ({ ...result.run, output: result.output, output_sha256: result.output_sha256 })),
    )
  const lineage = items.flatMap(lineageOf)
  if (lineage.length > 0) await deps.artifacts.recordLineage(tx, lineage)
  const questions = items.flatMap((item) => questionOf(item) ?? [])
  if (questions.length > 0) await deps.approvals.open(tx, questions)
  const moves = items.map((item) => taskOutcomeOf(item))
  await Promise.all([verdicts, deps.planner.settle(tx, moves)])
  // Comes last, right before the commit: all claims and results of an organization lock these rows.
  if (judging === 'new') await settleBudgets(deps, tx, [...judgedItems.map(({ result }) => result), ...recordedResults])
  return items.map((item, index) => [item.result.run.run_id, settleOutcomeOf(moves[index])])
}

/** A run that held nothing and used nothing has nothing to settle. */
async function settleBudgets(deps: JudgeDeps, tx: Tx, results: readonly RunResult[]): Promise<void> {
  // The gateway has charged these runs; something may still be held for them where the agent was registered as
  // unmetered.
  const meteredResults = results.filter(
    ({ task, usage }) => usage?.metered && (task.cost_micro_usd > 0 || task.tokens > 0),
  )
  if (meteredResults.length > 0)
    await deps.budgets.release(
      tx,
      meteredResults.map(({ run }) => run),
    )
  const resultsToSettle = results.filter(({ task, usage }) => {
    if (usage?.metered) return false
    const usageSum = (usage?.cost_micro_usd ?? 0) + (usage?.tokens ?? 0)
    return task.cost_micro_usd > 0 || task.tokens > 0 || usageSum > 0
  })
  if (resultsToSettle.length > 0)
    await deps.budgets.settle(
      tx,
      resultsToSettle.map(({ run, usage }) => ({ ...run, usage })),
    )
}

async function commit(deps: JudgeDeps, tx: Tx, items: readonly Item[]): Promise<Item[]> {
  const requests = items.flatMap(({ verdict, result, policy }): CommitRequest[] => {
    if (verdict.route.to !== 'commit' || policy.commit === 'manual') return []
    const request = commitRequestOf(result)
    return request.operations.length > 0 || request.read_set.length > 0 ? [request] : []
  })
  if (requests.length === 0) return [...items]
  const outcomes = await deps.state.commit(tx, requests)
  const outcomeByRun = new Map(requests.map((request, index) => [request.run_id, outcomes[index]]))
  return items.map((item) => {
    const outcome = outcomeByRun.get(item.result.run.run_id)
    return outcome ? { ...item, commit: outcome } : item
  })
}

/** An accepted output is stored once, with the task; every other result is stored with its run. */
function endedRunOf(item: Item): EndedRun {
  const { result, verdict } = item
  const { run, output, output_sha256, artifact_ids, confidence, usage, completed_by } = result
  const { organization_id, run_id, token } = run
  const outputField = verdict.route.to === 'commit' && !commitsByHand(item) ? {} : { output }
  return {
    organization_id,
    run_id,
    token,
    status: 'finished',
    completed_by,
    output_sha256,
    artifact_ids,
    confidence,
    usage,
    ...outputField,
  }
}

/** The artifacts that the result was made from, as its agent reports. */
function lineageOf({ result }: Item): LineageEntry[] {
  const { run, output_sha256, source_ids } = result
  const { organization_id, run_id } = run
  return source_ids.map((source_id) => ({
    organization_id,
    run_id,
    sha256: output_sha256,
    source_kind: 'artifact',
    source_id,
    relation: 'source',
  }))
}
