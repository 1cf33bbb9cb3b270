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
 * A remote agent over the API. It completes most of what it claims, fails some and then completes it all the same with the
 * old token, as an agent does that was cut off for a while; asks a person; and never hears of a claim whose answer was lost.
 */
export async function runAgent(
  client: Client,
  { agent_id, random, signal }: { readonly agent_id: string; readonly random: Random; readonly signal: AbortSignal },
): Promise<void> {
  const failed: Claimed[] = []
  while (!signal.aborted) {
    const call = await client.once({
      method: 'POST',
      path: '/api/v1/worker/claim',
      body: { agent_id, max: 4, wait_ms: 200 },
    })
    const runs = call.outcome === 'ok' ? claimedBy(call) : []
    // The task is another run's by now, and the token of that one is higher.
    for (const run of failed.filter(({ task_id }) => runs.some((one) => one.task_id === task_id)))
      await complete(client, run, { late: true })
    for (const run of runs) await work(client, { run, random, failed })
    if (runs.length === 0) await delay(idle_ms)
  }
}

const claimedBy = ({ data }: Call): readonly Claimed[] => (data as { readonly runs: readonly Claimed[] }).runs

async function work(
  client: Client,
  { run, random, failed }: { readonly run: Claimed; readonly random: Random; readonly failed: Claimed[] },
): Promise<void> {
  const { run_id, token } = run
  const about = { ...run }
  const held = { run_id, token }
  if (random.chance(0.2))
    await client.settle({ method: 'POST', path: '/api/v1/worker/heartbeat', body: { runs: [held] }, about })
  const share = random.next()
  if (share < 0.3 && token === 1) {
    failed.push(run)
    const body = { ...held, retryable: true, error: { code: 'flaky', message: 'It fails the first time.' } }
    await client.settle({ method: 'POST', path: '/api/v1/worker/fail', body, about })
  } else if (share < 0.4 && token === 1) {
    const body = { ...held, question: 'May it go on?', checkpoint: { at: 'here' } }
    await client.settle({ method: 'POST', path: '/api/v1/worker/ask', body, about })
  } else await complete(client, run, { done: true })
}

function complete(client: Client, run: Claimed, output: unknown): Promise<Call> {
  const { run_id, token } = run
  const body = { run_id, token, output, usage: { cost_micro_usd: 7, tokens: 7 } }
  return client.settle({ method: 'POST', path: '/api/v1/worker/complete', body, about: { ...run } })
}
