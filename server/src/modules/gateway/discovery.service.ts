/** Looks for servers of models on this machine, so that each can be made a provider with one request. */
import { limits } from '@muster/contract/limits'
import { createAddressGuard } from '../../platform/adapters/addresses.ts'
import type { Caller } from '../../platform/caller.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import type { ProviderHttp } from './adapters/provider-http.ts'
import { adapterOf } from './adapters/registry.ts'
import { readJson } from './calls/ask-whole.ts'
import { ProviderFailure } from './gateway.types.ts'
import { providersStore } from './store/providers.store.ts'

export interface LocalServer {
  readonly name: string
  readonly port: number
}

export interface DiscoveryOptions {
  readonly transactions: RequestTransactions
  readonly http: ProviderHttp
  /** Private addresses at which providers may be. */
  readonly addresses: readonly string[]
  readonly local_servers?: readonly LocalServer[]
}

/** The default ports of well-known servers. */
const usual_servers: readonly LocalServer[] = [
  { name: 'ollama', port: 11434 },
  { name: 'vllm', port: 8000 },
  { name: 'lm-studio', port: 1234 },
  { name: 'llama.cpp', port: 8080 },
]
const address = '127.0.0.1'
const models_shown_max = 200
const providers_max = 1_000

export type Discover = ReturnType<typeof createDiscovery>

export function createDiscovery({ transactions, http, addresses, local_servers = usual_servers }: DiscoveryOptions) {
  const guard = createAddressGuard({ allow: addresses })

  async function modelsAt(base_url: string, signal: AbortSignal): Promise<readonly string[]> {
    const adapter = adapterOf('openai')
    const connect_ms = limits.model_discovery_ms
    const combinedSignal = AbortSignal.any([signal, AbortSignal.timeout(connect_ms)])
    try {
      const { status, body } = await http.send({
        base_url,
        request: adapter.modelsRequest(undefined),
        signal: combinedSignal,
        connect_ms,
      })
      return adapter.models(await readJson(body)).slice(0, status === 200 ? models_shown_max : 0)
    } catch (error) {
      // Nothing listens there, or something else does.
      if (error instanceof ProviderFailure || combinedSignal.aborted) return []
      throw error
    }
  }

  /** What answers with models. Of a server that has none loaded nothing can be called, so it is not listed. */
  return async (caller: Caller, signal: AbortSignal) => {
    if ('refused' in (await guard(address))) return { allowed: false, items: [] }
    const servers = await Promise.all(
      local_servers.map(async ({ name, port }) => {
        const base_url = `http://${address}:${port}/v1`
        return { name, kind: 'openai' as const, base_url, models: await modelsAt(base_url, signal) }
      }),
    )
    const providers = await transactions.read(caller, (tx) =>
      providersStore.list(tx, caller.organization_id, { after: undefined, limit: providers_max }),
    )
    const items = servers.flatMap((one) => {
      if (one.models.length === 0) return []
      const at = providers.find(({ base_url }) => sameServer(base_url, one.base_url))
      return [{ ...one, ...(at && { provider: at.name }) }]
    })
    return { allowed: true, items }
  }
}

/** `localhost` and `127.0.0.1` are the same server. */
const sameServer = (one: string, other: string): boolean =>
  one.replace('//localhost:', `//${address}:`).replace('//[::1]:', `//${address}:`) === other
