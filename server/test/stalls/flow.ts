/**
 * Sends inputs to a measured server, several at once. Time is measured in windows, each with the inputs that were under way
 * in it. Goals go on after their request is answered: they are under way until their tasks have come to rest, while other
 * inputs are sent.
 */

import { setTimeout } from 'node:timers/promises'
import type { StallInput, StallRequest } from './requests.ts'
import type { Failure } from './run.ts'
import type { MeasuredServer } from './server.ts'

export interface Window {
  readonly max_ms: number
  readonly inputs: readonly StallInput[]
}

export interface Flow {
  /** Ends when all of them have come to rest, and the last window is measured. */
  send(inputs: Iterable<StallInput>, signal?: AbortSignal): Promise<void>
  readonly failures: readonly Failure[]
  readonly fields: ReadonlyMap<string, { readonly inputs: number; readonly accepted: number }>
  refused(): number
}

const requests_at_once = 12
const goals_at_once = 24
const window_inputs = 24
/** Between two rounds over the goals, so that looking at them is not what the server is busy with. */
const look_every_ms = 250
const moving = ['ready', 'running', 'in_review'] as const

interface Answered {
  readonly status: number
  readonly data: unknown
}

export function createFlow(server: MeasuredServer, told: (window: Window) => void): Flow {
  const failures: Failure[] = []
  const fields = new Map<string, { inputs: number; accepted: number }>()
  const windows = createWindows(server, told)
  const goals = createGoals(server)
  let refused = 0

  const note = (input: StallInput, status: number): void => {
    const counts = fields.get(input.field) ?? { inputs: 0, accepted: 0 }
    fields.set(input.field, { inputs: counts.inputs + 1, accepted: counts.accepted + (status < 300 ? 1 : 0) })
    if (status === 503) refused++
    else if (status >= 500) failures.push({ input, status })
  }
  const perform = async (input: StallInput): Promise<void> => {
    windows.begin(input)
    const { status, data } = await sent(server, input)
    note(input, status)
    const id = input.runs && status < 300 ? (data as { readonly id: string }).id : undefined
    if (id === undefined) return windows.end(input)
    await goals.add(id, () => windows.end(input))
  }
  return {
    failures,
    fields,
    refused: () => refused,
    async send(inputs, signal) {
      await windows.open()
      const rest = inputs[Symbol.iterator]()
      const one = async (): Promise<void> => {
        for (let next = rest.next(); !next.done && !signal?.aborted; next = rest.next()) await perform(next.value)
      }
      await Promise.all(Array.from({ length: requests_at_once }, one))
      await goals.ended()
      await windows.close()
    },
  }
}

/** A request and those that follow it; the last answer, or the first that is no success. */
async function sent(server: MeasuredServer, request: StallRequest): Promise<Answered> {
  const answer = await server.send(request.method, request.path, request.body)
  const next = answer.status < 300 ? request.next?.(answer.data) : undefined
  return next ? sent(server, next) : answer
}

/** Measures each time that so many inputs have ended. */
function createWindows(server: MeasuredServer, told: (window: Window) => void) {
  const under_way = new Set<StallInput>()
  /** More than one only while the server is asked, when an input may belong to either. */
  const open = new Set([new Set<StallInput>()])
  let ended = 0
  let last: Promise<void> = Promise.resolve()

  const measure = async (): Promise<void> => {
    const [inputs] = open
    open.add(new Set(under_way))
    const { max_ms } = await server.delays()
    if (!inputs) return
    open.delete(inputs)
    told({ max_ms, inputs: [...inputs] })
  }
  return {
    open: () => server.delays(),
    begin(input: StallInput): void {
      under_way.add(input)
      for (const inputs of open) inputs.add(input)
    },
    async end(input: StallInput): Promise<void> {
      under_way.delete(input)
      ended++
      if (ended % window_inputs === 0) last = last.then(measure)
      await last
    },
    async close(): Promise<void> {
      await last
      await measure()
    },
  }
}

/** Looks at one goal after the other until each has come to rest. */
function createGoals(server: MeasuredServer) {
  const moving_goals = new Map<string, () => Promise<void>>()
  let watching: Promise<void> = Promise.resolve()
  let is_watching = false
  const room: (() => void)[] = []

  const look = async (): Promise<void> => {
    is_watching = true
    while (moving_goals.size > 0) {
      await setTimeout(look_every_ms)
      for (const [id, end] of moving_goals) {
        if (await moves(server, id)) continue
        moving_goals.delete(id)
        await end()
        room.shift()?.()
      }
    }
    is_watching = false
  }
  return {
    /** Waits while there are too many. */
    async add(id: string, end: () => Promise<void>): Promise<void> {
      moving_goals.set(id, end)
      if (!is_watching) watching = look()
      if (moving_goals.size > goals_at_once) await new Promise<void>((resolve) => room.push(resolve))
    },
    ended: () => watching,
  }
}

async function moves(server: MeasuredServer, goal_id: string): Promise<boolean> {
  const { data } = await server.send('GET', `/goals/${goal_id}`)
  const { counts } = data as { readonly counts: Partial<Record<string, number>> }
  return moving.some((status) => (counts[status] ?? 0) > 0)
}
