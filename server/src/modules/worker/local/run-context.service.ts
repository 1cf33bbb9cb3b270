import type { Engine } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import type { ArtifactsPort } from '../../artifacts/artifacts.port.ts'
import type { RunArtifacts, RunContext } from '../../runtimes/runtimes.port.ts'
import { CapabilityError } from '../../tools/tools.port.ts'
import type { ClaimedAssignment } from '../operations/claim.ts'
import type { RunKeys } from '../run-keys.service.ts'
import { checkpointStore } from '../store/checkpoint.store.ts'
import type { LiveRun } from '../worker.port.ts'
import type { RunLogs } from './run-logs.jobs.ts'

export interface RunContextDeps {
  readonly engine: Engine
  readonly artifacts: Pick<ArtifactsPort, 'keep' | 'put' | 'describe' | 'content'>
  readonly run_keys: Pick<RunKeys, 'keyOf'>
  readonly logs: Pick<RunLogs, 'of'>
}

/** What one run is given of the worker, beside the signal that ends it. */
export function runContext(deps: RunContextDeps, assignment: ClaimedAssignment): Omit<RunContext, 'signal'> {
  const { run } = assignment
  return {
    log: deps.logs.of(assignment),
    artifacts: runArtifacts(deps, run),
    key: () => deps.run_keys.keyOf(run),
    async answered() {
      const { organization_id, task_id } = run
      const [answer] = await deps.engine.transact((tx) => checkpointStore.answered(tx, organization_id, [task_id]))
      return answer
    },
  }
}

function runArtifacts({ engine, artifacts }: RunContextDeps, run: LiveRun): RunArtifacts {
  const { organization_id, project_id, goal_id, task_id, run_id, agent_id } = run
  return {
    read: (artifact_id) =>
      engine.transact(async (tx) => {
        const [artifact] = await artifacts.describe(tx, organization_id, [artifact_id])
        const [content] =
          artifact?.project_id === project_id
            ? await artifacts.content(tx, organization_id, [artifact_id]).catch(unreadable)
            : []
        if (!content) throw new CapabilityError('not_found', `No such artifact in the project: ${artifact_id}.`)
        return content
      }),
    keep: (content) => artifacts.keep(organization_id, content),
    add: (files) =>
      engine.transact((tx) =>
        artifacts.put(
          tx,
          files.map((file) => ({
            ...{ organization_id, project_id, goal_id, task_id, run_id, agent_id, ...file },
            type: 'source_code',
            media_type: 'application/octet-stream',
            previous_id: null,
            human_edited: false,
            created_by: { kind: 'agent', id: agent_id },
          })),
        ),
      ),
  }
}

function unreadable(error: unknown): never {
  if (error instanceof MusterError && error.code === 'artifact_damaged')
    throw new CapabilityError('damaged', error.message)
  throw error
}
