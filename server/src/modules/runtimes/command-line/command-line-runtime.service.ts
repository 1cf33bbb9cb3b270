import { limits } from '@muster/contract/limits'
import { createDistinctNames } from '@muster/contract/texts/file-names'
import type { Json } from '@muster/contract/values'
import type { Engine } from '../../../platform/db/db.ts'
import { isSchema } from '../../../platform/json/schemas.ts'
import { writtenJson } from '../../../platform/json/written-json.ts'
import type { Bounded } from '../../../platform/threads/bounded.ts'
import type { AgentAtWork, AgentsPort } from '../../agents/agents.port.ts'
import { artifactIdsIn } from '../../artifacts/artifacts.port.ts'
import type { BudgetsPort } from '../../budgets/budgets.port.ts'
import type { GatewayPort } from '../../gateway/gateway.port.ts'
import { misfitOf } from '../misfit.service.ts'
import type { OpenRunBudgets } from '../open-run-budgets.service.ts'
import { modelPrompts } from '../prompts.service.ts'
import { createRunBudget, taskCeiling } from '../rules/run-budget.rules.ts'
import { commandLinePrompt, filesIn, task_file, taskFile } from '../rules/task-prompt.rules.ts'
import {
  type AgentRuntime,
  type Assignment,
  type KeptContent,
  type RunContext,
  type RunDone,
  RunFailure,
} from '../runtimes.port.ts'
import type { CommandLineAdapter } from './adapter.rules.ts'
import type { ChangedFile, CommandLineHost, CommandLineResult, InputFile } from './command-line.types.ts'
import { runCommandLine } from './run.service.ts'

export interface CommandLineRuntimeDeps {
  readonly bounded: Pick<Bounded, 'run'>
  readonly engine: Engine
  readonly agents: Pick<AgentsPort, 'atWork'>
  readonly budgets: Pick<BudgetsPort, 'runCeilings'>
  readonly gateway: Pick<GatewayPort, 'spentByRun'>
  readonly run_budgets: OpenRunBudgets
  readonly adapters: ReadonlyMap<string, CommandLineAdapter>
  readonly host: CommandLineHost
  /** The containment of programs, or the reason why they are refused. */
  readonly sandbox: { readonly kind: 'bubblewrap' | 'none' } | { readonly refusal_reason: string }
  /** Whether the operator allows programs whose calls nobody can count. */
  readonly unmetered: boolean
  /** Where the gateway listens, without `/v1`; undefined until it does. */
  gateway_url(): string | undefined
}

/** The runtime `cli`: each run is one contained process with a workspace and a key of its own. */
export function createCommandLineRuntime(deps: CommandLineRuntimeDeps): AgentRuntime {
  return {
    runtime: 'cli',
    async execute(assignment, context) {
      const { organization_id, agent_id, run_id } = assignment.run
      const { agent, ceilings } = await deps.engine.transact(async (tx) => ({
        agent: await deps.agents.atWork(tx, organization_id, agent_id),
        ceilings: await deps.budgets.runCeilings(tx, assignment.run),
      }))
      const plan = planFor(deps, agent)
      const close = deps.run_budgets.open(run_id, createRunBudget([taskCeiling(assignment.task), ...ceilings]))
      try {
        return await work(deps, { assignment, context, ...plan })
      } finally {
        close()
      }
    },
  }
}

interface CommandLinePlan {
  readonly agent: AgentAtWork
  readonly adapter: CommandLineAdapter
  readonly sandbox: 'bubblewrap' | 'none'
}

/** Checks whether the agent may work here. @throws RunFailure which says what the operator has to do */
function planFor(
  { adapters, sandbox, unmetered }: CommandLineRuntimeDeps,
  agent: AgentAtWork | undefined,
): CommandLinePlan {
  const settings = agent?.settings.command_line
  if (!agent || !settings) throw refusal('The agent has no command-line settings.')
  const adapter = adapters.get(settings.adapter)
  if (!adapter)
    throw refusal(`No such command-line adapter: ${settings.adapter}. Adapters: ${[...adapters.keys()].join(', ')}.`)
  if ('refusal_reason' in sandbox) throw refusal(sandbox.refusal_reason)
  if (!adapter.metered && (settings.metered || !unmetered))
    throw refusal(
      `The model calls of ${adapter.name} cannot be metered. Set MUSTER_CLI_UNMETERED=allow and \`metered: false\` on the agent; each run then costs its full reservation.`,
    )
  return { agent, adapter, sandbox: sandbox.kind }
}

const refusal = (message: string): RunFailure => new RunFailure('invalid', message, { retryable: false })

interface CommandLineRun extends CommandLinePlan {
  readonly assignment: Assignment
  readonly context: RunContext
}

interface KeptFile {
  readonly file: ChangedFile
  readonly content: KeptContent
}

async function work(deps: CommandLineRuntimeDeps, commandLineRun: CommandLineRun): Promise<RunDone> {
  const { assignment, context, agent, adapter, sandbox } = commandLineRun
  const { run_id } = assignment.run
  const { model, repository } = agent.settings.command_line ?? {}
  const { files, sources } = await inputsOf(commandLineRun)
  const url = deps.gateway_url()
  if (adapter.metered && adapter.wire !== 'none' && url === undefined)
    throw new RunFailure('unavailable', 'The gateway is not listening yet.', { retryable: true })
  const gateway = url !== undefined && { url, key: context.key(), ...(model && { model }) }
  context.log('info', `Starts ${adapter.name}${sandbox === 'none' ? ' without a sandbox' : ' in bubblewrap'}.`)
  return chargeFailures(deps, commandLineRun, async () => {
    const keptFiles: KeptFile[] = []
    const result = await runCommandLine({
      run_id,
      host: deps.host,
      adapter,
      sandbox,
      prompt: commandLinePrompt(modelPrompts.texts, agent, assignment),
      files,
      ...(repository !== undefined && { repository: { path: repository } }),
      ...(gateway && { gateway }),
      limits: { wall_ms: assignment.task.timeout_ms },
      signal: context.signal,
      onLog: context.log,
      async onFile(file, bytes) {
        keptFiles.push({ file, content: await context.artifacts.keep(bytes) })
      },
    })
    context.signal.throwIfAborted()
    const usage = await usageOf(deps, commandLineRun)
    if (!result.is_done) throw failureOf(result, { context, usage })
    const artifact_ids = keptFiles.length > 0 ? await addFiles(commandLineRun, keptFiles) : []
    const output = await outputOf(deps, result, { assignment, usage, kept: keptFiles, artifact_ids })
    return { output, sources, artifact_ids, usage }
  })
}

/** A program that failed after it may have called models is charged all the same. */
async function chargeFailures(
  deps: CommandLineRuntimeDeps,
  commandLineRun: CommandLineRun,
  run: () => Promise<RunDone>,
): Promise<RunDone> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof RunFailure) throw error
    const message = error instanceof Error ? error.message : 'The run was stopped.'
    const usage = await usageOf(deps, commandLineRun).catch((cause: unknown) => {
      commandLineRun.context.log('warn', `What the run has used could not be read: ${String(cause)}`)
      return undefined
    })
    throw new RunFailure('internal', message, { retryable: true, usage })
  }
}

/** The files of the input, and the artifacts that it names. */
async function inputsOf({
  assignment,
  context,
}: CommandLineRun): Promise<{ readonly files: readonly InputFile[]; readonly sources: readonly string[] }> {
  const ownFiles: InputFile[] = filesIn(assignment.task.input).map(({ path, content }) => ({
    path,
    bytes: Buffer.from(content),
  }))
  const distinctName = createDistinctNames()
  const artifacts: (InputFile & { readonly artifact_id: string })[] = []
  const ids = artifactIdsIn(assignment.task.input).slice(0, limits.run_artifacts_max)
  for (const id of ids) {
    const { name, bytes } = await context.artifacts.read(id)
    artifacts.push({ artifact_id: id, path: `inputs/${distinctName(withoutGit(name))}`, bytes })
  }
  const paths = artifacts.map(({ artifact_id, path }) => ({ artifact_id, path }))
  const task = { path: task_file, bytes: Buffer.from(taskFile(assignment, paths)) }
  return { files: [task, ...ownFiles, ...artifacts.map(({ path, bytes }) => ({ path, bytes }))], sources: ids }
}

/** A repository of its own would be taken for the run's. */
function withoutGit(name: string): string {
  return name.replace(/(^|\/)\.git(?=\/|$)/gi, '$1_git')
}

type ChargedUsage = NonNullable<RunDone['usage']>

/** The usage that the gateway has charged, in this process or another. */
async function usageOf(
  { gateway }: CommandLineRuntimeDeps,
  { adapter, assignment }: CommandLineRun,
): Promise<ChargedUsage> {
  return adapter.metered ? { ...(await gateway.spentByRun(assignment.run)), metered: true } : 'unknown'
}

function failureOf(
  { status, reason = 'The program returned no result.', retryable, transcript_tail }: CommandLineResult,
  { context, usage }: Pick<CommandLineRun, 'context'> & { readonly usage: ChargedUsage },
) {
  const codes = {
    exited: 'failed',
    timeout: 'timeout',
    killed: 'killed',
    output_limit: 'output_limit',
    failed_to_start: 'not_started',
  } as const
  if (transcript_tail !== '') context.log('warn', transcript_tail)
  const chargedUsage = status === 'failed_to_start' ? undefined : usage
  return new RunFailure(codes[status], reason, { retryable, usage: chargedUsage })
}

/** The program's answer in the shape of the output schema; without one, its text and the changed files. */
async function outputOf(
  deps: Pick<CommandLineRuntimeDeps, 'bounded'>,
  { output_text, changed_files, diff }: CommandLineResult,
  {
    assignment,
    usage,
    kept,
    artifact_ids,
  }: {
    readonly assignment: Assignment
    readonly usage: ChargedUsage
    readonly kept: readonly KeptFile[]
    readonly artifact_ids: readonly string[]
  },
): Promise<Json> {
  const schema = assignment.task.spec.output_schema
  if (isSchema(schema)) {
    const value = writtenJson(output_text, 'end')
    const misfit = value === undefined ? 'the last output is not JSON' : await misfitOf(deps.bounded, { schema, value })
    if (misfit === undefined) return value ?? null
    const message = `The result does not match the output schema: ${misfit}.`
    throw new RunFailure('invalid_output', message, { retryable: true, usage })
  }
  const ids = new Map(kept.map(({ file }, index) => [file.path, artifact_ids[index] ?? '']))
  const files = changed_files.map(({ path, change, bytes, sha256 }) => {
    const artifact_id = ids.get(path)
    return { path, change, bytes, sha256, ...(artifact_id !== undefined && { artifact_id }) }
  })
  return { text: output_text, ...(files.length > 0 && { files }), ...(diff !== undefined && { diff }) }
}

function addFiles(
  { context, adapter, sandbox }: CommandLineRun,
  keptFiles: readonly KeptFile[],
): Promise<readonly string[]> {
  return context.artifacts.add(
    keptFiles.map(({ file, content }) => ({
      name: file.path,
      content,
      provenance: { command_line: adapter.name, change: file.change, sandbox },
    })),
  )
}
