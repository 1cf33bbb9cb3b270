import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Config } from '../../platform/config.ts'
import type { Log } from '../../platform/log.ts'
import { createBuiltinRuntime } from './builtin.service.ts'
import { readAdapters } from './command-line/adapter-files.service.ts'
import { type CommandLineRuntimeDeps, createCommandLineRuntime } from './command-line/command-line-runtime.service.ts'
import { detectBubblewrap } from './command-line/sandbox/sandbox.service.ts'
import { clearLeftOvers } from './command-line/workspace/folders.service.ts'
import { createModelRuntime, type ModelRuntimeDeps } from './model/model-runtime.service.ts'
import type { StaffedRuntime } from './runtimes.port.ts'

/** What the settings say of agents that work in this process. */
export type RuntimeSettings = Pick<
  Config,
  | 'worker_slots'
  | 'model_slots'
  | 'cli_slots'
  | 'cli_adapters'
  | 'cli_unmetered'
  | 'cli_unconfined'
  | 'cli_runs'
  | 'cli_repositories'
  | 'data_dir'
  | 'environment'
  | 'gateway_url'
>

export interface RuntimesDeps
  extends ModelRuntimeDeps,
    Omit<CommandLineRuntimeDeps, 'host' | 'sandbox' | 'adapters' | 'unmetered' | 'gateway_url'> {
  readonly gateway: ModelRuntimeDeps['gateway'] & CommandLineRuntimeDeps['gateway']
  readonly config: RuntimeSettings
  readonly log: Log
  /** Where this process listens; undefined until it does. */
  address(): string | undefined
}

/** How the agents of this process work, and how many of each kind at once. */
export async function createRuntimes(deps: RuntimesDeps): Promise<readonly StaffedRuntime[]> {
  const { config, log } = deps
  const commandLines = await commandLineHost(config, log)
  const gateway_url = () => config.gateway_url ?? deps.address()
  const adapters = readAdapters(config.cli_adapters)
  const unmetered = config.cli_unmetered
  const cli = createCommandLineRuntime({
    ...deps,
    ...commandLines,
    adapters,
    unmetered,
    gateway_url,
  })
  return [
    { runtime: createBuiltinRuntime(deps), slots: config.worker_slots },
    { runtime: createModelRuntime(deps), slots: config.model_slots },
    { runtime: cli, slots: config.cli_slots },
  ]
}

/** The folders of command lines, cleared of what dead processes left, and what holds the programs. */
async function commandLineHost(
  config: RuntimeSettings,
  log: Log,
): Promise<Pick<CommandLineRuntimeDeps, 'host' | 'sandbox'>> {
  const { data_dir, environment: env, cli_repositories: repositories } = config
  // Not in the data directory, which nobody else may pass through: a run may be a user of its own.
  const own = createHash('sha256').update(resolve(data_dir)).digest('hex').slice(0, 12)
  const root = config.cli_runs ?? join(tmpdir(), `muster-runs-${own}`)
  const host = { root, transcripts: join(data_dir, 'transcripts'), env, repositories, hidden: [data_dir] }
  await clearLeftOvers({ root, env, onProblem: (problem) => log.warn({ problem }, 'left-overs of a run stay') })
  const detection = await detectBubblewrap(env)
  if (detection.available) return { host, sandbox: { kind: 'bubblewrap' } }
  if (config.cli_unconfined) return { host, sandbox: { kind: 'none' } }
  const refusal_reason = `${detection.reason} Without it, command-line agents are refused unless MUSTER_CLI_UNCONFINED=allow is set.`
  return { host, sandbox: { refusal_reason } }
}
