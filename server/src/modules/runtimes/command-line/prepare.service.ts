import { join } from 'node:path'
import { type CommandLineAdapter, envAlways, fillArgs, fillRecord, gatewayWires, type Values } from './adapter.rules.ts'
import type { CommandLineRequest, Environment, InputFile, RunFolder } from './command-line.types.ts'
import type { CommandLineLimits } from './limits.rules.ts'
import { markVariable, threadsOf } from './process/processes.service.ts'
import { bareEnvironment, findProgram, runHelper } from './process/system.service.ts'
import { cageArgs, noNewRights, userArgs } from './sandbox/sandbox.service.ts'
import { StartError } from './start-error.ts'
import { openWorkspace, writeFiles } from './workspace/folders.service.ts'
import { makeWorktree, noteWorktree, plainSettings, type Worktree } from './workspace/worktree.service.ts'

/** A command line that is ready to be started. */
export interface PreparedRun {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly input: string
  readonly output_file: string
  /** Texts that are masked in the program's output. */
  readonly secrets: readonly string[]
  readonly has_ceilings: boolean
  readonly worktree: { readonly worktree: Worktree; readonly tree: string } | undefined
}

export interface Prepare {
  readonly request: CommandLineRequest
  readonly folder: RunFolder
  readonly uid: number | undefined
  readonly limits: CommandLineLimits
}

/** One argument of the system holds no more than 128 KiB with its end; `MAX_ARG_STRLEN` of Linux. */
const argument_bytes_max = 131_071
/**
 * Settings of git inside the workspace: folders of other users are allowed, and commits have a name that says what made
 * them.
 */
const gitSettings = '[safe]\n\tdirectory = *\n[user]\n\tname = Muster\n\temail = muster@localhost\n'

/** Prepares folders, files, environment and arguments of a run. @throws StartError, AdapterError */
export async function prepare(preparation: Prepare): Promise<PreparedRun> {
  const { request, folder, uid, limits } = preparation
  const { adapter, host, prompt, files } = request
  checkRequest(request, limits)
  const program = findProgram(adapter.command, host.env)
  if (program === undefined) throw new StartError(`${adapter.command} is not installed, or not on the server's PATH.`)
  const prompt_file = join(folder.exchange, 'prompt.md')
  const output_file = join(folder.exchange, 'result')
  const values = valuesOf(request, folder, { prompt_file, output_file })
  const checkedOut = await fillWorkspace(preparation)
  writeFiles(folder.exchange, [{ path: 'prompt.md', bytes: Buffer.from(prompt) }], uid)
  writeFiles(folder.home, homeFiles(adapter, values), uid)
  const tree =
    checkedOut &&
    (await noteWorktree(
      { worktree: checkedOut, folder, env: host.env },
      files.map(({ path }) => path),
    ))
  const args = fillArgs(adapter, values)
  if (args.some((arg) => Buffer.byteLength(arg) > argument_bytes_max))
    throw new StartError(
      `An argument would be longer than ${argument_bytes_max} bytes; let the adapter use stdin or a file.`,
    )
  const passedEnvironment = passedOn(adapter, host.env)
  const ceilings = ceilingArgs(limits, uid, host.env)
  const user = uid === undefined ? noNewRights(host.env) : userArgs(uid, host.env)
  const chain = [...ceilings, ...user, program, ...args]
  const [head = program, ...rest] = await cagedCommand(preparation, { program, chain, worktree: checkedOut })
  return {
    program: head,
    args: rest,
    env: { ...passedEnvironment.env, ...ownVariables(request, folder), ...fillRecord(adapter.env, values) },
    input: adapter.prompt === 'stdin' ? prompt : '',
    output_file,
    secrets: [...passedEnvironment.secrets, ...(request.gateway ? [request.gateway.key] : [])],
    has_ceilings: ceilings.length > 0,
    worktree: checkedOut && tree !== undefined ? { worktree: checkedOut, tree } : undefined,
  }
}

function checkRequest({ adapter, gateway, files }: CommandLineRequest, limits: CommandLineLimits): void {
  const needsGateway = adapter.metered && gatewayWires.some((wire) => wire === adapter.wire)
  if (needsGateway && !gateway)
    throw new StartError(`${adapter.name} calls models through the gateway, but there is no gateway.`)
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0)
  if (files.length > limits.input_files_max || bytes > limits.input_bytes_max)
    throw new StartError(
      `The task has ${files.length} files with ${bytes} bytes; the limit is ${limits.input_files_max} files with ${limits.input_bytes_max} bytes.`,
    )
}

function valuesOf(
  { prompt, gateway, run_id }: CommandLineRequest,
  { workspace, home }: RunFolder,
  files: { readonly prompt_file: string; readonly output_file: string },
): Values {
  const model = gateway?.model
  return {
    ...files,
    prompt,
    workspace,
    home,
    run_id,
    ...(gateway && { gateway_url: gateway.url.replace(/\/+$/, ''), gateway_key: gateway.key }),
    ...(model !== undefined && { model }),
  }
}

/** Fills the workspace: a work tree where there is a repository, and the task's files, owned by the run's user. */
async function fillWorkspace({ request, folder, uid }: Prepare): Promise<Worktree | undefined> {
  const { repository, host, files } = request
  const worktree = repository && (await makeWorktree(folder, repository, host))
  writeFiles(folder.workspace, files, undefined)
  if (uid === undefined) return worktree
  const chown = { program: findProgram('chown', host.env) ?? '/bin/chown', env: bareEnvironment(host.env) }
  const { code, stderr } = await runHelper({ ...chown, args: ['-hR', `${uid}:${uid}`, '--', folder.workspace] })
  if (code !== 0) throw new StartError(`The workspace cannot be given to the run's user: ${stderr}`)
  openWorkspace(folder, uid)
  return worktree
}

function homeFiles(adapter: CommandLineAdapter, values: Values): InputFile[] {
  const texts = { '.gitconfig': gitSettings, ...fillRecord(adapter.home_files, values) }
  return Object.entries(texts).map(([path, text]) => ({ path, bytes: Buffer.from(text) }))
}

/** Of the server's environment what every command line gets and what the adapter names; the latter may be secret. */
function passedOn(adapter: CommandLineAdapter, env: Environment) {
  const take = (names: readonly string[]): [string, string][] =>
    names.flatMap((name): [string, string][] => (env[name] === undefined ? [] : [[name, env[name]]]))
  const passedEntries = take(adapter.env_pass)
  return {
    env: Object.fromEntries([...take(envAlways), ...passedEntries]),
    secrets: passedEntries.map(([, value]) => value),
  }
}

function ownVariables({ run_id }: CommandLineRequest, { home, tmp, workspace }: RunFolder): Record<string, string> {
  const user = { HOME: home, USER: 'muster', LOGNAME: 'muster', SHELL: '/bin/sh' }
  return { ...user, TMPDIR: tmp, PWD: workspace, [markVariable]: run_id }
}

/** The system counts processes by user, so the ceiling of a shared user starts from its present count. */
function ceilingArgs(limits: CommandLineLimits, uid: number | undefined, env: Environment): string[] {
  const prlimit = process.platform === 'linux' ? findProgram('prlimit', env) : undefined
  if (prlimit === undefined) return []
  const processes = limits.processes_max + (uid === undefined ? threadsOf(process.getuid?.() ?? 0) : 0)
  return [
    prlimit,
    `--nproc=${processes}`,
    `--data=${limits.memory_bytes_max}`,
    `--fsize=${limits.file_bytes_max}`,
    `--cpu=${limits.cpu_s_max}`,
    '--core=0',
    '--',
  ]
}

async function cagedCommand(
  { request, folder, uid }: Prepare,
  {
    program,
    chain,
    worktree,
  }: { readonly program: string; readonly chain: readonly string[]; readonly worktree: Worktree | undefined },
): Promise<readonly string[]> {
  const { host, adapter, sandbox } = request
  if (sandbox === 'none') {
    if (uid !== undefined) await refuseUnreachable(folder, uid, { program, env: host.env })
    return chain
  }
  const bwrap = findProgram('bwrap', host.env)
  if (bwrap === undefined) throw new StartError('bubblewrap is not installed.')
  const git = worktree && { common: worktree.common, settings: await plainSettings(host.env, worktree) }
  const { read_only, network } = adapter
  const cage = { program, folder, read_only, hidden: host.hidden, network, uid, env: host.env, ...(git && { git }) }
  return [bwrap, ...cageArgs(cage), '--', ...chain]
}

/** Without bubblewrap the run's user walks the host's folders, some of which may be closed to it. */
async function refuseUnreachable(
  { workspace }: RunFolder,
  uid: number,
  { program, env }: { readonly program: string; readonly env: Environment },
): Promise<void> {
  const [setpriv = 'setpriv', ...args] = userArgs(uid, env)
  const test = 'cd -- "$1" && test -x "$2"'
  const words = [...args, '/bin/sh', '-c', test, 'sh', workspace, program]
  const { code } = await runHelper({ program: setpriv, args: words, env: bareEnvironment(env), cwd: '/' })
  if (code === 0) return
  throw new StartError(
    `A user of the run's own can reach ${workspace} or ${program} only if all folders above them let others pass. ` +
      'Install the program and keep the folder of runs where that is so, use bubblewrap, or let runs share the server’s user.',
  )
}
