/** Remembers which features a provider was found not to support, so that they are not requested again. */
import type { Provider, UnsupportedFeature } from '../gateway.types.ts'

export interface ProviderCompatibility {
  of(provider: Provider): ReadonlySet<UnsupportedFeature>
  learn(provider: Provider, feature: UnsupportedFeature): void
}

const providers_max = 10_000
const none: ReadonlySet<UnsupportedFeature> = new Set()

export function createProviderCompatibility(): ProviderCompatibility {
  const unsupportedByProvider = new Map<string, ReadonlySet<UnsupportedFeature>>()
  // Another address is another server.
  const keyOf = ({ id, base_url }: Provider): string => `${id} ${base_url}`
  return {
    of: (provider) => unsupportedByProvider.get(keyOf(provider)) ?? none,
    learn(provider, feature) {
      const key = keyOf(provider)
      unsupportedByProvider.set(key, new Set([...(unsupportedByProvider.get(key) ?? []), feature]))
      if (unsupportedByProvider.size > providers_max)
        unsupportedByProvider.delete(unsupportedByProvider.keys().next().value ?? '')
    },
  }
}
