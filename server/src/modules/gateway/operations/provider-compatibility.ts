/** Remembers which features a provider was found not to support, so that they are not requested again. */
import type { Provider, UnsupportedFeature } from '../gateway.types.ts'

export interface ProviderCompatibility {
  of(provider: Provider): ReadonlySet<UnsupportedFeature>
  learn(provider: Provider, feature: UnsupportedFeature): void
}

const providers_max = 10_000
const none: ReadonlySet<UnsupportedFeature> = new Set()

export function createProviderCompatibility(): ProviderCompatibility {
  const known = new Map<string, ReadonlySet<UnsupportedFeature>>()
  // Another address is another server.
  const keyOf = ({ id, base_url }: Provider): string => `${id} ${base_url}`
  return {
    of: (provider) => known.get(keyOf(provider)) ?? none,
    learn(provider, feature) {
      const key = keyOf(provider)
      known.set(key, new Set([...(known.get(key) ?? []), feature]))
      if (known.size > providers_max) known.delete(known.keys().next().value ?? '')
    },
  }
}
