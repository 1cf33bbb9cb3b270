import type { Json } from '@muster/contract/values'
import type { Caller } from '../../../platform/caller.ts'
import type { TenantTx } from '../../../platform/db/db.ts'
import type { RequestTransactions } from '../../../platform/db/request-transactions.ts'
import { notFound } from '../../../platform/errors.ts'
import { read } from '../../../platform/journal/reader.ts'
import type { Extensions } from '../../../platform/module/extension-point.ts'
import type { DocumentHistory, MovedDifference } from '../../state/state.port.ts'
import { presentRunItem } from '../rules/present.rules.ts'
import { type SealedEvent, timelineOf } from '../rules/timeline.rules.ts'
import type { ConflictFacts, RunFacts } from '../run-details.types.ts'
import { runDetailsStore } from '../store/run-details.store.ts'
import { resultJudges } from '../worker.extensions.ts'
import type { RunRef } from '../worker.port.ts'
import { type RunBrief, type RunBriefDeps, runBrief } from './run-brief.ts'

export interface RunDetailsDeps extends RunBriefDeps {
  readonly transactions: RequestTransactions
  readonly state: DocumentHistory
  readonly extensions: Extensions
}

const events_max = 200
const changes_max = 50

/** One try with everything about it: brief, output, verdicts, questions, commit, refused commits and timeline. */
export function createRunDetails(deps: RunDetailsDeps) {
  return function runDetails(caller: Caller, run_id: string) {
    return deps.transactions.read(caller, (tx) => detailsOf(deps, tx, { caller, run_id }))
  }
}

async function detailsOf(deps: RunDetailsDeps, tx: TenantTx, { caller, run_id }: { caller: Caller; run_id: string }) {
  const { organization_id } = caller
  const run = await runDetailsStore.run(tx, organization_id, run_id)
  if (run === undefined) throw notFound('run', run_id)
  const { task_id, goal_id, revision } = run
  const seesState = caller.permissions.has('state:read')
  const [brief, verdicts, questions, commit, conflicts, plan, sealedEvents] = await Promise.all([
    runBrief(deps, tx, { organization_id, run_id }),
    verdictsOn(deps, tx, { organization_id, run_id, task_id }),
    runDetailsStore.questions(tx, organization_id, run),
    runDetailsStore.commit(tx, organization_id, run),
    runDetailsStore.conflicts(tx, organization_id, task_id),
    goal_id === null ? undefined : runDetailsStore.plan(tx, organization_id, { goal_id, revision }),
    sealedEventsOf(tx, organization_id, run),
  ])
  if (brief === undefined) throw notFound('task', task_id)
  const movedDocuments = conflicts.flatMap((one) => one.moved)
  const differences = seesState
    ? await deps.state.differences(tx, organization_id, { moved: movedDocuments, changes_max })
    : []
  return {
    ...presentRunItem(run),
    brief: presentBrief(brief, seesState),
    ...(run.output !== null && { output: outputOf(run.output) }),
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
    conflicts: conflictsOf(conflicts, differences),
    timeline: timelineOf({ run, plan, verdicts, questions, commit, sealedEvents }),
  }
}

/** Events of the task in one bounded read: a very large goal may have more. */
async function sealedEventsOf(tx: TenantTx, organization_id: string, run: RunFacts): Promise<readonly SealedEvent[]> {
  const { project_id, goal_id, task_id, task_created_at: from } = run
  const filters = { project_id, goal_id: goal_id ?? undefined, task_id, from }
  const { events } = await read(tx, organization_id, { limit: events_max, order: 'oldest', filters })
  return events
}

/** It was checked as JSON when it came in. */
const outputOf = (text: string): Json => JSON.parse(text)

function presentBrief({ brief, documents, complete }: RunBrief, seesState: boolean) {
  const shownDocuments = documents.map(({ value, ...document }) => ({
    ...document,
    ...(seesState && value !== undefined && { value }),
  }))
  return { ...brief, documents: shownDocuments, complete }
}

function conflictsOf(conflicts: readonly ConflictFacts[], differences: readonly (MovedDifference | undefined)[]) {
  let next = 0
  return conflicts.map(({ conflict_id, run_id, refused_at, moved }) => ({
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

/** The verdicts of everyone who judges results, oldest first. */
async function verdictsOn(
  { extensions }: RunDetailsDeps,
  tx: TenantTx,
  { organization_id, ...run }: RunRef & { readonly task_id: string },
) {
  const judges = extensions.of(resultJudges)
  return (await Promise.all(judges.map((judge) => judge.verdicts(tx, organization_id, run)))).flat()
}
