// `npm test`: the whole suite on the embedded database, then again on PostgreSQL, then the page in a browser. Arguments
// that are not ours go to vitest: `npm test -- server/src/modules/judge`. Ours: --coverage, --no-install, and for one part
// alone --db=pglite, --db=postgres or --browser.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { ensureInstalled, requireNode, root } from './install.mjs'

const databases = ['pglite', 'postgres']
const own = /^--(coverage|no-install|browser|db=.*)$/
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
  for (const part of parts()) if (signalled === null) results.push(await part())
  const total = (field) => results.reduce((sum, result) => sum + result[field], 0)
  const [passed, failed] = [total('passed'), total('failed')]
  // A name that fits no file of one part may fit those of another, yet of all parts together it has to fit one.
  const nothing = passed + failed === 0 && !results.some(({ excused }) => excused)
  for (const failure of results.flatMap(({ failures }) => failures ?? [])) process.stdout.write(`${failure}\n`)
  process.stdout.write(`${passed} passed, ${nothing ? 1 : failed} failed\n`)
  process.exitCode = signalled ?? (failed > 0 || nothing ? 1 : 0)
}

function parts() {
  if (args.includes('--browser')) return [inBrowser]
  const onPglite = () => suite({ projects: ['suite', 'programs', 'alone'], database: 'pglite' })
  const databases = { pglite: [onPglite], postgres: [onPostgres] }[wanted] ?? [onPglite, onPostgres, inBrowser]
  return [withBubblewrap, ...databases]
}

/** Command lines are tested with and without it; where it is missing only without. */
async function withBubblewrap() {
  const { obtainBubblewrap } = await import('./setup/bubblewrap.mjs')
  const { remedy, expected } = await obtainBubblewrap({ install: !args.includes('--no-install'), say })
  if (remedy) return { ...withoutIt('command lines in bubblewrap', remedy, expected), excused: false }
  return { passed: 0, failed: 0, excused: false }
}

async function onPostgres() {
  // Imported only here: nothing of it is needed for the embedded run.
  const { obtainPostgres } = await import('./setup/postgres-setup.mjs')
  const postgres = await obtainPostgres({ install: !args.includes('--no-install'), say })
  if (postgres.remedy) return withoutIt('the suite on PostgreSQL', postgres.remedy)
  try {
    say(`Now on ${postgres.from}.`)
    const env = { MUSTER_TEST_DATABASE_URL: postgres.url }
    return await suite({ projects: ['suite', 'programs', 'alone'], database: 'postgres', env })
  } finally {
    await postgres.stop()
  }
}

/** Once, since what the page shows does not depend on the database. */
async function inBrowser() {
  const { obtainChromium } = await import('./setup/chromium.mjs')
  const chromium = await obtainChromium({ install: !args.includes('--no-install'), say })
  if (chromium.remedy) return withoutIt('the page in a browser', chromium.remedy)
  say(`Now the page in ${chromium.from}.`)
  return suite({ projects: ['browser'], database: 'pglite', env: { MUSTER_TEST_CHROMIUM: chromium.path } })
}

function withoutIt(what, remedy, expected = true) {
  const isCi = process.env.CI === 'true' && expected
  say(`${isCi ? 'Failed' : 'Not run'}: ${what}. ${remedy}`)
  return { passed: 0, failed: isCi ? 1 : 0, excused: true }
}

async function suite({ projects, database, env = {} }) {
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-report-'))
  const report = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const chosen = projects.map((name) => `--project=${name}`)
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const words = ['run', '--passWithNoTests', ...chosen, ...reporters, ...coverage(projects, database), ...forVitest]
  try {
    const code = await runChild([vitest, ...words], { ...process.env, ...env, DB: database })
    return counts(report, code, database)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function coverage(projects, database) {
  // What the browser reaches runs in processes of its own, which are not measured.
  if (!args.includes('--coverage') || projects.includes('browser')) return []
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

/**
 * A file that could not be loaded has no test in the report, and an error outside of tests has none either: each counts
 * as one failure. The failures are named again at the end, since the parts that follow print thousands of lines.
 */
function counts(report, code, part) {
  const outside = `Failed on ${part}: an error outside of the tests; it stands in the output of this part.`
  if (!existsSync(report)) return code === 0 ? { passed: 0, failed: 0 } : { passed: 0, failed: 1, failures: [outside] }
  const { numPassedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const failures = testResults.flatMap((file) => failuresOf(file).map((text) => `Failed on ${part}: ${text}`))
  if (failures.length === 0 && code !== 0) failures.push(outside)
  return { passed: numPassedTests, failed: failures.length, failures }
}

function failuresOf({ name, status, message, assertionResults }) {
  const file = relative(root, name)
  const tests = assertionResults.filter((test) => test.status === 'failed')
  if (tests.length === 0) return status === 'failed' ? [`${file}: ${shortened(message)}`] : []
  return tests.map((test) => `${file} › ${test.fullName}: ${shortened(test.failureMessages[0] ?? '')}`)
}

function shortened(text) {
  return text.trim().split('\n').slice(0, 12).join('\n').slice(0, 1_500)
}
