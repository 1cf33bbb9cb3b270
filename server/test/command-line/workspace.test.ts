/** Where runs work, and that nothing of it stays: work trees of repositories, files of tasks, what dead servers left. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clearLeftOvers } from '../../src/modules/runtimes/command-line/workspace/folders.service.ts'
import { type Listener, listen, testPlace, type Way, ways } from './place.ts'

const place = await testPlace()
let listener: Listener
beforeEach(async () => {
  listener = await listen()
})
afterEach(async () => {
  expect(place.leftOvers()).toEqual([])
  await listener[Symbol.asyncDispose]()
})
afterAll(() => place[Symbol.asyncDispose]())

const problems: string[] = []
const clearing = { ...place.host, onProblem: (message: string) => void problems.push(message) }
const [anyWay] = ways as readonly [Way, ...Way[]]
const git = (path: string, ...args: string[]) => execFileSync('git', ['-C', path, ...args], { encoding: 'utf8' })

function expectUntouched(repository: string): void {
  expect(git(repository, 'branch', '--list').trim()).toBe('* main')
  expect(git(repository, 'worktree', 'list').trim().split('\n')).toHaveLength(1)
  expect(git(repository, 'status', '--porcelain')).toBe('')
  expect(readdirSync(join(repository, '.git'))).not.toContain('worktrees')
  expect(git(repository, 'count-objects').trim()).toMatch(/^4 objects/)
}

describe.each(ways)('in a repository, $name', (way) => {
  it('a run has a work tree on a branch of its own, and gives a diff', async () => {
    const path = place.repository()
    const given: string[] = []
    const status = await place.run(way, ['git'], {
      repository: { path },
      files: [{ path: 'in.txt', bytes: Buffer.from('in\n') }],
    })
    expect(status.output_text).toMatch(/^0 ## muster\/run-/)
    expect(status).toMatchObject({ changed_files: [], diff: '', diff_cut: false })
    const witness = join(place.folder, `witness-${way.sandbox}-${way.own_user}`)
    const result = await place.run(way, ['edit', witness], {
      repository: { path },
      files: [{ path: 'in.txt', bytes: Buffer.from('in\n') }],
      onFile: async (file, bytes) => void given.push(`${file.path}: ${Buffer.from(bytes)}`),
    })
    expect(result).toMatchObject({ is_done: true, output_text: 'edited' })
    expect(result.changed_files.map((file) => `${file.change} ${file.path}`)).toEqual([
      'deleted gone.txt',
      'modified kept.txt',
      'added .gitattributes',
      'added fresh.txt',
    ])
    expect(given).toEqual(['kept.txt: changed\n', '.gitattributes: * filter=evil\n', 'fresh.txt: fresh\n'])
    expect(result.diff).toContain('-kept\n+changed\n')
    expect(result.diff).toContain('+++ b/fresh.txt')
    expect(result.diff).not.toContain('in.txt')
    // What it wrote over the pointer to the repository ran nothing of ours.
    expect(existsSync(witness)).toBe(false)
    expectUntouched(path)
  })

  it('a run that is stopped leaves the repository as it was', async () => {
    const path = place.repository()
    const stop = new AbortController()
    const running = place.run(way, ['hang', listener.port], { repository: { path }, signal: stop.signal })
    await listener.heard(1)
    expect(git(path, 'branch', '--list')).toContain('muster/')
    stop.abort()
    expect(await running).toMatchObject({ status: 'killed', diff: '' })
    expectUntouched(path)
  })
})

describe('many runs at once in one repository', () => {
  it('do not get into each other’s way', async () => {
    const path = place.repository()
    const runs = Array.from({ length: 8 }, () => place.run(anyWay, ['git'], { repository: { path } }))
    const results = await Promise.all(runs)
    expect(results.map(({ reason }) => reason).filter(Boolean)).toEqual([])
    expect(new Set(results.map(({ output_text }) => output_text)).size).toBe(8)
    expectUntouched(path)
  })
})

describe('the operator’s own work trees', () => {
  it('are not forgotten, even where their folder is away', async () => {
    const path = place.repository()
    const away = join(place.folder, 'away')
    git(path, 'worktree', 'add', '--quiet', '--detach', away)
    rmSync(away, { recursive: true })
    expect(await place.run(anyWay, ['git'], { repository: { path } })).toMatchObject({ is_done: true })
    expect(git(path, 'worktree', 'list')).toContain(away)
    expect(git(path, 'worktree', 'list').trim().split('\n')).toHaveLength(2)
  })
})

describe('filters of a repository', () => {
  it('do not run on what a program wrote', async () => {
    const path = place.repository()
    const witness = join(place.folder, 'filtered')
    git(path, 'config', 'filter.evil.clean', `touch ${witness}; cat`)
    git(path, 'config', 'filter.evil.required', 'true')
    expect(await place.run(anyWay, ['edit', witness], { repository: { path } })).toMatchObject({ is_done: true })
    expect(existsSync(witness)).toBe(false)
  })

  it('and its hooks do not run at all', async () => {
    const path = place.repository()
    const witness = join(place.folder, 'hooked')
    writeFileSync(join(path, '.git/hooks/post-checkout'), `#!/bin/sh\ntouch ${witness}\n`, { mode: 0o755 })
    expect(await place.run(anyWay, ['git'], { repository: { path } })).toMatchObject({ is_done: true })
    expect(existsSync(witness)).toBe(false)
  })
})

describe('limits of what is read back', () => {
  it('leave out what is too large, and say so', async () => {
    const path = place.repository()
    const limits = { changed_file_bytes_max: 6, diff_bytes_max: 60, changed_files_max: 3 }
    const result = await place.run(anyWay, ['edit', '/nonexistent'], { repository: { path }, limits })
    expect(result.changed_files).toMatchObject([
      { path: 'gone.txt' },
      { path: 'kept.txt', bytes: 8, sha256: '', left_out: 'too large' },
      { path: '.gitattributes', left_out: 'too large' },
    ])
    expect(result).toMatchObject({ changed_files_cut: true, diff_cut: true })
    expect(result.diff?.length).toBeLessThanOrEqual(60)
  })
})

describe('a run that cannot be started', () => {
  const files = (path: string) => ({ files: [{ path, bytes: Buffer.from('x') }] })
  const cases: readonly (readonly [string, () => Parameters<typeof place.run>[2], RegExp])[] = [
    ['its program is missing', () => ({ adapter: { command: 'no-such-program' } }), /no-such-program is not installed/],
    ['a file would leave the workspace', () => files('../x'), /cannot be written/],
    ['a file has an absolute path', () => files('/x'), /cannot be written/],
    ['a file would stand in the repository’s own folder', () => files('a/.Git/config'), /cannot be written/],
    ['the repository is not allowed', () => ({ repository: { path: '/usr' } }), /may not|not an allowed repository/],
    ['the repository is not there', () => ({ repository: { path: '/nowhere' } }), /not an allowed repository/],
    [
      'there is no such commit',
      () => ({ repository: { path: place.repository(), ref: 'nowhere' } }),
      /git rev-parse failed/,
    ],
    ['a ref is an option', () => ({ repository: { path: place.repository(), ref: '--all' } }), /git rev-parse failed/],
    [
      'it needs the gateway',
      () => ({ adapter: { wire: 'openai', env: { KEY: '{gateway_key}', URL: '{gateway_url}' } } }),
      /there is no gateway/,
    ],
    [
      'an argument is too long',
      () => ({ adapter: { prompt: 'argument', args: ['{prompt}'] }, prompt: 'x'.repeat(200_000) }),
      /131071 bytes/,
    ],
    ['it has too many files', () => ({ ...files('x'), limits: { input_files_max: 0 } }), /1 files with 1 bytes/],
    [
      'an argument holds a null character',
      () => ({ adapter: { prompt: 'argument', args: ['{prompt}'] }, prompt: 'a\0b' }),
      /null bytes/,
    ],
    ['it was stopped before', () => ({ signal: AbortSignal.abort() }), /stopped before it started/],
    ['its name is a path', () => ({ run_id: '../../x' }), /cannot be named/],
  ]
  it.each(cases)('says why: %s', async (_name, changes, reason) => {
    const result = await place.run(anyWay, ['answer'], changes())
    expect(result).toMatchObject({ status: 'failed_to_start', is_done: false, retryable: false, changed_files: [] })
    expect(result.reason).toMatch(reason)
  })

  it('says why: a link of the repository stands in the way of a file', async () => {
    const path = place.repository()
    symlinkSync(place.data, join(path, 'link'))
    git(path, 'add', 'link')
    git(path, '-c', 'user.name=a', '-c', 'user.email=a@localhost', 'commit', '--quiet', '-m', 'link')
    const result = await place.run(anyWay, ['answer'], {
      repository: { path },
      files: [{ path: 'link/x', bytes: Buffer.from('x') }],
    })
    expect(result).toMatchObject({ status: 'failed_to_start', reason: expect.stringContaining('stands in the way') })
    expect(existsSync(join(place.data, 'x'))).toBe(false)
    expect(git(path, 'branch', '--list').trim()).toBe('* main')
  })

  it.runIf(anyWay.sandbox === 'bubblewrap')('says why: it would have to be shown too much', async () => {
    const result = await place.run(anyWay, ['answer'], { adapter: { read_only: ['/etc'] } })
    expect(result).toMatchObject({ status: 'failed_to_start', reason: expect.stringContaining('too much') })
  })
})

describe.each(ways)('when the server is killed, a command line $name', (way) => {
  it('ends with it, and the next start clears up', async () => {
    const path = place.repository()
    const run_id = `lost-${way.sandbox}-${way.own_user}`
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
    const server = fileURLToPath(new URL('./server.ts', import.meta.url))
    const told = {
      run_id,
      host: { ...place.host, own_user: way.own_user },
      adapter: place.adapter(['leave', listener.port]),
      sandbox: way.sandbox,
      repository: path,
    }
    const child = spawn(process.execPath, ['--import', tsx, server], { stdio: ['pipe', 'inherit', 'inherit'] })
    child.stdin.end(JSON.stringify(told))
    await listener.heard(2)
    expect(git(path, 'branch', '--list')).toContain('muster/')
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    await listener.silence()
    // What lives is gone; what lies about is for the next start, which finds nothing of its own to clear.
    expect(await clearLeftOvers(clearing)).toEqual([run_id])
    expect(await clearLeftOvers(clearing)).toEqual([])
    expectUntouched(path)
    expect(problems).toEqual([])
  })
})

describe('clearing up at start', () => {
  it('leaves alone what a living server is doing', async () => {
    const stop = new AbortController()
    const running = place.run(anyWay, ['hang', listener.port], { signal: stop.signal })
    await listener.heard(1)
    expect(await clearLeftOvers(clearing)).toEqual([])
    expect(readdirSync(place.host.root).filter((name) => name.includes('~'))).toHaveLength(1)
    stop.abort()
    expect(await running).toMatchObject({ status: 'killed' })
  })

  it('gives back the repository even where the folder of the run is gone', async () => {
    const path = place.repository()
    const stop = new AbortController()
    const running = place.run(anyWay, ['hang', listener.port], { repository: { path }, signal: stop.signal })
    await listener.heard(1)
    rmSync(join(path, '.git/worktrees'), { recursive: true })
    stop.abort()
    // What can no longer be said about the changes is no reason to leave anything behind.
    expect(await running).toMatchObject({ status: 'killed', changed_files_cut: true, diff_cut: true })
    expect(place.logged.at(-1)).toMatch(/could not be read: git/)
    expect(git(path, 'branch', '--list').trim()).toBe('* main')
  })
})

describe('two runs at once', () => {
  it('share nothing', async () => {
    const own = ways.find((way) => way.own_user) ?? anyWay
    const results = await Promise.all([1, 2, 3].map(() => place.run(own, ['environment'])))
    const homes = results.map(({ output_text }) => JSON.parse(output_text).HOME)
    expect(new Set(homes).size).toBe(3)
    expect(readFileSync(results[0]?.transcript_path ?? '', 'utf8')).toContain(homes[0])
  })
})
