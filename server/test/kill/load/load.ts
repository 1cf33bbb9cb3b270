import { EventEmitter, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { createRandom, type Random } from '../random.ts'
import { runAgent } from './agent.ts'
import type { Client } from './client.ts'
import { goalOf } from './goals.ts'
import { stateGoalsForModels } from './planned-goals.ts'

export interface LoadOptions {
  readonly client: Client
  /** The remote agent; absent: none works, and no goal needs one. */
  readonly agent: { readonly client: Client; readonly agent_id: string; readonly capability: string } | undefined
  readonly project_id: string
  readonly seed: number
  /** Whether models are called: what they hold is released a minute after their process is gone. */
  readonly calls_models: boolean
}

export interface Load extends AsyncDisposable {
  /** States goals and does what goes with them; resolves when all of it is answered, also by another process. */
  burst(round: number): Promise<void>
  /** Resolves when the next goal is acknowledged: from then on the installation is at work. */
  flowing(): Promise<void>
  /** Resolves when every burst is answered. */
  drained(): Promise<void>
}

const goals_a_burst = 12
const posters = 4
const pairs_a_burst = 3
const look_ms = 100
/** Most goals are left alone. */
const steerings = [...Array.from({ length: 8 }, () => []), ['cancel'], ['pause', 'resume']] as const

/** What callers do meanwhile: goals of all shapes, answers to approvals, steering, uploads, calls of models, a remote agent. */
export function createLoad(options: LoadOptions): Load {
  const { client, agent, seed } = options
  const stopping = new AbortController()
  const { signal } = stopping
  const bursts = new Set<Promise<void>>()
  const acknowledged = new EventEmitter()
  const standing = [
    agent && runAgent(agent.client, { agent_id: agent.agent_id, random: createRandom(seed, 1), signal }),
    answerApprovals(client, signal),
  ]
  let count = 0

  function burst(round: number): Promise<void> {
    count += 1
    const random = createRandom(seed, round, count)
    const prefix = `r${round}b${count}`
    const lanes = Array.from({ length: posters }, (_, lane) =>
      post(options, { round, random, prefix: `${prefix}p${lane}`, acknowledged }),
    )
    const forModels = options.calls_models && count === 1 ? [stateGoalsForModels(client)] : []
    const done = Promise.all([...lanes, beside(options, `${prefix}x`), ...forModels]).then(() => {})
    bursts.add(done)
    return done.finally(() => bursts.delete(done))
  }

  return {
    burst,
    flowing: async () => void (await once(acknowledged, 'goal')),
    async drained() {
      await Promise.all(bursts)
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.allSettled([...bursts, ...standing])
    },
  }
}

interface Posting {
  readonly round: number
  readonly random: Random
  readonly prefix: string
  readonly acknowledged: EventEmitter
}

async function post(
  { client, agent, project_id }: LoadOptions,
  { round, random, prefix, acknowledged }: Posting,
): Promise<void> {
  for (let number = 0; number < goals_a_burst / posters; number += 1) {
    const title = `${prefix}n${number}`
    const { body, stated } = goalOf({ project_id, title, round, remote: agent?.capability, random })
    const { outcome, data } = await client.settle({
      method: 'POST',
      path: '/api/v1/goals',
      body,
      about: { goal: stated },
    })
    if (outcome !== 'ok') continue
    acknowledged.emit('goal')
    const { id } = data as { readonly id: string }
    await steer(client, id, random.pick(steerings))
  }
}

/** What was paused is resumed, whatever became of the first tries. */
async function steer(client: Client, goal_id: string, actions: readonly string[]): Promise<void> {
  for (const action of actions)
    for (;;) {
      const path = `/api/v1/goals/${goal_id}/${action}`
      const { outcome } = await client.settle({ method: 'POST', path, body: {}, about: { goal_id, action } })
      if (outcome === 'ok' || outcome === 'refused') break
    }
}

/** Uploads and calls of the offline model, in turn. */
async function beside({ client, project_id, calls_models }: LoadOptions, prefix: string): Promise<void> {
  for (let number = 0; number < pairs_a_burst; number += 1) {
    const name = `${prefix}n${number}`
    await upload(client, { project_id, name })
    if (calls_models)
      await client.once({
        method: 'POST',
        path: '/v1/chat/completions',
        body: { model: 'offline', messages: [{ role: 'user', content: `Say something about ${name}.` }] },
        headers: { 'x-muster-project': project_id },
      })
  }
}

async function upload(
  client: Client,
  { project_id, name }: { readonly project_id: string; readonly name: string },
): Promise<void> {
  const content = `content of ${name}`
  const body = new FormData()
  body.set('project_id', project_id)
  body.set('file', new File([content], `${name}.txt`, { type: 'text/plain' }))
  await client.settle({ method: 'POST', path: '/api/v1/artifacts', body, about: { content } })
}

interface OpenApproval {
  readonly id: string
  readonly task_id?: string
  readonly options: readonly string[]
}

/** Approves whatever is open, and answers what agents ask. */
async function answerApprovals(client: Client, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { items } = await client.read<{ items: readonly OpenApproval[] }>('/api/v1/hitl?limit=100')
    for (const { id, task_id, options } of items) {
      const action = options.includes('answer') ? 'answer' : 'approve'
      const body = action === 'answer' ? { action, comment: 'Yes, it may.' } : { action }
      const about = { action, ...(task_id && { task_id }) }
      await client.settle({ method: 'POST', path: `/api/v1/hitl/${id}/respond`, body, about })
    }
    await delay(look_ms)
  }
}
