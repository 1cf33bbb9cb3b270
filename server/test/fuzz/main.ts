/** `npm run fuzz`: sends generated requests to the built program and says which are answered with a 5xx. CONTRIBUTING.md has the options. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startServer } from '../kill/stage/server.ts'
import { build, root, startPostgres } from '../kill/tools.ts'
import { runFuzz } from './run.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    /** The number of the first request. */
    from: { type: 'string', default: '0' },
    database: { type: 'string', default: 'embedded' },
  },
})
const log_characters = 2_000
const say = (text: string): void => void process.stdout.write(`${text}\n`)

await build({ ifStale: true })
const postgres = values.database === 'postgres' ? await startPostgres() : undefined
const directory = mkdtempSync(join(tmpdir(), 'muster-fuzz-'))
const server = startServer({
  program: join(root, 'cli/bin/muster.js'),
  directory,
  environment: postgres ? { DATABASE_URL: postgres.url } : {},
  arming: undefined,
})
try {
  process.exitCode = await fuzz()
} finally {
  server.signal('SIGTERM')
  await server.ended
  await postgres?.stop()
  rmSync(directory, { recursive: true, force: true })
}

async function fuzz(): Promise<number> {
  const address = await server.address
  if (address === undefined) throw new Error('it ended as it started')
  const key = readFileSync(join(directory, 'first-key'), 'utf8').trim()
  const options = {
    address,
    key,
    seed: Number(values.seed),
    from: Number(values.from),
    requests: Number(values.requests),
  }
  const { counts, failures } = await runFuzz({ ...options, say, isRunning: () => server.listening !== undefined })
  const has_ended = server.listening === undefined
  if (has_ended || failures > 0) say(readFileSync(join(directory, 'log'), 'utf8').slice(-log_characters))
  const sorted = [...counts].sort(([one], [other]) => one - other)
  const sum = sorted.reduce((total, [, count]) => total + count, 0)
  say(`seed ${values.seed}: ${sum} requests, ${sorted.map(([status, count]) => `${count} × ${status}`).join(', ')}`)
  say(`${failures} × 5xx or no answer${has_ended ? '; the process has ended' : ''}`)
  return failures > 0 || has_ended ? 1 : 0
}
