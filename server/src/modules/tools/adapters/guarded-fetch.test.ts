import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGuardedFetch } from './guarded-fetch.ts'

const signal = new AbortController().signal
let server: Server
let origin = ''
const seen: string[] = []

const answers: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>> = {
  '/text': (response) => response.setHeader('content-type', 'text/plain; charset=utf-8').end('hello'),
  '/host': (response, { headers }) => response.end(headers.host),
  '/large': (response) => response.end('x'.repeat(100_000)),
  '/once': (response) => response.writeHead(302, { location: '/text' }).end(),
  '/loop': (response) => response.writeHead(302, { location: '/loop' }).end(),
  '/inside': (response) => response.writeHead(302, { location: 'http://10.0.0.1/secret' }).end(),
  '/file': (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  '/silent': () => {},
}

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request.url ?? '')
    const answer = answers[request.url ?? '']
    if (answer) answer(response, request)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe('guarded fetch', () => {
  const allowed = createGuardedFetch({ allow: ['127.0.0.1/32'] })

  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.64.0.1/',
    'http://0.0.0.0/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://224.0.0.1/',
    'http://localhost/',
    'file:///etc/passwd',
    'ftp://example.org/',
    'http://user:secret@example.org/',
  ])('refuses %s', async (url) => {
    await expect(createGuardedFetch()({ url, signal })).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('refuses a name of which any address is private, and connects to the address it tested', async () => {
    const { port } = new URL(origin)
    const mixed = createGuardedFetch({ resolve: () => Promise.resolve(['93.184.216.34', '10.0.0.1']) })
    await expect(mixed({ url: 'http://rebind.test/', signal })).rejects.toMatchObject({ code: 'forbidden' })
    let asked = 0
    const resolve = () => Promise.resolve(asked++ === 0 ? ['127.0.0.1'] : ['10.0.0.1'])
    const pinned = createGuardedFetch({ allow: ['127.0.0.1'], resolve })
    const { bytes } = await pinned({ url: `http://name.test:${port}/host`, signal })
    expect(new TextDecoder().decode(bytes)).toBe(`name.test:${port}`)
    expect(asked).toBe(1)
  })

  it('follows a redirect, tests it again, and not for ever', async () => {
    expect(await allowed({ url: `${origin}/once`, signal })).toMatchObject({ url: `${origin}/text`, status: 200 })
    await expect(allowed({ url: `${origin}/inside`, signal })).rejects.toThrow(/10\.0\.0\.1/)
    await expect(allowed({ url: `${origin}/file`, signal })).rejects.toMatchObject({ code: 'forbidden' })
    seen.length = 0
    await expect(allowed({ url: `${origin}/loop`, signal })).rejects.toThrow(/more than 5 times/)
    expect(seen).toHaveLength(6)
  })

  it('cuts what is too long, and says so', async () => {
    const { bytes, truncated } = await allowed({ url: `${origin}/large`, signal, bytes_max: 1000 })
    expect([bytes.length, truncated]).toEqual([1000, true])
    expect(await allowed({ url: `${origin}/text`, signal })).toMatchObject({
      truncated: false,
      media_type: 'text/plain',
    })
  })

  it('gives up at its timeout and when it is stopped', async () => {
    const slow = allowed({ url: `${origin}/silent`, signal, timeout_ms: 50 })
    await expect(slow).rejects.toMatchObject({ code: 'timeout', retryable: true })
    const controller = new AbortController()
    const stopped = allowed({ url: `${origin}/silent`, signal: controller.signal })
    controller.abort()
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' })
    await expect(allowed({ url: 'no url', signal })).rejects.toMatchObject({ code: 'invalid' })
  })
})
