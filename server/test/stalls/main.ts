// `npm run test:stalls -- --inputs 20000 --seed 1`: how long generated inputs keep the main thread from answering.
import { parseArgs } from 'node:util'
import { runStalls, stall_ms_max } from './run.ts'

const shown_characters = 300
const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
})
const seed = Number(values.seed)
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const { inputs, p99_ms, max_ms, stalls, failures } = await runStalls({ inputs: Number(values.inputs), seed, say })
for (const { input, max_ms: own_ms } of stalls)
  say(`${own_ms.toFixed(1)} ms: ${input.field}: ${JSON.stringify(input.body ?? input.path).slice(0, shown_characters)}`)
for (const { input, status } of failures)
  say(`${status}: ${input.field}: ${JSON.stringify(input.body ?? input.path).slice(0, shown_characters)}`)
say(
  `seed ${seed}: ${inputs} inputs, p99 ${p99_ms.toFixed(1)} ms, max ${max_ms.toFixed(1)} ms, over ${stall_ms_max} ms: ${stalls.length}, 5xx: ${failures.length}`,
)
process.exitCode = stalls.length + failures.length > 0 ? 1 : 0
