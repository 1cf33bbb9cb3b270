import { Agent, request as httpRequest } from 'node:http'
import type { FuzzedRequest } from './requests.ts'

export type Send = (
  request: Pick<FuzzedRequest, 'method' | 'url' | 'headers' | 'payload'>,
) => Promise<{ readonly status: number; readonly text: string }>

const answer_ms_max = 60_000
const text_characters_max = 1_000_000

/** Sends requests to a running program with a key, as they are: nothing of them is corrected on the way. */
export function createSend({ address, key }: { readonly address: string; readonly key: string }): Send {
  const { hostname, port } = new URL(address)
  const agent = new Agent({ keepAlive: true })
  return ({ method, url, headers, payload }) =>
    new Promise((resolve, reject) => {
      const length = payload === undefined ? {} : { 'content-length': Buffer.byteLength(payload) }
      const all = { authorization: `Bearer ${key}`, ...length, ...headers }
      const request = httpRequest({ agent, hostname, port, method, path: url, headers: all }, (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (piece: string) => {
          if (text.length < text_characters_max) text += piece
        })
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }))
        answer.once('error', reject)
      })
      request.setTimeout(answer_ms_max, () => request.destroy(new Error(`no answer within ${answer_ms_max} ms`)))
      request.once('error', reject)
      request.end(payload)
    })
}
