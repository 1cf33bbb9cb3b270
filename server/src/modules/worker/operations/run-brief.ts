import type { Json } from '@muster/contract/values'
import type { Brief } from '@muster/contract/worker/briefs'
import type { Tx } from '../../../platform/db/db.ts'
import { artifactIdsIn } from '../../artifacts/artifacts.port.ts'
import type { PlannerPort } from '../../planner/planner.port.ts'
import { type BriefArtifact, briefOf } from '../rules/brief.rules.ts'
import { leaseStore } from '../store/lease.store.ts'
import { type HandedOut, runReadStore } from '../store/run-read.store.ts'
import type { LiveRun, RunRef } from '../worker.port.ts'

export interface RunBriefDeps {
  readonly planner: Pick<PlannerPort, 'taskAt'>
  readonly artifacts: {
    describe(tx: Tx, organization_id: string, ids: readonly string[]): Promise<readonly BriefArtifact[]>
  }
}

/** The brief of a run afterwards, as far as it is stored or can be derived; ids are plain strings. */
export interface RunBrief {
  readonly brief: Omit<
    Brief,
    'run_id' | 'task_id' | 'goal_id' | 'project_id' | 'documents' | 'artifacts' | 'deadline_at'
  > & {
    readonly run_id: string
    readonly task_id: string
    readonly goal_id?: string
    readonly project_id: string
    readonly artifacts: readonly (Omit<Brief['artifacts'][number], 'artifact_id'> & { readonly artifact_id: string })[]
    /** Of a live run. */
    readonly deadline_at?: string
  }
  readonly documents: readonly {
    readonly document: string
    readonly scope: 'project' | 'agent'
    readonly agent_id?: string
    readonly version: number
    readonly may_move?: boolean
    readonly value?: Json
  }[]
  /** Whether nothing of it is gone. */
  readonly complete: boolean
}

/**
 * Derives the brief of a run afterwards. The versions in its read set are kept; the rest is derived as the claim made
 * it. Undefined for an unknown run.
 */
export async function runBrief(
  { planner, artifacts }: RunBriefDeps,
  tx: Tx,
  { organization_id, run_id }: RunRef,
): Promise<RunBrief | undefined> {
  const live = await leaseStore.run(tx, organization_id, run_id)
  const run = live ?? (await leaseStore.endedRun(tx, organization_id, run_id))
  const task = run && (await planner.taskAt(tx, run, run.claimed_at))
  if (!run || !task) return undefined
  const readVersions = run.read_set.filter(({ version }) => version > 0)
  const values = readVersions.length === 0 ? [] : await runReadStore.handedOut(tx, organization_id, readVersions)
  const valueByKey = new Map(values.map((one) => [keyOf(one), one.value]))
  const namedArtifactIds = artifactIdsIn(task.input)
  const describedArtifacts =
    namedArtifactIds.length === 0 ? [] : await artifacts.describe(tx, organization_id, namedArtifactIds)
  const documents = run.read_set.map((one) => ({ organization_id, ...one, value: valueByKey.get(keyOf(one)) ?? null }))
  const briefedRun: LiveRun = live ?? { ...run, expires_at: run.claimed_at, deadline_at: run.claimed_at }
  const {
    documents: _,
    deadline_at,
    ...brief
  } = briefOf(briefedRun, task, { documents: [], artifacts: describedArtifacts })
  return {
    brief: { ...brief, ...(live && { deadline_at }) },
    documents: documents.map(({ scope, scope_id, document, version, may_move, value }) => ({
      document,
      scope,
      ...(scope === 'agent' && { agent_id: scope_id }),
      version,
      ...(may_move && { may_move }),
      ...(valueByKey.has(keyOf({ scope, scope_id, document, version })) && { value }),
    })),
    complete:
      task.missing === undefined &&
      values.length === readVersions.length &&
      describedArtifacts.length === namedArtifactIds.length,
  }
}

const keyOf = ({ scope, scope_id, document, version }: HandedOut): string =>
  `${scope} ${scope_id} ${version} ${document}`
