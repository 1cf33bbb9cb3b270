import { setTimeout as delay } from 'node:timers/promises'
import type { Call } from '../evidence.types.ts'
import type { Random } from '../random.ts'
import type { Client } from './client.ts'

interface Claimed {
  readonly run_id: string
  readonly task_id: string
  readonly token: number
}

const idle_ms = 50

/**
 * A remote agent over the API. It completes most of what it claims. Some it fails or asks a person about, the first one in
 * any case, and completes them all the same with the old token once the task is claimed again, as an agent does that was cut
 * off for a while. Of a claim whose answer was lost it never hears.
 */
export async function runAgent(
  client: Client,
  { agent_id, random, signal }: { readonly agent_id: string; readonly random: Random; readonly signal: AbortSignal },
): Promise<void> {
  const given_up: Claimed[] = []
  while (!signal.aborted) {
    const call = await client.once({
      method: 'POST',
      path: '/api/v1/worker/claim',
      body: { agent_id, max: 4, wait_ms: 200 },
    })
    const runs = call.outcome === 'ok' ? claimedBy(call) : []
    // The task is another run's by now, and the token of that one is higher.
    for (const run of given_up.filter(({ task_id }) => runs.some((one) => one.task_id === task_id)))
      await complete(client, run, { late: true })
    for (const run of runs) await work(client, { run, random, given_up })
    if (runs.length === 0) await delay(idle_ms)
  }
}

const claimedBy = ({ data }: Call): readonly Claimed[] => (data as { readonly runs: readonly Claimed[] }).runs

async function work(
  client: Client,
  { run, random, given_up }: { readonly run: Claimed; readonly random: Random; readonly given_up: Claimed[] },
): Promise<void> {
  const { run_id, token } = run
  const about = { ...run }
  const held = { run_id, token }
  const report = (path: string, body: object) =>
    client.settle({ method: 'POST', path: `/api/v1/worker/${path}`, body, about })
  if (random.chance(0.2)) await report('heartbeat', { runs: [held] })
  if (token > 1 || (given_up.length > 0 && random.chance(0.6))) {
    await complete(client, run, { done: true })
    return
  }
  given_up.push(run)
  if (random.chance(0.5)) await report('ask', { ...held, question: 'May it go on?', checkpoint: { at: 'here' } })
  else await report('fail', { ...held, retryable: true, error: { code: 'flaky', message: 'It fails the first time.' } })
}

function complete(client: Client, run: Claimed, output: unknown): Promise<Call> {
  const { run_id, token } = run
  const body = { run_id, token, output, usage: { cost_micro_usd: 7, tokens: 7 } }
  return client.settle({ method: 'POST', path: '/api/v1/worker/complete', body, about: { ...run } })
}
