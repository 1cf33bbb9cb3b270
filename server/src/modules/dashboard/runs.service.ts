import type { Json } from '@muster/contract/values'
import type { Caller } from '../../platform/caller.ts'
import type { TenantTx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { notFound } from '../../platform/errors.ts'
import { read } from '../../platform/journal/reader.ts'
import type { JudgePort } from '../judge/judge.port.ts'
import type { DocumentHistory, MovedDifference } from '../state/state.port.ts'
import type { Told, ToldRun } from '../worker/worker.port.ts'
import type { ConflictFacts, RunFacts } from './dashboard.types.ts'
import { type SealedEvent, timelineOf } from './rules/timeline.rules.ts'
import { runsStore } from './store/runs.store.ts'

export interface RunDeps {
  readonly transactions: RequestTransactions
  readonly worker: Told
  readonly judge: JudgePort
  readonly state: DocumentHistory
}

const events_max = 200
const changes_max = 50

/** Makes the run details out of the views and ports of other modules. */
export function createRunDetail(deps: RunDeps) {
  return function run(caller: Caller, run_id: string) {
    return deps.transactions.read(caller, (tx) => detailOf(deps, tx, { caller, run_id }))
  }
}

async function detailOf(deps: RunDeps, tx: TenantTx, { caller, run_id }: { caller: Caller; run_id: string }) {
  const { organization_id } = caller
  const run = await runsStore.run(tx, organization_id, run_id)
  if (run === undefined) throw notFound('run', run_id)
  const { task_id, goal_id, revision } = run
  const sees_state = caller.permissions.has('state:read')
  const [told, verdicts, questions, commit, refused, plan, sealed] = await Promise.all([
    deps.worker.told(tx, { organization_id, run_id }),
    deps.judge.verdicts(tx, organization_id, { run_id, task_id }),
    runsStore.questions(tx, organization_id, run),
    runsStore.commit(tx, organization_id, run),
    runsStore.conflicts(tx, organization_id, task_id),
    goal_id === null ? undefined : runsStore.plan(tx, organization_id, { goal_id, revision }),
    sealedOf(tx, organization_id, run),
  ])
  if (told === undefined) throw notFound('task', task_id)
  const moved = refused.flatMap((one) => one.moved)
  const differences = sees_state ? await deps.state.differences(tx, organization_id, { moved, changes_max }) : []
  return {
    ...presentedRun(run),
    brief: briefOf(told, sees_state),
    // It was checked as JSON when it came in.
    ...(run.output !== null && { output: JSON.parse(run.output) as Json }),
    ...(run.output_sha256 !== null && { output_sha256: run.output_sha256 }),
    verdicts,
    approvals: questions.map(({ approval_id }) => approval_id),
    ...(commit && {
      commit: {
        commit_id: commit.commit_id,
        // A document's version rises by one a commit.
        documents: commit.written.map(({ document, scope, scope_id, version }) => ({
          document,
          scope,
          ...(scope === 'agent' && { agent_id: scope_id }),
          from_version: version - 1,
          to_version: version,
        })),
        at: commit.committed_at,
      },
    }),
    conflicts: conflictsOf(refused, differences),
    timeline: timelineOf({ run, plan, verdicts, questions, commit, sealed }),
  }
}

/** Events of the task in one bounded read: a very large goal may have more. */
async function sealedOf(tx: TenantTx, organization_id: string, run: RunFacts): Promise<readonly SealedEvent[]> {
  const { project_id, goal_id, task_id, task_created_at: from } = run
  const filters = { project_id, goal_id: goal_id ?? undefined, task_id, from }
  const { events } = await read(tx, organization_id, { limit: events_max, order: 'oldest', filters })
  return events
}

function presentedRun(run: RunFacts) {
  const { id, task_id, project_id, goal_id, agent_id, kind, status, token, started_at, title, capability } = run
  return {
    id,
    task_id,
    agent_id,
    kind,
    status,
    token,
    title,
    ...(goal_id !== null && { goal_id }),
    project_id,
    capability,
    started_at,
    artifacts: run.artifact_ids.map((artifact_id) => ({ artifact_id, role: 'output' })),
    ...(run.progress !== null && { progress: run.progress }),
    ...(run.confidence !== null && { confidence: run.confidence }),
    ...(run.error !== null && { error: run.error }),
    ...(run.usage !== null && {
      usage: { cost_micro_usd: run.usage.cost_micro_usd, tokens: run.usage.tokens },
    }),
    ...(run.expires_at !== null && { expires_at: run.expires_at }),
    ...(run.ended_at !== null && { ended_at: run.ended_at }),
  }
}

function briefOf({ brief, documents, complete }: ToldRun, sees_state: boolean) {
  const shown = documents.map(({ value, ...document }) => ({
    ...document,
    ...(sees_state && value !== undefined && { value: value as Json }),
  }))
  return { ...brief, documents: shown, complete }
}

function conflictsOf(refused: readonly ConflictFacts[], differences: readonly (MovedDifference | undefined)[]) {
  let next = 0
  return refused.map(({ conflict_id, run_id, refused_at, moved }) => ({
    conflict_id,
    ...(run_id !== null && { run_id }),
    at: refused_at,
    moved: moved.map(({ document, scope, scope_id, version, current }) => ({
      document,
      scope,
      ...(scope === 'agent' && { agent_id: scope_id }),
      read_version: version,
      version: current,
      ...differences[next++],
    })),
  }))
}
