import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request to a scripted model, whatever its wire. */
export interface Told {
  /** The last words of the user. */
  readonly text: string
  readonly system: string
  readonly tools: readonly string[]
  readonly results: readonly string[]
  readonly schema: unknown
  readonly image: { readonly media_type: string; readonly bytes: number } | undefined
}

export interface Reply {
  readonly text?: string
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly input: object }[]
}

/** The same words in every wire, so that one suite of tests fits all providers. */
export function reply({ text, system, tools, results, schema, image }: Told): Reply {
  if (results.length > 0) return { text: `So it is: ${results.join(' and ')}.` }
  if (image) return { text: `A picture of ${image.media_type}, ${image.bytes} bytes.` }
  if (schema) return { text: '{"city":"Łódź","days":3}' }
  const weather = tools.find((name) => name.endsWith('weather'))
  if (weather)
    return {
      calls: [
        { id: 'call_1', name: weather, input: { city: 'Łódź' } },
        { id: 'call_2', name: weather, input: { city: 'Köln', days: [1, 2] } },
      ],
    }
  if (tools.includes('apply_patch')) return { calls: [{ id: 'call_3', name: 'apply_patch', input: { input: patch } }] }
  if (tools.includes('local_shell'))
    return { calls: [{ id: 'call_4', name: 'local_shell', input: { command: ['ls', '-l'] } }] }
  return { text: `${system === '' ? '' : `(${system}) `}You said 🌉: ${text}` }
}

export const patch = '*** Begin Patch\n+"Grüße"\n*** End Patch'

export interface ScriptedServer extends AsyncDisposable {
  readonly origin: string
  readonly seen: {
    readonly path: string
    readonly headers: IncomingMessage['headers']
    readonly body: Record<string, never>
  }[]
  /** How many answers broke off because the other side had gone. */
  readonly aborted: () => number
}

export type Answering = (response: ServerResponse, body: Record<string, never>, path: string) => void

export async function scriptedServer(answer: Answering): Promise<ScriptedServer> {
  const seen: ScriptedServer['seen'] = []
  let aborted = 0
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const text = Buffer.concat(pieces).toString('utf8')
    const body = text === '' ? {} : JSON.parse(text)
    const path = request.url ?? ''
    seen.push({ path, headers: request.headers, body })
    response.once('close', () => {
      if (!response.writableFinished) aborted += 1
    })
    answer(response, body, path)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    aborted: () => aborted,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** A few characters at a time, as models speak. */
export const piecesOf = (text: string): readonly string[] => text.match(/.{1,7}/gsu) ?? []

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
