// Bundles the program: `npm run build`, or `node tools/build.mjs --if-stale`. Packages from npm stay outside the
// bundles and are found in node_modules; the workspaces are bundled. Threads stand beside each bundle, so that
// `new URL('./name.thread.js', import.meta.url)` finds them from either.
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { copyPage, pageIsFresh } from './build-page.mjs'
import { root } from './install.mjs'

const entries = { cli: 'cli/src/muster.ts', server: 'server/src/app/server.ts' }
const sources = ['contract', 'sdk/src', 'server/src', 'cli/src', 'web/src']
const alsoStamped = [
  'web/index.html',
  'web/vite.config.ts',
  'package.json',
  'package-lock.json',
  'tools/build.mjs',
  'tools/build-page.mjs',
]
const outputs = { cli: 'cli/dist/muster.js', server: 'server/dist/server.js' }
const assets = [
  'redoc/bundles/redoc.standalone.js',
  'swagger-ui-dist/swagger-ui-bundle.js',
  'swagger-ui-dist/swagger-ui.css',
]
/** Descriptions of agents' command lines, read by the running program as an operator's own are. */
const commandLines = join(root, 'server/src/modules/runtimes/command-line/adapters')
/** Where the page's own build leaves it, and where the programs look for it. */
const page = join(root, 'web/dist')
const pages = ['server', 'cli'].map((workspace) => join(root, workspace, 'dist/page'))
const stampFile = join(root, 'cli/dist/.stamp')

/** Builds both bundles. With `ifStale` it does nothing where the sources are those of the last build. Says what it did. */
export async function build({ ifStale = false } = {}) {
  const files = sourceFiles()
  const stamp = stampOf(files)
  if (ifStale && isFresh(stamp) && pageIsFresh(page, pages)) return { built: false }
  for (const entry of Object.values(entries)) {
    if (!existsSync(join(root, entry))) throw new Error(`build: the entry ${entry} does not exist`)
  }
  const started = Date.now()
  const threads = threadsOf(files)
  refuseTwoOfOneName(threads)
  rmSync(stampFile, { force: true })
  await bundlePage()
  await bundle(threads, files)
  mkdirSync(join(root, 'cli/dist'), { recursive: true })
  writeFileSync(stampFile, stamp)
  return { built: true, duration_ms: Date.now() - started }
}

/** The page is bundled with its libraries, so that what runs needs none of them. */
async function bundlePage() {
  const vite = await import('vite')
  await vite.build({ root: join(root, 'web'), configFile: join(root, 'web/vite.config.ts'), logLevel: 'warn' })
}

async function bundle(threads, files) {
  const esbuild = await import('esbuild')
  try {
    // The server is one file. The cli is split, so that a command which only speaks HTTP loads no server and no database.
    const server = { server: entries.server, ...named(threads) }
    await bundleInto({ esbuild, outdir: join(root, 'server/dist'), entryPoints: server, splitting: false })
    const cli = { muster: entries.cli, ...named(threads) }
    await bundleInto({ esbuild, outdir: join(root, 'cli/dist'), entryPoints: cli, splitting: true })
    copyAssets()
    copyTexts(files)
    await copyPage(page, pages)
  } finally {
    await esbuild.stop()
  }
}

/** Bundles the program of the command line into another folder, with plugins that change what is read on the way. */
export async function bundleProgram({ outdir, plugins }) {
  const esbuild = await import('esbuild')
  const entryPoints = { muster: entries.cli, ...named(threadsOf(sourceFiles())) }
  await bundleInto({ esbuild, outdir, entryPoints, splitting: true, plugins })
}

async function bundleInto({ esbuild, outdir, entryPoints, splitting, plugins = [] }) {
  const result = await esbuild.build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    splitting,
    chunkNames: 'chunk-[hash]',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
    plugins: [packagesOutside, ...plugins],
  })
  const written = new Set(Object.keys(result.metafile.outputs).map((file) => basename(file)))
  for (const file of readdirSync(outdir)) {
    if (/\.js(\.map)?$/.test(file) && !written.has(file)) rmSync(join(outdir, file))
  }
}

/** Prompts and personas, which are read beside the source or beside the bundle: `prompts/name.md`, `personas/name.md`. */
function copyTexts(files) {
  const texts = files.filter((file) => /^server\/src\/modules\/.+\/(prompts|personas)\/[^/]+\.md$/.test(file))
  refuseTwoOfOneName(texts)
  for (const workspace of ['server', 'cli'])
    for (const file of texts) {
      const folder = join(root, workspace, 'dist', basename(dirname(file)))
      mkdirSync(folder, { recursive: true })
      copyFileSync(join(root, file), join(folder, basename(file)))
    }
}

/** What the server hands out as it is, of packages that are not installed where only the product runs. */
function copyAssets() {
  for (const workspace of ['server', 'cli']) {
    const folder = join(root, workspace, 'dist/assets')
    mkdirSync(folder, { recursive: true })
    for (const file of assets) copyFileSync(join(root, 'node_modules', file), join(folder, basename(file)))
    copyCommandLines(join(root, workspace, 'dist/command-lines'))
  }
}

/** Anew each time, so that none stays that is no longer shipped. */
function copyCommandLines(folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const file of readdirSync(commandLines)) copyFileSync(join(commandLines, file), join(folder, file))
}

/** esbuild's own `packages: 'external'` would leave the workspaces outside too. */
const packagesOutside = {
  name: 'packages-outside',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ kind, path }) =>
      kind === 'entry-point' || path.startsWith('@muster/') ? undefined : { path, external: true },
    )
  },
}

function threadsOf(files) {
  return files.filter((file) => file.startsWith('server/src/') && file.endsWith('.thread.ts'))
}

function named(threads) {
  return Object.fromEntries(threads.map((file) => [basename(file, '.ts'), file]))
}

function refuseTwoOfOneName(threads) {
  const seen = new Map()
  for (const file of threads) {
    const other = seen.get(basename(file))
    if (other) throw new Error(`build: ${other} and ${file} would become one file; rename one of them`)
    seen.set(basename(file), file)
  }
}

function isFresh(stamp) {
  const complete = Object.values(outputs).every((file) => existsSync(join(root, file)))
  return complete && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
}

/** Every source that may end in a bundle, relative to the root, sorted. */
function sourceFiles() {
  const found = sources.flatMap((folder) => walk(folder))
  return found.filter((file) => /\.(tsx?|js|json|css|svg|md|yaml)$/.test(file) && !file.endsWith('.test.ts')).sort()
}

function walk(folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'dist') return []
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? walk(path) : [path]
  })
}

function stampOf(files) {
  const hash = createHash('sha256').update(process.versions.node)
  for (const file of [...files, ...alsoStamped]) {
    const { mtimeMs, size } = statSync(join(root, file))
    hash.update(`${file} ${mtimeMs} ${size}\n`)
  }
  return hash.digest('hex')
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const { built, duration_ms } = await build({ ifStale: process.argv.includes('--if-stale') })
    process.stderr.write(built ? `Built in ${duration_ms} ms.\n` : 'The build is fresh.\n')
  } catch (error) {
    // esbuild has printed its own findings by now.
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
