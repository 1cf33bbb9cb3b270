import { CapabilityError } from '../modules/tools/tools.port.ts'
import { createBuiltinRuntime } from '../modules/worker/local/builtin.service.ts'
import { createModelRuntime } from '../modules/worker/local/model.service.ts'
import type { Staffed } from '../modules/worker/local/worker.jobs.ts'
import type { LiveRun } from '../modules/worker/worker.port.ts'
import type { Config } from '../platform/config.ts'
import type { Program } from './compose.ts'

/** How the agents of this process work, and how many of each kind at once. */
export function runtimesOf(program: Program, config: Pick<Config, 'worker_slots' | 'model_slots'>): readonly Staffed[] {
  const content = ({ run }: { readonly run: LiveRun }, artifact_id: string) => contentFor(program, run, artifact_id)
  return [
    { runtime: createBuiltinRuntime({ ...program, content }), slots: config.worker_slots },
    { runtime: createModelRuntime({ ...program, content }), slots: config.model_slots },
  ]
}

/** What a run may read: artifacts of its own project. */
async function contentFor({ engine, artifacts }: Program, run: LiveRun, artifact_id: string) {
  const { organization_id, project_id } = run
  return engine.transact(async (tx) => {
    const [place] = await artifacts.describe(tx, organization_id, [artifact_id])
    const [content] =
      place?.project_id === project_id ? await artifacts.content(tx, organization_id, [artifact_id]) : []
    if (!content) throw new CapabilityError('not_found', `There is no artifact ${artifact_id} in the project.`)
    return content
  })
}
