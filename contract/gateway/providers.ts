import { z } from 'zod'
import { providerId } from '../ids.ts'
import { listOf, listQuery } from '../lists.ts'
import { count, type Data, providerName, text, timestamp } from '../values.ts'
import { gatewayLimits } from './limits.ts'

/** The wires that providers speak. */
export const providerKinds = ['openai', 'anthropic', 'gemini'] as const
export type ProviderKind = (typeof providerKinds)[number]

const baseUrl = text({ min: 1, max: gatewayLimits.provider_url_characters_max }).regex(
  /^https?:\/\//,
  'must begin with http:// or https://',
)
const apiKey = text({ min: 1, max: gatewayLimits.provider_key_characters_max }).regex(
  /^[\x21-\x7e]+$/,
  'must be visible ASCII characters',
)

/** A provider of models. Its key is kept encrypted and is never given out. */
export const provider = z.object({
  id: providerId,
  name: providerName,
  kind: z.enum(providerKinds).describe('openai: any API that speaks OpenAI’s wire.'),
  base_url: z.string(),
  has_key: z.boolean(),
  created_at: timestamp,
  changed_at: timestamp,
})
export type Provider = Data<z.output<typeof provider>>

/** A new provider, with its key. */
export const providerCreate = z.strictObject({
  name: providerName,
  kind: z.enum(providerKinds),
  base_url: baseUrl.describe(
    'Up to where the paths of its API begin: https://api.openai.com/v1, https://api.anthropic.com.',
  ),
  api_key: apiKey.optional().describe('Kept encrypted; no answer ever holds it.'),
})
export type ProviderCreate = Data<z.output<typeof providerCreate>>

/** What of a provider is changed; fields that are absent stay. */
export const providerPatch = z
  .strictObject({
    base_url: baseUrl.optional().describe('Another one wipes the key, unless a key comes with it.'),
    api_key: apiKey.nullable().optional().describe('null removes it.'),
  })
  .refine((body) => Object.keys(body).length > 0, { error: 'must change something', path: ['base_url'] })
export type ProviderPatch = Data<z.output<typeof providerPatch>>

/** A page of providers. */
export const providerQuery = z.strictObject(listQuery)
/** A page of providers. */
export const providerList = listOf(provider)

/** What a provider says when its list of models is asked for. */
export const providerTested = z.object({
  works: z.boolean(),
  ms: count,
  models: z.array(z.string()).describe('At most 200 of the models it names.'),
  problem: z.string().optional().describe('What went wrong, where it does not work.'),
})

/** A server of models on the machine that Muster runs on: what of it a provider is made with, and what it has. */
export const providersDiscovered = z.object({
  allowed: z.boolean().describe('False: MUSTER_MODEL_ADDRESSES does not allow loopback, so nothing was looked for.'),
  items: z.array(
    z.object({
      name: providerName.describe('What usually listens there.'),
      kind: z.enum(providerKinds),
      base_url: z.string(),
      models: z.array(z.string()).describe('At most 200 of the models it names.'),
      provider: z.string().optional().describe('The provider that has this address already.'),
    }),
  ),
})
