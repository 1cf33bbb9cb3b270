import type { Policy } from '@muster/contract/shapes/policies'
import type { EngineTx } from '../../platform/db/db.ts'
import { newId } from '../../platform/ids.ts'
import { type NewEvent, system_actor } from '../../platform/journal/events.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { ApprovalsPort } from '../approvals/approvals.port.ts'
import type { BudgetsPort } from '../budgets/budgets.port.ts'
import type { PlannerPort, TaskOutcome, TaskState } from '../planner/planner.port.ts'
import type { ProjectGate, ProjectsPort } from '../projects/projects.port.ts'
import type { CommitOutcome, StatePort } from '../state/state.port.ts'
import type { EndedRun, RunResult, SettleOutcome, WorkerPort } from '../worker/worker.port.ts'
import { commitRequestOf } from './commit-request.rules.ts'
import type { Verdict } from './judge.rules.ts'
import { judgeStore, type VerdictRow } from './judge.store.ts'
import { taskOutcomeOf } from './outcome.rules.ts'
import { questionOf } from './question.rules.ts'

export interface JudgeParts {
  readonly journal: Journal
  readonly projects: ProjectsPort
  readonly state: StatePort
  readonly budgets: BudgetsPort
  readonly approvals: ApprovalsPort
  readonly planner: PlannerPort
  readonly worker: WorkerPort
  /** Runs the policy's checks over a result and routes it. */
  examine(tx: EngineTx, result: RunResult, facts: { readonly policy: Policy; readonly state: TaskState }): Promise<Verdict>
  /** Whether another try of the capability can differ. */
  isDeterministic(capability: string): boolean
}

/** One result on its way through the settling transaction. */
export interface Item {
  readonly result: RunResult
  readonly gate: ProjectGate
  readonly policy: Policy
  readonly state: TaskState
  readonly verdict: Verdict
  readonly verdict_id: string
  readonly commit?: CommitOutcome
}

/**
 * Records, judges and commits a batch of results in one transaction: its statements do not grow with the batch. Locks
 * are taken in one order everywhere: goals, tasks, projects' gates, live runs, budgets, documents, dependents.
 */
export async function settleResults(
  parts: JudgeParts,
  tx: EngineTx,
  results: readonly RunResult[],
): Promise<readonly SettleOutcome[]> {
  const outcomes = new Map<string, SettleOutcome>()
  const accepted = await admit(parts, tx, results, outcomes)
  if (accepted.length === 0) return results.map(({ run }) => outcomes.get(run.run_id) ?? 'lease_lost')
  await parts.budgets.settle(tx, accepted.map(({ result: { run, usage } }) => ({ ...run, usage })))
  const judged: Item[] = []
  for (const one of accepted) {
    const verdict = await parts.examine(tx, one.result, one)
    judged.push({ ...one, verdict, verdict_id: newId() })
  }
  const items = await commit(parts, tx, judged)
  await parts.worker.endRuns(tx, items.map(endedRunOf))
  await judgeStore.insert(tx, items.map(verdictRowOf))
  recordVerdicts(parts.journal, tx, items)
  const questions = items.flatMap((item) => questionOf(item) ?? [])
  if (questions.length > 0) await parts.approvals.open(tx, questions)
  await parts.planner.settle(tx, items.map(taskOutcomeOf))
  for (const item of items) outcomes.set(item.result.run.run_id, settleOutcomeOf(taskOutcomeOf(item)))
  return results.map(({ run }) => outcomes.get(run.run_id) ?? 'lease_lost')
}

type Accepted = Omit<Item, 'verdict' | 'verdict_id' | 'commit'>

/** Locks what the batch touches and sorts out what may no longer be written. */
async function admit(
  parts: JudgeParts,
  tx: EngineTx,
  results: readonly RunResult[],
  outcomes: Map<string, SettleOutcome>,
): Promise<Accepted[]> {
  const unique = [...new Map(results.map((result) => [result.run.run_id, result])).values()]
  const runs = unique.map(({ run }) => run)
  const states = new Map((await parts.planner.lock(tx, runs)).map((state) => [state.task_id, state]))
  const gates = new Map((await parts.projects.gates(tx, distinctProjects(runs), 'share')).map((gate) => [gate.project_id, gate]))
  const live = new Map((await parts.worker.lockRuns(tx, runs)).map((run) => [run.run_id, run]))
  const accepted: Accepted[] = []
  for (const result of unique) {
    const { run } = result
    const state = states.get(run.task_id)
    const gate = gates.get(run.project_id)
    const lease = live.get(run.run_id)
    if (!state || !gate || !lease || lease.token !== run.token) outcomes.set(run.run_id, 'lease_lost')
    else if (gate.stopped || lease.agent_stopped) outcomes.set(run.run_id, 'stopped')
    else if (state.status !== 'running') outcomes.set(run.run_id, 'cancelled')
    else accepted.push({ result, state, gate, policy: await parts.projects.policy(tx, run, gate.policy_version) })
  }
  return accepted
}

async function commit(parts: JudgeParts, tx: EngineTx, items: readonly Item[]): Promise<Item[]> {
  const requests = items.map((item) => (item.verdict.route.to === 'commit' ? commitRequestOf(item.result) : undefined))
  const wanted = requests.filter((request) => request !== undefined)
  const writing = wanted.filter(({ operations, read_set }) => operations.length > 0 || read_set.length > 0)
  const committed = writing.length > 0 ? await parts.state.commit(tx, writing) : []
  const by_run = new Map(writing.map((request, index) => [request.run_id, committed[index]]))
  return items.map((item) => {
    const outcome = by_run.get(item.result.run.run_id)
    return outcome ? { ...item, commit: outcome } : item
  })
}

/** An accepted output stands once, with the task; every other result is kept with its run. */
function endedRunOf(item: Item): EndedRun {
  const { run, output, output_sha256, artifact_ids, confidence, usage, completed_by } = item.result
  const { organization_id, run_id } = run
  const kept = taskOutcomeOf(item).to === 'done' ? {} : { output }
  return { organization_id, run_id, status: 'finished', completed_by, output_sha256, artifact_ids, confidence, usage, ...kept }
}

function verdictRowOf({ result, verdict, verdict_id, gate }: Item): VerdictRow {
  const { organization_id, run_id, task_id, project_id } = result.run
  const { quality, confidence, checks, violations, topics, route } = verdict
  return {
    organization_id,
    id: verdict_id,
    run_id,
    task_id,
    project_id,
    quality,
    confidence,
    route_to: route.to,
    route_row: route.row,
    policy_version: gate.policy_version,
    output_sha256: result.output_sha256,
    findings: JSON.stringify({ checks, violations, topics, because: route.because }),
  }
}

function recordVerdicts(journal: Journal, tx: EngineTx, items: readonly Item[]): void {
  const events = new Map<string, NewEvent[]>()
  for (const item of items) {
    const { organization_id } = item.result.run
    const list = events.get(organization_id)
    if (list) list.push(...eventsOf(item))
    else events.set(organization_id, eventsOf(item))
  }
  for (const [organization_id, list] of events) journal.record(tx, organization_id, list)
}

function eventsOf(item: Item): NewEvent[] {
  const { run, completed_by } = item.result
  const subject = { project_id: run.project_id, goal_id: run.goal_id ?? undefined, task_id: run.task_id, run_id: run.run_id }
  const { route } = item.verdict
  const events: NewEvent[] = [
    { type: 'task.reported', actor: completed_by, ...subject },
    { type: 'task.judged', actor: system_actor, ...subject, data: { verdict_id: item.verdict_id, to: route.to, row: route.row } },
  ]
  const data = { because: route.because }
  if (item.commit?.outcome === 'committed')
    events.push({ type: 'state.committed', actor: system_actor, ...subject, data: { commit_id: item.commit.commit_id } })
  if (item.commit?.outcome === 'conflict')
    events.push({ type: 'task.conflicted', actor: system_actor, ...subject, data: { moved: item.commit.moved.map(({ document }) => document) } })
  else if (route.to === 'retry') events.push({ type: 'task.returned', actor: system_actor, ...subject, data })
  else if (route.to === 'approval') events.push({ type: 'task.waiting', actor: system_actor, ...subject, data })
  return events
}

function settleOutcomeOf(outcome: TaskOutcome): SettleOutcome {
  switch (outcome.to) {
    case 'done':
      return 'committed'
    case 'ready':
      return outcome.counts === 'conflicts' ? 'conflict' : 'returned'
    case 'awaiting_approval':
      return 'waiting'
    case 'in_review':
      return 'recorded'
    case 'cancelled':
      return 'cancelled'
    default:
      return 'invalid'
  }
}

function distinctProjects<T extends { readonly project_id: string }>(refs: readonly T[]): T[] {
  return [...new Map(refs.map((ref) => [ref.project_id, ref])).values()]
}
