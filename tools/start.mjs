// `npm start`: installs what is missing, builds what is stale and runs `muster up` in the foreground.
// `npm run migrate` runs `muster migrate` in the same way; `--dev` runs the sources and starts again at each change.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { ensureInstalled, requireNode, root } from './install.mjs'

const args = process.argv.slice(2)
const isDevelopment = args.includes('--dev')
const rest = args.filter((arg) => arg !== '--dev')
const command = rest[0] === 'migrate' ? rest : ['up', ...rest]

requireNode()
try {
  await ensureInstalled()
  if (isDevelopment) watch()
  else await runBuilt()
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

/**
 * The program runs in this very process, not in a child: a Ctrl-C then reaches it once and directly, its exit code is
 * ours, and killing this process leaves nothing behind.
 */
async function runBuilt() {
  const { built, duration_ms } = await build({ ifStale: true })
  if (built) process.stderr.write(`Built what was stale in ${duration_ms} ms.\n`)
  const program = join(root, 'cli', 'bin', 'muster.js')
  process.argv = [process.execPath, program, ...command]
  process.setSourceMapsEnabled(true)
  await import(pathToFileURL(program).href)
}

/** tsx watches what the entry imports, passes signals on and ends its program gracefully before it starts it again. */
function watch() {
  const program = [join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs'), 'watch', '--clear-screen=false']
  const child = spawn(process.execPath, [...program, join(root, 'cli', 'src', 'muster.ts'), ...command], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.once('exit', (code) => {
    process.exitCode = code ?? 1
  })
}
