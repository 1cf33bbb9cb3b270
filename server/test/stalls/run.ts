import fc from 'fast-check'
import { type StallInput, stallInputs } from './inputs.ts'
import { type MeasuredServer, startMeasured } from './server.ts'

export interface StallsOptions {
  readonly inputs: number
  readonly seed: number
  say?(line: string): void
}

export interface Stall {
  readonly input: StallInput
  readonly max_ms: number
}

export interface StallsResult {
  readonly inputs: number
  /** The worst of the batches' own. */
  readonly p99_ms: number
  /** Of inputs sent alone, where a batch was slow. */
  readonly max_ms: number
  /** Inputs that kept the main thread too long, each time that they were sent. */
  readonly stalls: readonly Stall[]
  /** Answers that are a mistake of the server's. */
  readonly failures: readonly { readonly input: StallInput; readonly status: number }[]
}

/** No input may keep the main thread from answering for longer. */
export const stall_ms_max = 100
const batch_size = 16
const at_once = 4
/** The first of each kind of request compiles the code that it needs. */
const warm_up_inputs = 150
const alone_tries = 3

/** Sends generated inputs to a server and measures how long its main thread was kept busy by each. */
export async function runStalls({ inputs, seed, say = () => {} }: StallsOptions): Promise<StallsResult> {
  await using server = await startMeasured()
  const place = await placeIn(server)
  const arbitrary = stallInputs(place)
  const failures: { input: StallInput; status: number }[] = []
  const perform = async (input: StallInput): Promise<void> => {
    const status = await sent(server, input)
    if (status >= 500 && status !== 503) failures.push({ input, status })
  }
  for (const input of fc.sample(arbitrary, { numRuns: warm_up_inputs, seed: seed + 1 })) await perform(input)
  const stalls: Stall[] = []
  const [p99s, maxima]: [number[], number[]] = [[], []]
  for (let done = 0; done < inputs; done += batch_size) {
    const batch = fc.sample(arbitrary, { numRuns: Math.min(batch_size, inputs - done), seed: seed + 2 + done })
    await server.delays()
    await sideBySide(batch, perform)
    const { p99_ms, max_ms } = await server.delays()
    p99s.push(p99_ms)
    if (max_ms <= stall_ms_max) maxima.push(max_ms)
    else
      for (const stall of await alone(server, batch, perform)) {
        maxima.push(stall.max_ms)
        if (stall.max_ms > stall_ms_max) stalls.push(stall)
      }
    if (done % (20 * batch_size) === 0)
      say(`${done} inputs, worst ${Math.max(0, ...maxima).toFixed(1)} ms, ${stalls.length} stalls`)
  }
  return { inputs, p99_ms: percentile(p99s, 0.99), max_ms: Math.max(0, ...maxima), stalls, failures }
}

/** Each input of a batch by itself, as often as it takes to tell its own delay from what else the process does. */
async function alone(
  server: MeasuredServer,
  batch: readonly StallInput[],
  perform: (input: StallInput) => Promise<void>,
): Promise<readonly Stall[]> {
  const found: Stall[] = []
  for (const input of batch) {
    let least = Number.POSITIVE_INFINITY
    for (let tries = 0; tries < alone_tries && least > stall_ms_max; tries++) {
      await server.delays()
      await perform(input)
      least = Math.min(least, (await server.delays()).max_ms)
    }
    found.push({ input, max_ms: least })
  }
  return found
}

async function sideBySide(batch: readonly StallInput[], perform: (input: StallInput) => Promise<void>): Promise<void> {
  const pending = [...batch]
  const worker = async (): Promise<void> => {
    for (let next = pending.shift(); next; next = pending.shift()) await perform(next)
  }
  await Promise.all(Array.from({ length: at_once }, worker))
}

async function placeIn(server: MeasuredServer) {
  const project = await server.send('POST', '/projects', { name: 'Stalls' })
  const agent = await server.send('POST', '/agents', { name: 'stalls', capabilities: ['noop'] })
  return { project_id: (project.data as { id: string }).id, agent_id: (agent.data as { id: string }).id }
}

/** Sends one, and where it stated a goal waits until its task has come as far as it goes by itself. */
async function sent(server: MeasuredServer, { method, path, body, runs }: StallInput): Promise<number> {
  const { status, data } = await server.send(method, path, body)
  if (!runs || status >= 300) return status
  const { id } = data as { id: string }
  for (;;) {
    const { data: view } = await server.send('GET', `/goals/${id}/tasks`)
    const tasks = (view as { items?: readonly { status: string }[] } | undefined)?.items ?? []
    if (tasks.every((task) => !['ready', 'running', 'in_review'].includes(task.status))) return status
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
