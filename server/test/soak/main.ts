/** `npm run soak`: runs the built program for a while and says whether its memory stays where it is. CONTRIBUTING.md has the options. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { startServer } from '../kill/stage/server.ts'
import { build, root, startPostgres } from '../kill/tools.ts'
import { steadyLoad } from './load.ts'
import { sampleLine, takeSample } from './sample.ts'
import { rateOf, type Sample, trendsOf } from './trend.rules.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    database: { type: 'string', default: 'embedded' },
    load: { type: 'string', default: 'idle' },
    heap: { type: 'string' },
    /** What an idle process may do in a minute: heartbeats, and the reading of its metrics twice. */
    'transactions-max': { type: 'string', default: '30' },
  },
})
const every_ms = 30_000
const warm_up_share = 0.25

const say = (text: string): void => void process.stdout.write(`${text}\n`)

await build({ ifStale: true })
const postgres = values.database === 'postgres' ? await startPostgres() : undefined
const directory = mkdtempSync(join(tmpdir(), 'muster-soak-'))
try {
  process.exitCode = await soak()
} finally {
  await postgres?.stop()
  rmSync(directory, { recursive: true, force: true })
}

async function soak(): Promise<number> {
  const server = startServer({
    program: join(root, 'cli/bin/muster.js'),
    directory,
    environment: {
      ...(postgres && { DATABASE_URL: postgres.url }),
      ...(values.heap && { NODE_OPTIONS: `--max-old-space-size=${values.heap}` }),
    },
    arming: undefined,
  })
  const address = await server.address
  if (address === undefined) throw new Error('it ended as it started')
  const key = readFileSync(join(directory, 'first-key'), 'utf8').trim()
  const stopping = new AbortController()
  const load = values.load === 'steady' ? steadyLoad({ address, key, signal: stopping.signal }) : undefined
  const ended = server.ended.then(() =>
    Promise.reject(new Error(`It ended: ${readFileSync(join(directory, 'log'), 'utf8').slice(-2_000)}`)),
  )
  try {
    const samples = await Promise.race(
      [sampled(address, key), ended, load?.then(() => [])].filter((one) => one !== undefined),
    )
    return verdict(samples)
  } finally {
    stopping.abort()
    ended.catch(() => {})
    await load?.catch(() => {})
    server.signal('SIGTERM')
    await server.ended
  }
}

async function sampled(address: string, key: string): Promise<readonly Sample[]> {
  const client = postgres && new pg.Client({ connectionString: postgres.url })
  await client?.connect()
  const measured = { address, key, began_at: Date.now(), postgres: client }
  const samples: Sample[] = []
  for (const until = Date.now() + Number(values.minutes) * 60_000; Date.now() <= until; await delay(every_ms)) {
    const sample = await takeSample(measured)
    say(sampleLine(sample, samples.at(-1)))
    samples.push(sample)
  }
  await client?.end()
  return samples
}

function verdict(samples: readonly Sample[]): number {
  const warm_up_min = Number(values.minutes) * warm_up_share
  const trends = trendsOf(samples, { warm_up_min })
  const mb = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(2)} MB`
  for (const { what, mean_bytes, bytes_a_minute, growth_bytes, is_flat } of trends)
    say(
      `${what}: mean ${mb(mean_bytes)}, ${mb(bytes_a_minute)} a minute, ${mb(growth_bytes)} in all: ${is_flat ? 'flat' : 'NOT FLAT'}`,
    )
  const a_minute = rateOf(samples, { of: ({ transactions }) => transactions, warm_up_min })
  const is_idle = values.load !== 'idle' || (a_minute !== undefined && a_minute <= Number(values['transactions-max']))
  say(
    `transactions a minute: ${a_minute?.toFixed(1) ?? 'not measured'}${is_idle ? '' : `, and an idle process may begin ${values['transactions-max']}`}`,
  )
  return trends.every(({ is_flat }) => is_flat) && is_idle ? 0 : 1
}
