import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { CapabilityError } from '../modules/tools/tools.port.ts'
import { readAdapters } from '../modules/worker/command-line/adapter-files.service.ts'
import { clearLeftOvers } from '../modules/worker/command-line/folders.service.ts'
import { detectBubblewrap } from '../modules/worker/command-line/sandbox.service.ts'
import { createBuiltinRuntime } from '../modules/worker/local/builtin.service.ts'
import { type CommandLineRuntimeDeps, createCommandLineRuntime } from '../modules/worker/local/command-line.service.ts'
import { createModelRuntime } from '../modules/worker/local/model.service.ts'
import type { OpenRunBudgets } from '../modules/worker/local/run-budgets.jobs.ts'
import type { Staffed } from '../modules/worker/local/worker.jobs.ts'
import type { LiveRun } from '../modules/worker/worker.port.ts'
import type { Config } from '../platform/config.ts'
import { MusterError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Program } from './compose.ts'

export interface RuntimesOptions {
  readonly config: Config
  readonly run_budgets: OpenRunBudgets
  readonly log: Log
}

/** How the agents of this process work, and how many of each kind at once. */
export async function runtimesOf(
  program: Program,
  { config, run_budgets, log }: RuntimesOptions,
): Promise<readonly Staffed[]> {
  const content = ({ run }: { readonly run: LiveRun }, artifact_id: string) => contentFor(program, run, artifact_id)
  const commandLines = await commandLineHost(config, log)
  const gateway_url = () => config.gateway_url ?? program.links.address()
  const adapters = readAdapters(config.cli_adapters)
  const unmetered = config.cli_unmetered
  const cli = createCommandLineRuntime({
    ...program,
    ...commandLines,
    content,
    run_budgets,
    adapters,
    unmetered,
    gateway_url,
  })
  return [
    { runtime: createBuiltinRuntime({ ...program, content }), slots: config.worker_slots },
    { runtime: createModelRuntime({ ...program, content }), slots: config.model_slots },
    { runtime: cli, slots: config.cli_slots },
  ]
}

/** The folders of command lines, cleared of what dead processes left, and what holds the programs. */
async function commandLineHost(config: Config, log: Log): Promise<Pick<CommandLineRuntimeDeps, 'host' | 'sandbox'>> {
  const { data_dir, environment: env, cli_repositories: repositories } = config
  // Not in the data directory, which nobody else may pass through: a run may be a user of its own.
  const own = createHash('sha256').update(resolve(data_dir)).digest('hex').slice(0, 12)
  const root = config.cli_runs ?? join(tmpdir(), `muster-runs-${own}`)
  const host = { root, transcripts: join(data_dir, 'transcripts'), env, repositories, hidden: [data_dir] }
  await clearLeftOvers({ root, env, onProblem: (problem) => log.warn({ problem }, 'left-overs of a run stay') })
  const found = await detectBubblewrap(env)
  if (found.available) return { host, sandbox: { kind: 'bubblewrap' } }
  if (config.cli_unconfined) return { host, sandbox: { kind: 'none' } }
  const refused = `${found.reason} Command lines are refused without it, unless MUSTER_CLI_UNCONFINED=allow says otherwise.`
  return { host, sandbox: { refused } }
}

function unreadable(error: unknown): never {
  if (error instanceof MusterError && error.code === 'artifact_damaged')
    throw new CapabilityError('damaged', error.message)
  throw error
}

/** What a run may read: artifacts of its own project. */
async function contentFor({ engine, artifacts }: Program, run: LiveRun, artifact_id: string) {
  const { organization_id, project_id } = run
  return engine.transact(async (tx) => {
    const [commandLines] = await artifacts.describe(tx, organization_id, [artifact_id])
    const [content] =
      commandLines?.project_id === project_id
        ? await artifacts.content(tx, organization_id, [artifact_id]).catch(unreadable)
        : []
    if (!content) throw new CapabilityError('not_found', `There is no artifact ${artifact_id} in the project.`)
    return content
  })
}
