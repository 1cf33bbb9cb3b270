import { createAgent, putPersona } from '@muster/contract/agents/operations'
import { createChatCompletion } from '@muster/contract/gateway/call.operations'
import { createModel, listAttempts, putModel } from '@muster/contract/gateway/model.operations'
import type { ModelTarget } from '@muster/contract/gateway/models'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import type { Client } from '@muster/sdk/client'

/** A target of a test's model, at no price unless one is said. */
export const leadsTo = (provider: string, model: string, more: Partial<ModelTarget> = {}): ModelTarget => ({
  provider,
  model,
  weight: 1,
  output_tokens_max: 1_000,
  prices: { uncached: 0, output: 0 },
  ...more,
})

const said = (content: string) => [{ role: 'user' as const, content }]

/** Providers, a model in three versions, and calls that went well and that did not. Nothing outside is asked. */
export async function modelFixtures(
  client: Client,
): Promise<{ readonly model_name: string; readonly call_id: string; readonly model_agent_id: string }> {
  // A port that nothing listens on, at an address that models may not lead to: refused before anything is sent.
  const base_url = 'http://127.0.0.1:9/v1'
  await client.call(createProvider, {
    body: { name: 'town-hall', kind: 'openai', base_url, api_key: 'sk-of-the-town' },
  })
  await client.call(createProvider, {
    body: { name: 'over-the-sea', kind: 'anthropic', base_url: 'https://models.invalid' },
  })
  const prices = { uncached: 150_000, cache_read: 15_000, output: 600_000 }
  const near = leadsTo('town-hall', 'letters-large', { prices, weight: 3 })
  const far = leadsTo('over-the-sea', 'prose-4-of-the-spring', { prices: { uncached: 3_000_000, output: 15_000_000 } })
  const model_name = 'clerk'
  const {
    name: _name,
    version: _version,
    created_at: _created,
    versioned_at: _versioned,
    ...first
  } = await client.call(createModel, { body: { name: model_name, targets: [near], retries: 0 } })
  const put = (more: object) => client.call(putModel, { params: { name: model_name }, body: { ...first, ...more } })
  await put({ targets: [near, far] })
  await put({ targets: [near, { ...far, weight: 0 }], fallbacks: ['offline'] })
  await client.call(createModel, { body: { name: 'careful', targets: [far], on_client_gone: 'drain' } })
  const body = { messages: said('Which letters wait? The letters about Mill Lane wait since May. The others do not.') }
  for (const model of ['offline', model_name, 'offline'])
    await client.call(createChatCompletion, { body: { ...body, model }, query: {} })
  const [newest] = (await client.call(listAttempts, { query: { limit: 1, model: 'offline' } })).items
  return { model_name, call_id: newest?.id ?? '', model_agent_id: await thinker(client) }
}

/** An agent that thinks, with a persona in two versions. */
async function thinker(client: Client): Promise<string> {
  const { id } = await client.call(createAgent, {
    body: {
      name: 'Thinker of the letters desk',
      runtime: 'model',
      capabilities: ['weigh'],
      description: 'Weighs one answer against another.',
      persona: { template: 'analyst' },
      model: {
        alias: 'clerk',
        tools: ['keywords', 'summarize'],
        may_ask: true,
        steps_max: 12,
        output_tokens_max: 2_000,
        cost_micro_usd_max: 250_000,
      },
    },
  })
  await client.call(putPersona, { params: { id }, body: { template: 'tester' } })
  return id
}
