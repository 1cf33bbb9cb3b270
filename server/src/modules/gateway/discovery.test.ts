import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createModel } from '@muster/contract/gateway/model.operations'
import { createProvider, discoverProviders } from '@muster/contract/gateway/provider.operations'
import { afterAll, describe, expect, it } from 'vitest'
import { prices } from '../../../test/gateway/calls.ts'
import { scriptedKinds } from '../../../test/gateway/scripted-kinds.ts'
import { testProgram } from '../../../test/program.ts'
import { createRequestTransactions } from '../../platform/db/request-transactions.ts'
import { createProviderHttp } from './adapters/provider-http.ts'
import { createDiscovery } from './discovery.service.ts'

const made = await testProgram()
const { ours: api } = made
const server = await scriptedKinds.openai.start()
afterAll(() => server[Symbol.asyncDispose]())
const portOf = (origin: string): number => Number(new URL(origin).port)

/** Others that listen where a server of models usually does. */
const strangers: Server[] = []
afterAll(() => {
  for (const one of strangers) {
    one.closeAllConnections()
    one.close()
  }
})
async function stranger(answer: Parameters<typeof createServer>[1]): Promise<number> {
  const one = createServer(answer ?? (() => {}))
  strangers.push(one)
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
  return (one.address() as AddressInfo).port
}

const discovery = (addresses: readonly string[], ports: Readonly<Record<string, number>>) => {
  const http = createProviderHttp({ allow: addresses })
  const local_servers = Object.entries(ports).map(([name, port]) => ({ name, port }))
  const discover = createDiscovery({
    transactions: createRequestTransactions(made.database.db),
    http,
    addresses,
    local_servers,
  })
  const caller = { organization_id: api.organization_id } as Parameters<typeof discover>[0]
  return { http, find: () => discover(caller, new AbortController().signal) }
}

describe('servers of models on this machine', () => {
  it('are found where they answer with models, and nothing else is', async () => {
    const page = await stranger((_request, response) => response.end('<html></html>'))
    const refusing = await stranger((_request, response) => response.writeHead(401).end('{"data":[{"id":"x"}]}'))
    const silent = await stranger(() => {})
    const empty = await stranger((_request, response) => response.end('{"data":[]}'))
    const closed = 1
    const { http, find } = discovery(['loopback'], {
      ...{ ollama: portOf(server.origin), vllm: page, 'lm-studio': refusing, 'llama.cpp': silent, empty, closed },
    })
    const base_url = `${server.origin}/v1`
    const found = { name: 'ollama', kind: 'openai', base_url, models: ['scripted'] }
    expect(await find()).toEqual({ allowed: true, items: [found] })
    // What was found is what a provider is made of.
    const { name, kind } = { name: found.name, kind: 'openai' as const }
    const findByNames = base_url.replace('127.0.0.1', 'localhost')
    await api.call(createProvider, { body: { name, kind, base_url: findByNames } })
    await api.call(createModel, { body: { name: 'm', targets: [{ provider: name, model: 'scripted', prices }] } })
    expect(await find()).toEqual({ allowed: true, items: [{ ...found, provider: 'ollama' }] })
    await http[Symbol.asyncDispose]()
  })

  it('are not looked for where the operator does not allow loopback', async () => {
    const before = server.seen.length
    const { http, find } = discovery(['10.0.0.0/8'], { ollama: portOf(server.origin) })
    expect(await find()).toEqual({ allowed: false, items: [] })
    expect(server.seen).toHaveLength(before)
    await http[Symbol.asyncDispose]()
  })

  it('are a route of the API', async () => {
    expect((await api.call(discoverProviders)).allowed).toBe(true)
  })
})
