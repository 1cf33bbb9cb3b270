// `npm run check`: every check that needs no database, side by side. It builds nothing and changes no file.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmCall, requireNode, root } from './install.mjs'

const bin = (...path) => join(root, 'node_modules', ...path)
const typescript = ['--import', 'tsx']
const node = (...args) => ({ program: process.execPath, args })
const checks = [
  { name: 'types', ...node(bin('typescript', 'bin', 'tsc'), '-p', '.', '--noEmit') },
  { name: 'types of the page', ...node(bin('typescript', 'bin', 'tsc'), '-p', 'web/tsconfig.json', '--noEmit') },
  {
    name: 'types of the page’s tests',
    ...node(bin('typescript', 'bin', 'tsc'), '-p', 'web/test/tsconfig.json', '--noEmit'),
  },
  { name: 'style', ...node(bin('@biomejs', 'biome', 'bin', 'biome'), 'ci', '--colors=off', '.') },
  { name: 'layers', ...node(...typescript, 'tools/checks/layers/layers.ts') },
  { name: 'seams', ...node(...typescript, 'tools/checks/seams.ts') },
  { name: 'sizes', ...node(...typescript, 'tools/checks/sizes.ts') },
  { name: 'folders', ...node(...typescript, 'tools/checks/folders.ts') },
  { name: 'casts', ...node(...typescript, 'tools/checks/casts.ts') },
  { name: 'doc comments', ...node(...typescript, 'tools/checks/doc-comments.ts') },
  { name: 'dead exports', ...node(bin('knip', 'bin', 'knip.js'), '--no-progress', '--no-config-hints') },
  { name: 'words', ...node(...typescript, 'tools/checks/words/words.ts') },
  { name: 'generated files', ...node('tools/generate.mjs', '--check') },
  // Without a network and without touching anything: whether a fresh clone could be installed at all.
  { name: 'lock file', ...npmCall(['ci', '--dry-run', '--offline', '--ignore-scripts', '--loglevel=error']) },
]

requireNode()
const started = Date.now()
const results = await Promise.all([...checks.map(runCheck), lockFileAddresses()])
const failed = results.filter(({ problems }) => problems !== null)
for (const { name, problems } of failed) process.stdout.write(`\n${name}:\n${problems.trimEnd()}\n`)
const verdict = failed.length > 0 ? `failed: ${failed.map(({ name }) => name).join(', ')}` : 'all passed'
process.stdout.write(`${results.length} checks in ${((Date.now() - started) / 1000).toFixed(1)} s: ${verdict}\n`)
process.exitCode = failed.length > 0 ? 1 : 0

/** Its output is kept and shown only where it fails. */
function runCheck({ name, program, args, shell = false }) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], shell })
    const said = []
    child.stdout.on('data', (chunk) => said.push(chunk))
    child.stderr.on('data', (chunk) => said.push(chunk))
    child.once('error', (error) => resolve({ name, problems: error.message }))
    child.once('close', (code) => {
      const text = Buffer.concat(said).toString('utf8')
      resolve({ name, problems: code === 0 ? null : text || `ended with code ${code}` })
    })
  })
}

/** Where a package came from on one machine says nothing to the next: the integrity hash is what counts. */
function lockFileAddresses() {
  const lines = readFileSync(join(root, 'package-lock.json'), 'utf8').split('\n')
  const withAddress = lines.flatMap((line, at) => (/"resolved": "https?:/.test(line) ? [at + 1] : []))
  const problems = withAddress.map((line) => `package-lock.json:${line}: names a registry's address`).join('\n')
  return { name: 'addresses in the lock file', problems: problems || null }
}
