/** What servers of models were found not to take, so that they are not asked for it again. */
import type { Provider, Quirk } from '../gateway.types.ts'

export interface Quirks {
  of(provider: Provider): ReadonlySet<Quirk>
  learn(provider: Provider, quirk: Quirk): void
}

const providers_max = 10_000
const none: ReadonlySet<Quirk> = new Set()

export function createQuirks(): Quirks {
  const known = new Map<string, ReadonlySet<Quirk>>()
  // Another address is another server.
  const keyOf = ({ id, base_url }: Provider): string => `${id} ${base_url}`
  return {
    of: (provider) => known.get(keyOf(provider)) ?? none,
    learn(provider, quirk) {
      const key = keyOf(provider)
      known.set(key, new Set([...(known.get(key) ?? []), quirk]))
      if (known.size > providers_max) known.delete(known.keys().next().value ?? '')
    },
  }
}
