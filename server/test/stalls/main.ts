// `npm run test:stalls -- --inputs 20000 --seed 1`: how long generated inputs keep the main thread from answering. With
// `--built`, it is the built program that is measured; with `--large`, bodies at their limits and nothing else. SIGUSR2 ends it early, with the figures
// of what was sent until then.
import { parseArgs } from 'node:util'
import { runLarge } from './large.ts'
import type { StallInput } from './requests.ts'
import { runStalls, stall_ms_max } from './run.ts'

const shown_characters = 300
const { values } = parseArgs({
  options: {
    built: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    inputs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
  },
})
const seed = Number(values.seed)
const started_at = performance.now()
const stopped = new AbortController()
process.once('SIGUSR2', () => stopped.abort())
const say = (line: string): void =>
  void process.stdout.write(`${((performance.now() - started_at) / 1000).toFixed(0)} s: ${line}\n`)
const shown = ({ field, path, body }: StallInput): string =>
  `${field}: ${JSON.stringify(body ?? path).slice(0, shown_characters)}`
process.exitCode = values.large ? await sendLarge() : await sendGenerated()

async function sendLarge(): Promise<number> {
  const results = await runLarge({ is_built: values.built })
  for (const { field, status, max_ms } of results) say(`${field}: ${status}, ${max_ms.toFixed(1)} ms`)
  return results.some(({ max_ms }) => max_ms > stall_ms_max) ? 1 : 0
}

async function sendGenerated(): Promise<number> {
  const result = await runStalls({
    inputs: Number(values.inputs),
    seed,
    is_built: values.built,
    signal: stopped.signal,
    say,
  })
  for (const [field, { inputs, accepted }] of result.fields) say(`${field}: ${inputs} inputs, ${accepted} accepted`)
  for (const { input, max_ms } of result.stalls) say(`${max_ms.toFixed(1)} ms: ${shown(input)}`)
  for (const { input, status } of result.failures) say(`${status}: ${shown(input)}`)
  const { inputs, p99_ms, max_ms, slow_windows, stalls, failures, refused } = result
  say(
    `seed ${seed}: ${inputs} inputs, p99 ${p99_ms.toFixed(1)} ms, max ${max_ms.toFixed(1)} ms, windows over ${stall_ms_max} ms: ${slow_windows}, inputs over it alone: ${stalls.length}, 5xx: ${failures.length}, 503: ${refused}`,
  )
  return stalls.length + failures.length > 0 ? 1 : 0
}
