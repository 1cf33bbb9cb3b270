import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { listFiles } from '../sources/source-files.ts'

const root = process.cwd()
const guide = readFileSync(join(root, 'docs/how-to/add-a-module.md'), 'utf8')
const copy = mkdtempSync(join(tmpdir(), 'muster-add-a-module-'))
afterAll(() => rmSync(copy, { recursive: true, force: true }))

/** The files of the guide: a path in backquotes and a colon, then the block with its content. */
const files = [...guide.matchAll(/^`([^`]+)`:\n\n```\w+\n([\s\S]*?)^```$/gm)].map(([, path = '', content = '']) => ({
  path,
  content,
}))

/** Runs a program of the copy and gives its output, also where it fails. */
async function run(...args: readonly string[]): Promise<{ readonly failed: boolean; readonly output: string }> {
  const env = { ...process.env, DB: 'pglite', NODE_OPTIONS: '' }
  return promisify(execFile)(process.execPath, [...args], { cwd: copy, env, maxBuffer: 1 << 24 }).then(
    ({ stdout, stderr }) => ({ failed: false, output: stdout + stderr }),
    ({ stdout, stderr }: { stdout: string; stderr: string }) => ({ failed: true, output: stdout + stderr }),
  )
}

const isCode = (path: string) => path.endsWith('.ts')
const sourcesOf = (tree: string) =>
  ['contract', 'server', 'sdk', 'cli', 'web'].flatMap((folder) => listFiles(tree, folder, /./))

const bin = (...path: readonly string[]) => join('node_modules', ...path)

/** The sources, and the libraries of this tree; `@muster/*` leads to the copy itself. */
async function copyTree(): Promise<void> {
  const folders = ['contract', 'server', 'sdk', 'cli', 'web', 'examples', 'tools', 'docs', 'bench']
  const isSource = (path: string) => !/\/(node_modules|dist|coverage|\.muster)(\/|$)/.test(path.slice(root.length))
  for (const folder of folders) await cp(join(root, folder), join(copy, folder), { recursive: true, filter: isSource })
  for (const file of readdirSync(root, { withFileTypes: true }))
    if (file.isFile()) await cp(join(root, file.name), join(copy, file.name))
  mkdirSync(join(copy, 'node_modules/@muster'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@muster' && name !== '.cache') symlinkSync(join(root, 'node_modules', name), join(copy, bin(name)))
  for (const name of readdirSync(join(root, 'node_modules/@muster')))
    symlinkSync(join('..', '..', name), join(copy, bin('@muster', name)))
}

function addModule(): void {
  for (const { path, content } of files) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    writeFileSync(join(copy, path), content)
  }
  const list = join(copy, 'server/src/app/modules.ts')
  const text = readFileSync(list, 'utf8')
  writeFileSync(
    list,
    text
      .replace("\n    .add('dashboard'", "\n    .add('notes', notesModule)\n    .add('dashboard'")
      .replace(
        'import { plannerModule }',
        "import { notesModule } from '../modules/notes/notes.module.ts'\nimport { plannerModule }",
      ),
  )
}

describe('docs/how-to/add-a-module.md', () => {
  it('builds a module of the blocks that it shows, one migration and one line of the list, and nothing else', async () => {
    await copyTree()
    const before = new Set(sourcesOf(copy))
    addModule()
    const added = sourcesOf(copy).filter((path) => !before.has(path))
    expect(added.sort()).toEqual(files.map(({ path }) => path).sort())
    // The types of the program with the module, without those of tests and tools.
    const program = ['server/src/app/compose.ts', 'server/src/modules/notes/*.ts', 'contract/notes/*.ts']
    const options = { noEmit: true, incremental: false, tsBuildInfoFile: null }
    writeFileSync(
      join(copy, 'one-module.json'),
      JSON.stringify({ extends: './tsconfig.json', include: program, compilerOptions: options }),
    )
    expect(await run('tools/generate.mjs')).toMatchObject({ failed: false })
    const checks = await Promise.all([
      run(bin('typescript', 'bin', 'tsc'), '-p', 'one-module.json'),
      run(
        bin('@biomejs', 'biome', 'bin', 'biome'),
        'ci',
        '--colors=off',
        ...files.map(({ path }) => path).filter(isCode),
      ),
      run('--import', 'tsx', 'tools/checks/layers/layers.ts'),
      run('--import', 'tsx', 'tools/checks/seams.ts'),
    ])
    expect(checks.filter(({ failed }) => failed).map(({ output }) => output)).toEqual([])
    const modules = readFileSync(join(copy, 'docs/generated/modules.md'), 'utf8')
    expect(modules).toContain('notes -.-> projects')
    const tests = await run(bin('vitest', 'vitest.mjs'), 'run', '--project=suite', 'server/src/modules/notes')
    expect(tests.output).toMatch(/Tests.*1 passed/)
  }, 240_000)
})
