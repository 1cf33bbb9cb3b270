import { join } from 'node:path'
import { startCapture } from './capture.service.ts'
import type { CommandLineRequest, CommandLineResult, Containment, Mark, RunFolder } from './command-line.types.ts'
import { type CommandLineLimits, commandLineLimits } from './limits.rules.ts'
import { outcomeOf } from './outcome.rules.ts'
import { type PreparedRun, prepare } from './prepare.service.ts'
import { launch, type ProgramEnd, type RunningProgram } from './process/process.service.ts'
import { inTurn } from './process/turns.service.ts'
import { freeUser, takeUser } from './process/users.service.ts'
import { createResultReader, type Reading } from './result.rules.ts'
import { ownUser } from './sandbox/sandbox.service.ts'
import { cleanText, createCleaner, shorten } from './text.rules.ts'
import { differences, isPlain, readChanges, readOwn } from './workspace/changes.service.ts'
import { makeFolder, openRoot, removeFolder } from './workspace/folders.service.ts'
import { changedPaths, diffOf } from './workspace/worktree.service.ts'

/**
 * Runs an agent's command line as a contained process and gives what came of it: its answer, the files it changed, the
 * transcript, and how it ended. It never rejects for what the program does; where a run cannot be started, the status
 * says so and the reason why. When it resolves, no process, work tree, branch or folder of the run is left, beside the
 * transcript.
 *
 * @example
 * const result = await runCommandLine({ run_id, host, adapter, sandbox: 'bubblewrap', prompt, files: [], signal, onLog })
 * if (!result.is_done) throw new Error(result.reason)
 */
export async function runCommandLine(request: CommandLineRequest): Promise<CommandLineResult> {
  const limits = { ...commandLineLimits, ...request.limits }
  try {
    // Finding a free user looks at every process, so many starts at once are spread.
    const runFolder = await inTurn(request.host.root, () => openRunFolder(request))
    try {
      return await runIn({ request, limits, ...runFolder })
    } finally {
      await closeRunFolder(request, runFolder)
    }
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error
    return notStarted(request, error.message)
  }
}

/** The program was not started; the message says why. */
class NotStarted extends Error {}

interface PreparedRunFolder {
  readonly root: string
  readonly folder: RunFolder
  readonly uid: number | undefined
}

interface Run extends PreparedRunFolder {
  readonly request: CommandLineRequest
  readonly limits: CommandLineLimits
}

function openRunFolder({ host, run_id, signal }: CommandLineRequest): PreparedRunFolder {
  let uid: number | undefined
  try {
    if (signal.aborted) throw new Error('The run was stopped before it started.')
    const root = openRoot(host.root)
    uid = ownUser(host.own_user ?? true, host.env) ? takeUser(root) : undefined
    return { root, uid, folder: makeFolder(root, run_id, uid) }
  } catch (error) {
    if (uid !== undefined) freeUser(host.root, uid)
    throw new NotStarted(messageOf(error))
  }
}

/** A failure to clear up is logged; the next start tries again. */
async function closeRunFolder(
  { host, run_id, onLog }: CommandLineRequest,
  { root, folder, uid }: PreparedRunFolder,
): Promise<void> {
  try {
    await removeFolder(folder, { run_id, folder: folder.path, uid }, host.env)
    if (uid !== undefined) freeUser(root, uid)
  } catch (error) {
    onLog('warn', `The run could not be cleaned up completely: ${messageOf(error)}`)
  }
}

async function runIn(run: Run): Promise<CommandLineResult> {
  const { request, limits, folder, uid } = run
  const prepared = await prepare({ request, folder, uid, limits }).catch((error: unknown) => {
    throw new NotStarted(messageOf(error))
  })
  const clean = createCleaner(prepared.secrets)
  const transcript_path = join(request.host.transcripts, `${request.run_id}.log`)
  const { programEnd, reading, tail } = await execute(run, { prepared, clean, transcript_path })
  const finalReading = fromFile(run, prepared, reading)
  const collectedFiles = await collect(run, prepared)
  const containment: Containment = {
    sandbox: request.sandbox,
    user: uid === undefined ? 'server' : 'own',
    has_ceilings: prepared.has_ceilings,
  }
  if (programEnd.left_behind > 0)
    request.onLog('warn', `${programEnd.left_behind} processes were still running and were killed.`)
  return {
    ...outcomeOf({
      programEnd,
      reading: finalReading,
      retry_exit_codes: request.adapter.retry_exit_codes,
      limits,
      tail,
    }),
    output_text: shorten(cleanText(finalReading.text ?? '', clean), limits.result_characters_max),
    ...collectedFiles,
    ...(collectedFiles.diff !== undefined && { diff: cleanText(collectedFiles.diff, clean) }),
    transcript_path,
    transcript_tail: tail,
    left_behind: programEnd.left_behind,
    containment,
  }
}

interface Execution {
  readonly prepared: PreparedRun
  readonly transcript_path: string
  clean(line: string): string
}

async function execute(
  { request, limits, folder, uid }: Run,
  { prepared, clean, transcript_path }: Execution,
): Promise<{ readonly programEnd: ProgramEnd; readonly reading: Reading; readonly tail: string }> {
  const { run_id, host, adapter, sandbox, signal } = request
  const reader = createResultReader(adapter.result, limits.result_characters_max)
  const mark: Mark = { run_id, folder: folder.path, uid }
  let runningProgram: RunningProgram | undefined
  const capture = startCapture({
    limits,
    transcript_path,
    reader,
    clean,
    log: (level, text) => request.onLog(level, text),
    onOverflow: () => runningProgram?.stop('output_limit'),
    onOutput: () => runningProgram?.touch(),
  })
  try {
    const { program, args, env, input } = prepared
    const is_caged = sandbox === 'bubblewrap'
    const launchOptions = {
      program,
      args,
      env,
      input,
      mark,
      is_caged,
      limits,
      signal,
      cwd: folder.workspace,
      host_env: host.env,
    }
    runningProgram = launch(launchOptions, (stdout, stderr) => {
      capture.take(stdout, 'info')
      capture.take(stderr, 'warn')
    })
    const programEnd = await runningProgram.programEnd
    const { tail } = capture.end()
    return { programEnd, reading: reader.end(), tail }
  } catch (error) {
    capture.end()
    throw new NotStarted(messageOf(error))
  }
}

/** Reads the result of adapters whose programs write it into a file. */
function fromFile({ request, folder, uid, limits }: Run, { output_file }: PreparedRun, reading: Reading): Reading {
  const { result } = request.adapter
  if (result.from !== 'file') return reading
  const path = result.path === undefined ? output_file : join(folder.workspace, result.path)
  const text = readOwn(path, { uid, bytes_max: limits.result_characters_max })?.toString('utf8').trim()
  return { ...reading, text: text || undefined }
}

type CollectedFiles = Pick<CommandLineResult, 'changed_files' | 'changed_files_cut' | 'diff' | 'diff_cut'>

/** Collects the changes in the workspace, also after a failure. */
async function collect({ request, folder, uid, limits }: Run, { worktree }: PreparedRun): Promise<CollectedFiles> {
  // A program that is not contained and has our user can replace its workspace by a link.
  if (!isPlain(folder.workspace)) return { changed_files: [], changed_files_cut: true, diff_cut: false }
  const changes = { workspace: folder.workspace, uid, limits, onFile: request.onFile }
  if (!worktree) {
    const { candidates, is_cut } = await differences(folder.workspace, request.files)
    const changedFiles = await readChanges(candidates, changes)
    return { changed_files: changedFiles.files, changed_files_cut: changedFiles.is_cut || is_cut, diff_cut: false }
  }
  const runFolder = { worktree: worktree.worktree, folder, env: request.host.env }
  const warnUnread = (error: unknown): undefined => {
    // Something that git needs has been removed from the repository.
    request.onLog('warn', `The changes could not be read: ${messageOf(error)}`)
  }
  const candidates = await changedPaths(runFolder).catch(warnUnread)
  const { files, is_cut } = await readChanges(candidates ?? [], changes)
  const diffRequest = { tree: worktree.tree, files, bytes_max: limits.diff_bytes_max }
  const diff = candidates && (await diffOf(runFolder, diffRequest).catch(warnUnread))
  if (!diff) return { changed_files: files, changed_files_cut: true, diff_cut: true }
  return { changed_files: files, changed_files_cut: is_cut, diff: diff.text, diff_cut: diff.is_cut || is_cut }
}

function notStarted({ sandbox }: CommandLineRequest, reason: string): CommandLineResult {
  return {
    status: 'failed_to_start',
    is_done: false,
    retryable: false,
    reason,
    output_text: '',
    changed_files: [],
    changed_files_cut: false,
    diff_cut: false,
    transcript_tail: '',
    left_behind: 0,
    containment: { sandbox, user: 'server', has_ceilings: false },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
