import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listFiles } from '../sources/source-files.ts'

const root = process.cwd()
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const codeIn = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')
const isPath = (text: string) => /^[\w.-]+(\/[\w.-]+)+$|^[\w-]+\.(md|json|mjs)$/.test(text) && !text.startsWith('npm ')

describe('docs/seeds.md', () => {
  const rows = read('docs/seeds.md')
    .split('\n')
    .filter((line) => /^\| [A-Z]\d+ \|/.test(line))
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()))

  it('numbers every line once', () => {
    const numbers = cells.map((row) => row[1])
    expect(numbers.length).toBeGreaterThan(100)
    expect(new Set(numbers).size).toBe(numbers.length)
  })

  it('names only files and folders that exist', () => {
    const named = rows.flatMap(codeIn).filter(isPath)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('shows each thing that is built by tests', () => {
    const isTest = (path: string) => path.endsWith('.test.ts') && existsSync(join(root, path))
    const unshown = cells.filter((row) => {
      const shown = codeIn(row[4] ?? '')
      return row[4] !== 'later' && (shown.length === 0 || !shown.every(isTest))
    })
    expect(unshown.map((row) => row[1])).toEqual([])
  })
})

describe('docs/decisions/dependencies.md', () => {
  const sections = new Map(
    read('docs/decisions/dependencies.md')
      .split(/^## /m)
      .map((section) => [section.split('\n', 1)[0] ?? '', section]),
  )

  it.each(['contract', 'server', 'sdk', 'cli'])('has a line for each dependency of %s, and no other', (workspace) => {
    const { dependencies } = JSON.parse(read(`${workspace}/package.json`)) as { dependencies: Record<string, string> }
    const wanted = Object.keys(dependencies).filter((name) => !name.startsWith('@muster/'))
    const lines = [...(sections.get(workspace) ?? '').matchAll(/^- `([^`]+)`:/gm)].map((match) => match[1])
    expect(lines).toEqual(wanted)
    expect(Object.values(dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  it('has a line for each library that is bundled into the page, and no other', () => {
    const { devDependencies } = JSON.parse(read('web/package.json')) as { devDependencies: Record<string, string> }
    const tools = /^(@muster\/|@types\/|vite$|@vitejs\/)/
    const lines = [...(sections.get('web') ?? '').matchAll(/^- `([^`]+)`:/gm)].map((match) => match[1])
    expect(lines).toEqual(Object.keys(devDependencies).filter((name) => !tools.test(name)))
    expect(Object.values(devDependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })
})

describe('package-lock.json', () => {
  const packages: Record<string, { dev?: true; link?: true; hasInstallScript?: true }> = JSON.parse(
    read('package-lock.json'),
  ).packages
  const running = Object.entries(packages).filter(
    ([path, { dev, link }]) => path.includes('node_modules/') && !dev && !link,
  )

  it('has fewer than 250 packages that run, none with an install script', () => {
    expect(running.length).toBeGreaterThan(10)
    expect(running.length).toBeLessThan(250)
    expect(running.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)).toEqual([])
  })
})

describe('.env.example', () => {
  it('names every setting that the product reads, and no other', () => {
    // Those of tests are nobody else's to set.
    const namesIn = (text: string) => new Set(text.match(/\bMUSTER_(?!TEST_)[A-Z_]*[A-Z]\b/g))
    const reading = ['server/src/platform/config.ts', 'cli/src/settings.ts'].map(read).join('\n')
    expect([...namesIn(read('.env.example'))].sort()).toEqual([...namesIn(reading)].sort())
  })
})

describe('every page', () => {
  const folders = ['docs', 'server', 'examples', 'bench']
  const pages = [...folders.flatMap((folder) => listFiles(root, folder, /\.md$/)), ...rootPages()]

  it.each(pages)('%s has links that lead somewhere', (page) => {
    const targets = [...read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1] ?? '')
    const inside = targets.filter((target) => !/^[a-z]+:/.test(target))
    expect(inside.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([])
  })
})

function rootPages(): string[] {
  return ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'TROUBLESHOOTING.md']
}
