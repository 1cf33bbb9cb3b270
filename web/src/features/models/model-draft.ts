import {
  type Model,
  type ModelDefinition,
  type ModelTarget,
  modelDefinition,
  type TokenPrices,
} from '@muster/contract/gateway/models'
import { limits } from '@muster/contract/limits'
import { tableOf } from '@muster/contract/platform/objects'
import { dollarsOf, microUsdOf } from '../../components/dollars.ts'

/** The classes of tokens that a price is stated for, and what stands for one that is left out. */
export const tokenClasses = [
  { name: 'uncached', label: 'Input' },
  { name: 'output', label: 'Output' },
  { name: 'cache_read', label: 'Cache read', price_of: 'input' },
  { name: 'cache_write', label: 'Cache write', price_of: 'input' },
  { name: 'reasoning', label: 'Reasoning', price_of: 'output' },
] as const satisfies readonly { readonly name: keyof TokenPrices; readonly label: string; readonly price_of?: string }[]
export type TokenClass = (typeof tokenClasses)[number]['name']

export const timeouts = [
  { name: 'connect_ms', label: 'Connect' },
  { name: 'first_token_ms', label: 'First token' },
  { name: 'idle_ms', label: 'Idle timeout' },
  { name: 'total_ms', label: 'Total' },
] as const
export type TimeoutName = (typeof timeouts)[number]['name']

/** A target as it is typed: all of it text, until it is read as a whole. */
export interface TargetDraft {
  readonly id: number
  readonly provider: string
  readonly model: string
  readonly weight: string
  readonly prices: Readonly<Record<TokenClass, string>>
  readonly output_tokens_max: string
}

export interface ModelDraft {
  readonly name: string
  readonly targets: readonly TargetDraft[]
  /** The id of the target that all calls go to; null: by weight. */
  readonly pinned: number | null
  readonly fallbacks: readonly string[]
  readonly retries: string
  /** In seconds. */
  readonly timeouts: Readonly<Record<TimeoutName, string>>
  readonly on_client_gone: ModelDefinition['on_client_gone']
  readonly on_broken_stream: ModelDefinition['on_broken_stream']
  /** In seconds; empty: each call is asked. */
  readonly cache: string
}

/** What is wrong, by the place of the field: `targets.0.prices.output`. */
export type Problems = ReadonlyMap<string, string>

let lastTargetId = 0

export function newTarget(provider = ''): TargetDraft {
  lastTargetId += 1
  const prices = { uncached: '', output: '', cache_read: '', cache_write: '', reasoning: '' }
  const output_tokens_max = String(limits.model_output_tokens_default)
  return { id: lastTargetId, provider, model: '', weight: '1', prices, output_tokens_max }
}

/** A draft that begins with a version, or with nothing but the defaults. */
export function draftOf(model: Model | undefined): ModelDraft {
  if (model === undefined) return emptyDraft()
  const targets = model.targets.map(draftOfTarget)
  const at = model.targets.findIndex(
    ({ provider, model: name }) => provider === model.pin?.provider && name === model.pin.model,
  )
  return {
    name: model.name,
    targets,
    pinned: targets[at]?.id ?? null,
    fallbacks: model.fallbacks,
    retries: String(model.retries),
    timeouts: inSeconds(model.timeouts),
    on_client_gone: model.on_client_gone,
    on_broken_stream: model.on_broken_stream,
    cache: model.cache === undefined ? '' : String(model.cache.ttl_ms / 1000),
  }
}

/** What a draft says, or what is wrong with it. */
export function definitionOf(
  draft: ModelDraft,
): { readonly definition: ModelDefinition } | { readonly problems: Problems } {
  const problems = new Map<string, string>()
  const whole = (place: string, text: string): number => {
    if (!/^\s*\d{1,9}\s*$/.test(text)) problems.set(place, 'Enter a whole number')
    return Number(text)
  }
  const raw = {
    targets: draft.targets.map((target, at) => ({
      provider: target.provider,
      model: target.model.trim(),
      weight: whole(`targets.${at}.weight`, target.weight),
      output_tokens_max: whole(`targets.${at}.output_tokens_max`, target.output_tokens_max),
      prices: pricesOf(target, { at, problems }),
    })),
    ...pinOf(draft),
    fallbacks: draft.fallbacks,
    retries: whole('retries', draft.retries),
    timeouts: timeoutsOf(draft, problems),
    on_client_gone: draft.on_client_gone,
    on_broken_stream: draft.on_broken_stream,
    ...(draft.cache.trim() !== '' && { cache: { ttl_ms: msOf('cache', draft.cache, problems) } }),
  }
  const result = modelDefinition.safeParse(raw)
  if (problems.size === 0 && result.success) return { definition: result.data }
  for (const { path, message } of result.error?.issues ?? []) {
    const place = path.join('.')
    if (!problems.has(place)) problems.set(place, message)
  }
  return { problems }
}

function emptyDraft(): ModelDraft {
  return {
    name: '',
    targets: [newTarget()],
    pinned: null,
    fallbacks: [],
    retries: String(limits.model_retries_default),
    timeouts: inSeconds({
      connect_ms: limits.model_connect_ms_default,
      first_token_ms: limits.model_first_token_ms_default,
      idle_ms: limits.model_idle_ms_default,
      total_ms: limits.model_total_ms_default,
    }),
    on_client_gone: 'cancel',
    on_broken_stream: 'error',
    cache: '',
  }
}

function draftOfTarget({ provider, model, weight, prices, output_tokens_max }: ModelTarget): TargetDraft {
  return {
    ...newTarget(provider),
    model,
    weight: String(weight),
    output_tokens_max: String(output_tokens_max),
    prices: tableOf(
      tokenClasses.map(({ name }) => name),
      (name) => {
        const price = prices[name]
        return price === undefined ? '' : dollarsOf(price)
      },
    ),
  }
}

function inSeconds(of: ModelDefinition['timeouts']): Record<TimeoutName, string> {
  return tableOf(
    timeouts.map(({ name }) => name),
    (name) => String(of[name] / 1000),
  )
}

interface Noting {
  readonly at: number
  readonly problems: Map<string, string>
}

function pricesOf({ prices }: TargetDraft, { at, problems }: Noting): Partial<Record<TokenClass, number>> {
  const prices_by_class: Partial<Record<TokenClass, number>> = {}
  for (const one of tokenClasses) {
    const text = prices[one.name]
    if (text.trim() === '' && 'price_of' in one) continue
    const price = microUsdOf(text)
    if (price === undefined)
      problems.set(`targets.${at}.prices.${one.name}`, 'Enter an amount such as 0.15, or 0 if free')
    else prices_by_class[one.name] = price
  }
  return prices_by_class
}

function pinOf({ pinned, targets }: ModelDraft) {
  const target = targets.find(({ id }) => id === pinned)
  return target === undefined ? {} : { pin: { provider: target.provider, model: target.model.trim() } }
}

function timeoutsOf(draft: ModelDraft, problems: Map<string, string>): Record<string, number> {
  return Object.fromEntries(
    timeouts.map(({ name }) => [name, msOf(`timeouts.${name}`, draft.timeouts[name], problems)]),
  )
}

/** Seconds that were typed, in milliseconds. */
function msOf(place: string, text: string, problems: Map<string, string>): number {
  const ms = Math.round(Number(text) * 1000)
  if (text.trim() === '' || !(ms >= 1)) problems.set(place, 'Enter seconds greater than 0')
  return ms
}
