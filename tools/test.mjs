// `npm test`: the whole suite on the embedded database, then again on PostgreSQL. Arguments that are not ours go to
// vitest: `npm test -- server/src/modules/judge`. Ours: --coverage, --no-install, --db=pglite, --db=postgres.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled, requireNode, root } from './install.mjs'

const databases = ['pglite', 'postgres']
const own = /^--(coverage|no-install|db=.*)$/
const args = process.argv.slice(2)
const forVitest = args.filter((arg) => !own.test(arg))
const wanted = args.find((arg) => arg.startsWith('--db='))?.slice('--db='.length)
const say = (text) => process.stderr.write(`${text}\n`)
let running = null
let signalled = null

requireNode()
if (wanted !== undefined && !databases.includes(wanted)) {
  say(`--db=${wanted} is not known; it is one of ${databases.join(', ')}.`)
  process.exit(2)
}
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.on(signal, () => {
    signalled = code
    running?.kill(signal)
  })
}
try {
  await main()
} catch (error) {
  say(error.message)
  process.exitCode = 1
}

async function main() {
  await ensureInstalled()
  const results = []
  if (wanted !== 'postgres') results.push(await suite('pglite', {}))
  if (wanted !== 'pglite' && signalled === null) results.push(await onPostgres())
  const total = (field) => results.reduce((sum, result) => sum + result[field], 0)
  process.stdout.write(`${total('passed')} passed, ${total('failed')} failed\n`)
  process.exitCode = signalled ?? (total('failed') > 0 ? 1 : 0)
}

async function onPostgres() {
  // Imported only here: nothing of it is needed for the embedded run.
  const { obtainPostgres } = await import('./postgres-setup.mjs')
  const postgres = await obtainPostgres({ install: !args.includes('--no-install'), say })
  if (postgres.remedy) {
    const isCi = process.env.CI === 'true'
    say(`${isCi ? 'Failed' : 'Not run'}: the suite on PostgreSQL. ${postgres.remedy}`)
    return { passed: 0, failed: isCi ? 1 : 0 }
  }
  try {
    say(`Now on ${postgres.from}.`)
    return await suite('postgres', { MUSTER_TEST_DATABASE_URL: postgres.url })
  } finally {
    await postgres.stop()
  }
}

async function suite(database, env) {
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-report-'))
  const report = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  try {
    const code = await runChild([vitest, 'run', ...reporters, ...coverage(database), ...forVitest], {
      ...process.env,
      ...env,
      DB: database,
    })
    return counts(report, code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function coverage(database) {
  if (!args.includes('--coverage')) return []
  const included = ['contract', 'sdk/src', 'server/src', 'cli/src'].map(
    (folder) => `--coverage.include=${folder}/**/*.ts`,
  )
  return ['--coverage', `--coverage.reportsDirectory=coverage/${database}`, ...included]
}

function runChild(childArgs, env) {
  return new Promise((resolve, reject) => {
    running = spawn(process.execPath, childArgs, { cwd: root, stdio: 'inherit', env })
    running.once('error', reject)
    running.once('exit', (code) => {
      running = null
      resolve(code ?? 1)
    })
  })
}

/** A file that could not be loaded has no test in the report, and an error outside of tests has none either: each counts as one failure. */
function counts(report, code) {
  if (!existsSync(report)) return { passed: 0, failed: 1 }
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
  const failed = numFailedTests + unloaded
  return { passed: numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed }
}
