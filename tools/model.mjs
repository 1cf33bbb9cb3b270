// `npm run test:model`: the model of the state machines drives the services on PostgreSQL, for 10,000 sequences of 50
// operations. --sequences=N plays another number, --seed=N plays a failure again, --no-install refrains from installing.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled, requireNode, root } from './install.mjs'

const args = process.argv.slice(2)
const option = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
const say = (text) => process.stderr.write(`${text}\n`)
const unknown = args.find((arg) => !/^--(sequences=\d+|seed=-?\d+|no-install)$/.test(arg))

requireNode()
if (unknown !== undefined) {
  say(`${unknown} is not known; there are --sequences=N, --seed=N and --no-install.`)
  process.exit(2)
}
await ensureInstalled()
// Imported only here: it needs what was just installed.
const { obtainPostgres } = await import('./setup/postgres-setup.mjs')
const postgres = await obtainPostgres({ install: !args.includes('--no-install'), say })
if (postgres.remedy) {
  say(`Not run: the model needs PostgreSQL. ${postgres.remedy}`)
  process.exit(1)
}
try {
  say(`The model drives the services on ${postgres.from}.`)
  process.exitCode = await play(postgres.url)
} finally {
  await postgres.stop()
}

function play(url) {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const seed = option('seed')
  const env = {
    ...process.env,
    DB: 'postgres',
    MUSTER_TEST_DATABASE_URL: url,
    MUSTER_TEST_SEQUENCES: option('sequences') ?? '10000',
    ...(seed !== undefined && { MUSTER_TEST_SEED: seed }),
  }
  const test = ['run', 'server/test/model/services.test.ts', '--testTimeout=0', '--reporter=verbose']
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, ...test], { cwd: root, stdio: 'inherit', env })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
