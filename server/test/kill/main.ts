/** `npm run kill`: harms the built program in rounds and checks what is left. `CONTRIBUTING.md` says how. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { limits } from '@muster/contract/limits'
import { nearest } from '../../src/platform/text/nearest.ts'
import { buildDefect, type Defect, defects } from './defects.ts'
import { killPoints } from './points.ts'
import { endLine, findingLines, roundLine, summary } from './report.ts'
import { type RunOptions, type RunReport, runRounds } from './rounds.ts'
import { type FaultKind, faultKinds, type Round, scheduleOf } from './schedule.ts'
import { build, root, startPostgres } from './tools.ts'

const patience_ms = 90_000
const defect_rounds = 6
/** Longer than a lease, so that what a remote agent left behind is taken back. */
const defect_patience_ms = limits.lease_ms + 8_000

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string' },
    point: { type: 'string' },
    fault: { type: 'string' },
    database: { type: 'string', default: 'embedded' },
    processes: { type: 'string' },
    defects: { type: 'boolean', default: false },
    defect: { type: 'string' },
    evidence: { type: 'string' },
  },
})

const say = (text: string): void => void process.stdout.write(`${text}\n`)

interface Wanted {
  readonly rounds: number
  readonly seed: number
  readonly database: 'embedded' | 'postgres'
  readonly processes: number
  readonly points: readonly string[]
  readonly kinds: readonly FaultKind[] | undefined
}

try {
  process.exitCode = await main()
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  process.exitCode = 1
}

async function main(): Promise<number> {
  if (values.point === 'list') {
    say(killPoints().join('\n'))
    return 0
  }
  const wanted = readWanted()
  await build({ ifStale: true })
  if (values.defects || values.defect !== undefined) return runDefects(wanted)
  const rounds = scheduleOf(wanted)
  say(`${rounds.length} rounds on ${wanted.database}, ${wanted.processes} at once, seed ${wanted.seed}`)
  const report = await run(wanted, {
    rounds,
    program: join(root, 'cli/bin/muster.js'),
    patience_ms,
    calls_models: true,
    remote: true,
  })
  for (const line of [...summary(report), ...findingLines(report.findings)]) say(line)
  if (values.evidence !== undefined) write(values.evidence, report)
  say(endLine(report, wanted.seed))
  return report.findings.length === 0 ? 0 : 1
}

function readWanted(): Wanted {
  const database = oneOf('--database', values.database, ['embedded', 'postgres'] as const)
  const processes = Number(values.processes ?? (database === 'postgres' ? 2 : 1))
  if (database === 'embedded' && processes !== 1) throw new Error('The embedded database has one process.')
  const all = killPoints()
  const { point } = values
  if (point !== undefined) oneOf('--point', point, all)
  const kinds =
    point !== undefined ? (['kill_point'] as const) : values.fault && [oneOf('--fault', values.fault, faultKinds)]
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000))
  const points = point === undefined ? all : [point]
  return { rounds: Number(values.rounds), seed, database, processes, points, kinds: kinds || undefined }
}

function oneOf<const Word extends string>(option: string, word: string, words: readonly Word[]): Word {
  const found = words.find((one) => one === word)
  if (found === undefined) throw new Error(`${option} has no ${word}; the nearest is ${nearest(word, words)}.`)
  return found
}

async function run(
  { database, processes, seed }: Wanted,
  options: Pick<RunOptions, 'program' | 'patience_ms' | 'calls_models' | 'remote'> & {
    readonly rounds: readonly Round[]
  },
): Promise<RunReport> {
  const postgres = database === 'postgres' ? await startPostgres() : undefined
  try {
    return await runRounds({
      ...options,
      seed,
      processes,
      postgres,
      onRound: (played) => say(roundLine(played, options.rounds.length)),
    })
  } finally {
    await postgres?.stop()
  }
}

/** Each must be caught by its own rule; others may tell of it too. */
async function runDefects(wanted: Wanted): Promise<number> {
  const chosen = defects.filter(({ name }) => values.defect === undefined || name === values.defect)
  if (chosen.length === 0)
    oneOf(
      '--defect',
      values.defect ?? '',
      defects.map(({ name }) => name),
    )
  const results: (readonly [Defect, boolean])[] = []
  for (const defect of chosen) {
    say(`${defect.name}:`)
    const program = await buildDefect(defect)
    const rounds = scheduleOf({ ...wanted, rounds: defect_rounds, kinds: ['kill'] })
    const report = await run(wanted, {
      rounds,
      program,
      patience_ms: defect_patience_ms,
      calls_models: false,
      remote: true,
    })
    const { findings } = report
    if (values.evidence !== undefined) write(join(values.evidence, defect.name), report)
    for (const line of findingLines(findings)) say(line)
    results.push([defect, findings.some(({ rule }) => rule === defect.rule)])
  }
  for (const [{ name, rule }, isCaught] of results) say(`${isCaught ? 'caught' : 'MISSED'}  ${name} (${rule})`)
  return results.every(([, isCaught]) => isCaught) ? 0 : 1
}

function write(folder: string, { evidence, ...report }: RunReport): void {
  mkdirSync(folder, { recursive: true })
  const { documents, uploads, ...rest } = evidence
  const all = { ...rest, documents: [...documents], uploads: [...uploads] }
  writeFileSync(join(folder, 'evidence.json'), JSON.stringify(all))
  writeFileSync(join(folder, 'report.json'), JSON.stringify(report, null, 2))
}
