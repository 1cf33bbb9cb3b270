import { lstatSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChangedFile, Environment, RunFolder } from '../command-line.types.ts'
import { bareEnvironment, findProgram, type HelperResult, runHelper } from '../process/system.service.ts'
import { inTurn } from '../process/turns.service.ts'
import { realOf } from '../real-path.service.ts'
import { StartError } from '../start-error.ts'

/**
 * The git work tree of a run, on a branch of its own, and the changes in it.
 *
 * The program may write into the work tree only, and even that must not mislead our own git. So git is always given the
 * repository's path (the work tree's `.git` file is not read), runs no hook and no monitor, uses none of the
 * repository's filters after the program has run, and keeps its index and new objects in a folder of ours.
 */
export interface Worktree {
  readonly repository: string
  readonly branch: string
  /** The repository's `.git`, shared by all its work trees. */
  readonly common: string
  /** The repository's folder about this work tree. */
  readonly admin: string
  readonly commit: string
}

interface WorktreeAccess {
  readonly worktree: Worktree
  readonly folder: RunFolder
  readonly env: Environment
}

const attempts_max = 3
const recordName = 'worktree.json'
const quiet = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'safe.directory=*',
  'gc.auto=0',
  'core.quotePath=false',
]

/** Checks the repository out into the workspace, which must be empty. @throws StartError where it may not or cannot. */
export async function makeWorktree(
  folder: RunFolder,
  source: { readonly path: string; readonly ref?: string },
  { env, repositories }: { readonly env: Environment; readonly repositories: readonly string[] },
): Promise<Worktree> {
  const repository = allowedRepository(source.path, repositories)
  const runGit = (args: readonly string[]): Promise<string> => must(env, ['-C', repository, ...args])
  const common = (await runGit(['rev-parse', '--path-format=absolute', '--git-common-dir'])).trim()
  const commit = (
    await runGit(['rev-parse', '--verify', '--end-of-options', `${source.ref ?? 'HEAD'}^{commit}`])
  ).trim()
  const branch = `muster/${folder.path.split('/').at(-1)?.split('~').slice(0, 2).join('-')}`
  // Written before the work tree exists, so that clearing up knows of it.
  writeFileSync(join(folder.control, recordName), JSON.stringify({ repository, branch }))
  await inTurn(repository, () => addWorktree(runGit, [branch, '--', folder.workspace, commit]))
  const pointer = readFileSync(join(folder.workspace, '.git'), 'utf8')
  const admin = realpathSync(pointer.replace(/^gitdir: /, '').trim())
  return { repository, branch, common: realpathSync(common), admin, commit }
}

/** Another process may use the repository at the same time, and git then fails; `-B` since the branch may exist. */
async function addWorktree(
  runGit: (args: readonly string[]) => Promise<string>,
  rest: readonly string[],
): Promise<void> {
  for (let attemptsLeft = attempts_max - 1; ; attemptsLeft--) {
    try {
      await runGit(['worktree', 'add', '--quiet', '-B', ...rest])
      return
    } catch (error) {
      if (attemptsLeft === 0) throw error
    }
  }
}

/**
 * Notes the present content of the workspace, the task's files included, so that only the program's changes count.
 * Resolves to the name of the tree to compare with.
 */
export async function noteWorktree(access: WorktreeAccess, inputs: readonly string[]): Promise<string> {
  mkdirSync(join(access.folder.control, 'objects'), { mode: 0o700 })
  await mustInside(access, ['read-tree', access.worktree.commit])
  await mustInside(access, ['update-index', '--add', '-z', '--stdin'], inputs.map((path) => `${path}\0`).join(''))
  const tree = (await mustInside(access, ['write-tree'])).trim()
  // From here on a file with unchanged times and size need not be read again; its user may have changed.
  await inside(access, ['update-index', '-q', '--refresh'])
  return tree
}

/** The paths that differ from what was noted, ignored ones aside. */
export async function changedPaths(access: WorktreeAccess): Promise<Pick<ChangedFile, 'path' | 'change'>[]> {
  const trackedChanges = await mustInside(access, ['diff-files', '--name-status', '--no-renames', '-z'])
  const untrackedFiles = await mustInside(access, ['ls-files', '--others', '--exclude-standard', '-z'])
  const words = trackedChanges.split('\0').filter(Boolean)
  const changedFiles = words.flatMap((word, at) =>
    at % 2 === 0
      ? [{ path: words[at + 1] ?? '', change: word === 'D' ? ('deleted' as const) : ('modified' as const) }]
      : [],
  )
  // A folder that is a repository itself is one entry with a slash at its end.
  const addedPaths = untrackedFiles.split('\0').filter((path) => path !== '' && !path.endsWith('/'))
  return [...changedFiles, ...addedPaths.map((path) => ({ path, change: 'added' as const }))]
}

/** The unified diff of these files against the tree that was noted. Files that were left out are left out here too. */
export async function diffOf(
  access: WorktreeAccess,
  {
    tree,
    files,
    bytes_max,
  }: { readonly tree: string; readonly files: readonly ChangedFile[]; readonly bytes_max: number },
): Promise<{ readonly text: string; readonly is_cut: boolean }> {
  const list = (isWanted: (file: ChangedFile) => boolean): string =>
    files.flatMap((file) => (isWanted(file) ? [`${file.path}\0`] : [])).join('')
  // Deletions come first, since a file may take the place of a folder.
  const deletedList = list(({ change }) => change === 'deleted')
  await mustInside(access, ['update-index', '--force-remove', '-z', '--stdin'], deletedList)
  const presentList = list(({ change, left_out }) => change !== 'deleted' && left_out === undefined)
  await mustInside(access, ['update-index', '--add', '--replace', '-z', '--stdin'], presentList)
  const args = ['diff', '--cached', '--no-ext-diff', '--no-textconv', '--no-color', '--no-renames', tree]
  const { stdout, is_cut } = await inside(access, args, { bytes_max })
  return { text: stdout, is_cut }
}

/**
 * Removes the work tree, whose folder is gone by now, and its branch from the repository. Nothing to do without one.
 */
export async function releaseWorktree(folder: RunFolder, env: Environment): Promise<void> {
  const record = join(folder.control, recordName)
  if (!lstatSync(record, { throwIfNoEntry: false })) return
  const { repository, branch }: Pick<Worktree, 'repository' | 'branch'> = JSON.parse(readFileSync(record, 'utf8'))
  if (!statSync(repository, { throwIfNoEntry: false })) return
  await inTurn(repository, async () => {
    // Only this one: pruning would also remove the operator's work trees on a disk that is not mounted.
    await git(env, ['-C', repository, 'worktree', 'remove', '--force', '--force', '--', folder.workspace])
    // It may never have come to be.
    await git(env, ['-C', repository, 'branch', '--quiet', '-D', '--', branch])
  })
}

/**
 * The settings that reading the repository needs: the program sees them in place of the repository's own, which may
 * hold passwords.
 */
export async function plainSettings(env: Environment, { repository }: Worktree): Promise<string> {
  const settingsText = await must(env, ['-C', repository, 'config', '--local', '-z', '--list'])
  const lines = settingsText.split('\0').flatMap((entry) => {
    const [, section, key, value] = /^(core|extensions)\.([a-z]+)\n(.*)$/is.exec(entry) ?? []
    return section && key && !/command|proxy|pager|editor|fsmonitor|hookspath/i.test(key)
      ? [{ section, key, value }]
      : []
  })
  return lines.map(({ section, key, value }) => `[${section}]\n\t${key} = ${JSON.stringify(value)}\n`).join('')
}

function allowedRepository(path: string, repositories: readonly string[]): string {
  const real = realOf(path)
  const isAllowed = repositories.some((one) => `${real}/`.startsWith(`${realOf(one) ?? '\0'}/`))
  if (real === undefined || !isAllowed) throw new StartError(`${path} is not an allowed repository on this server.`)
  return real
}

interface Options {
  readonly input?: string
  readonly bytes_max?: number
  readonly variables?: Readonly<Record<string, string>>
  readonly settings?: readonly string[]
}

function git(env: Environment, args: readonly string[], options: Options = {}): Promise<HelperResult> {
  const program = findProgram('git', env)
  if (program === undefined) throw new StartError('git is not installed, but the task needs a repository.')
  const { variables = {}, settings = [], ...rest } = options
  const own = {
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LITERAL_PATHSPECS: '1',
    ...variables,
  }
  const words = [...quiet, ...settings].flatMap((setting) => ['-c', setting])
  return runHelper({ program, args: [...words, ...args], env: { ...bareEnvironment(env), ...own }, ...rest })
}

async function must(env: Environment, args: readonly string[]): Promise<string> {
  return outcome(args, await git(env, args))
}

async function mustInside(access: WorktreeAccess, args: readonly string[], input = ''): Promise<string> {
  return outcome(args, await inside(access, args, { input }))
}

async function inside(
  { worktree, folder, env }: WorktreeAccess,
  args: readonly string[],
  options: Options = {},
): Promise<HelperResult> {
  const variables = {
    GIT_DIR: worktree.admin,
    GIT_COMMON_DIR: worktree.common,
    GIT_WORK_TREE: folder.workspace,
    GIT_INDEX_FILE: join(folder.control, 'index'),
    GIT_OBJECT_DIRECTORY: join(folder.control, 'objects'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: join(worktree.common, 'objects'),
  }
  const settings = await noFilters(worktree, env)
  return git(env, ['-C', folder.workspace, ...args], { ...options, variables, settings })
}

/** Filters are programs that attribute files choose, and the program may write those. */
async function noFilters({ repository }: Worktree, env: Environment): Promise<string[]> {
  const { stdout } = await git(env, ['-C', repository, 'config', '--name-only', '-z', '--get-regexp', '^filter\\.'])
  const names = new Set(stdout.split('\0').flatMap((key) => /^(filter\..+)\.[^.]+$/.exec(key)?.[1] ?? []))
  return [...names].flatMap((name) => [
    `${name}.clean=`,
    `${name}.smudge=`,
    `${name}.process=`,
    `${name}.required=false`,
  ])
}

function outcome(args: readonly string[], { code, stdout, stderr }: HelperResult): string {
  if (code !== 0) throw new StartError(`git ${args.find((arg) => /^[a-z]/.test(arg)) ?? ''} failed: ${stderr}`)
  return stdout
}
