import fc from 'fast-check'
import { createFlow, type Window } from './flow.ts'
import { stallInputs } from './inputs.ts'
import type { StallInput, StallPlace } from './requests.ts'
import { type MeasuredServer, startMeasured } from './server.ts'

export interface StallsOptions {
  readonly inputs: number
  readonly seed: number
  /** The built program instead of the source. */
  readonly is_built?: boolean
  /** Ends it early: what was sent until then counts. */
  readonly signal?: AbortSignal
  say?(line: string): void
}

export interface Stall {
  readonly input: StallInput
  readonly max_ms: number
}

export interface Failure {
  readonly input: StallInput
  readonly status: number
}

export interface StallsResult {
  readonly inputs: number
  /** Of all ticks while the inputs were sent. */
  readonly p99_ms: number
  /** The longest of all, of whatever inputs were under way at that time. */
  readonly max_ms: number
  /** Windows in which the main thread was busy for too long; what was under way in these was sent again, each by itself. */
  readonly slow_windows: number
  /** Inputs that kept the main thread too long each time that they were sent by themselves. */
  readonly stalls: readonly Stall[]
  /** Answers of 5xx that are a mistake of the server's. */
  readonly failures: readonly Failure[]
  /** Answers of 503: the server said that it is busy. */
  readonly refused: number
  /** How many inputs each field got, and how many of these were accepted. */
  readonly fields: ReadonlyMap<string, { readonly inputs: number; readonly accepted: number }>
}

/** No input may keep the main thread from answering for longer. */
export const stall_ms_max = 100
/** Inputs that are generated together. */
const batch_size = 64
/** The first of each kind of request compiles the code that it needs. */
const warm_up_inputs = 200
const alone_attempts_max = 3
const said_every = 5

/** Sends generated inputs to a server, several at once, and measures how long its main thread was kept busy. */
export async function runStalls({
  inputs,
  seed,
  is_built = false,
  signal,
  say = () => {},
}: StallsOptions): Promise<StallsResult> {
  await using server = await startMeasured({ is_built })
  const arbitrary = stallInputs(await placeIn(server))
  await createFlow(server, () => {}).send(generated(arbitrary, warm_up_inputs, seed + 1))
  say('warm')
  const windows: Window[] = []
  const flow = createFlow(server, (window) => {
    windows.push(window)
    if (windows.length % said_every === 0) say(progress(windows))
  })
  await server.allDelays()
  await flow.send(generated(arbitrary, inputs, seed + 2), signal)
  const { p99_ms, max_ms } = await server.allDelays()
  const slow = windows.filter((window) => window.max_ms > stall_ms_max)
  const suspects = new Set(slow.flatMap((window) => window.inputs))
  say(`${slow.length} windows were slow: ${suspects.size} inputs are sent again, each by itself`)
  const stalls: Stall[] = []
  for (const input of suspects) {
    const own_ms = await aloneMs(server, input)
    if (own_ms > stall_ms_max) stalls.push({ input, max_ms: own_ms })
  }
  const { failures, refused, fields } = flow
  const sent = [...fields.values()].reduce((sum, field) => sum + field.inputs, 0)
  return { inputs: sent, p99_ms, max_ms, slow_windows: slow.length, stalls, failures, refused: refused(), fields }
}

function* generated(arbitrary: fc.Arbitrary<StallInput>, count: number, seed: number): Generator<StallInput> {
  for (let done = 0; done < count; done += batch_size)
    yield* fc.sample(arbitrary, { numRuns: Math.min(batch_size, count - done), seed: seed + done })
}

/** The least of a few tries, which tells an input's own time from what else the process does. */
async function aloneMs(server: MeasuredServer, input: StallInput): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let attempts = 0; attempts < alone_attempts_max && least > stall_ms_max; attempts++)
    await createFlow(server, ({ max_ms }) => {
      least = Math.min(least, max_ms)
    }).send([input])
  return least
}

async function placeIn(server: MeasuredServer): Promise<StallPlace> {
  const made = async (path: string, body: unknown): Promise<string> => {
    const { data } = await server.send('POST', path, body)
    return (data as { readonly id: string }).id
  }
  const project_id = await made('/projects', { name: 'Stalls' })
  const agent_id = await made('/agents', { name: 'stalls', capabilities: ['stalls.reported'] })
  const plan = { tasks: [{ key: 'a', capability: 'noop' }] }
  return { project_id, agent_id, goal_id: await made('/goals', { project_id, title: 'x', plan, start: false }) }
}

function progress(windows: readonly Window[]): string {
  const worst_ms = Math.max(...windows.map(({ max_ms }) => max_ms))
  const slow = windows.filter(({ max_ms }) => max_ms > stall_ms_max).length
  return `${windows.length} windows, the longest ${worst_ms.toFixed(1)} ms, ${slow} slow`
}
