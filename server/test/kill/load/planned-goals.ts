import { randomUUID } from 'node:crypto'
import type { Client } from './client.ts'

/** Nothing listens there, so each call of the model fails at once. */
const nowhere = 'http://127.0.0.1:9/v1'

/**
 * Goals that a model plans, one for each way in which a queued job ends: a provider that does not answer is tried until the
 * job is given up, and where a budget has no room the job is done at once. Both goals fail, so they have projects of their own.
 */
export async function stateGoalsForModels(client: Client): Promise<void> {
  const name = `planned-${randomUUID().slice(0, 8)}`
  const post = (path: string, body: unknown) => client.settle({ method: 'POST', path, body })
  await post('/api/v1/providers', { name, kind: 'openai', base_url: nowhere, api_key: 'sk-none' })
  const target = { provider: name, model: 'none', prices: { uncached: 1, output: 1 }, output_tokens_max: 100 }
  await post('/api/v1/models', { name, targets: [target], retries: 0 })
  for (const tokens of [undefined, 1]) {
    const { data } = await post('/api/v1/projects', { name: `${name}, ${tokens ?? 'no'} tokens` })
    // The answer of this path has the id of the project; undefined where it was lost for good.
    const project_id = (data as { readonly id: string } | undefined)?.id
    if (tokens) await post('/api/v1/budgets', { scope: { kind: 'project', id: project_id }, window: 'total', tokens })
    await post('/api/v1/goals', { project_id, title: name, strategy: 'model', model: name })
  }
}
