import { fieldOf } from '@muster/contract/platform/objects'
import type { Caller } from '../../platform/caller.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import type { ArtifactsPort, BundleFile } from '../artifacts/artifacts.port.ts'
import { foundGoal } from './goals.service.ts'
import { taskReadStore } from './store/task-read.store.ts'

export interface GoalBundleDeps {
  readonly transactions: RequestTransactions
  readonly artifacts: Pick<ArtifactsPort, 'ofGoal' | 'describe' | 'lineageOf' | 'bundle'>
}

const results_max = 1_000

/** A goal as a zip file: its results, its inputs, the artifacts of its runs, and their lineage. */
export function createGoalBundles({ transactions, artifacts }: GoalBundleDeps) {
  return async function bundle(caller: Caller, goal_id: string): Promise<AsyncIterable<Uint8Array>> {
    const { organization_id } = caller
    const files = await transactions.read(caller, async (tx): Promise<BundleFile[]> => {
      const goal = await foundGoal(tx, organization_id, goal_id)
      const rows = await taskReadStore.tasks(tx, organization_id, {
        goal_id,
        current: true,
        leaf: true,
        order: 'oldest',
        limit: results_max,
      })
      const goalArtifacts = await artifacts.ofGoal(tx, organization_id, goal_id)
      const inputs = await artifacts.describe(tx, organization_id, goal.artifact_ids ?? [])
      const run_ids = rows.flatMap(({ run_id }) => run_id ?? [])
      const lineage = await artifacts.lineageOf(tx, organization_id, run_ids)
      const inputIds = new Set(inputs.map(({ artifact_id }) => artifact_id))
      return [
        { name: 'goal.json', text: pretty(goal) },
        ...rows.flatMap(({ key, status, output }) => (status === 'done' ? resultFiles(key, output) : [])),
        ...inputs.map(({ name, media_type, sha256 }) => ({ name: `inputs/${name}`, media_type, sha256 })),
        ...goalArtifacts
          .filter(({ artifact_id }) => !inputIds.has(artifact_id))
          .map(({ name, media_type, sha256 }) => ({ name: `artifacts/${name}`, media_type, sha256 })),
        {
          name: 'lineage.json',
          text: pretty(
            lineage.map(({ run_id, sha256, source_kind, source_id, relation }) => ({
              run_id,
              sha256,
              source_kind,
              source_id,
              relation,
            })),
          ),
        },
      ]
    })
    return artifacts.bundle(organization_id, files)
  }
}

/** The output as JSON, and its text as Markdown where it has one. */
function resultFiles(key: string, output: unknown): BundleFile[] {
  const name = key.replace(/[^A-Za-z0-9_-]+/g, '-')
  const text = typeof output === 'string' ? output : fieldOf(output, 'text')
  const markdown = typeof text === 'string' ? [{ name: `results/${name}.md`, text }] : []
  return [...markdown, { name: `results/${name}.json`, text: pretty(output) }]
}

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
