import { limits } from '@muster/contract/limits'
import { createRequests, type FuzzedRequest } from './requests.ts'
import { createSend, type Send } from './target.ts'
import { makeThings } from './things.ts'

export interface FuzzOptions {
  readonly address: string
  readonly key: string
  readonly seed: number
  /** The number of the first request. */
  readonly from: number
  readonly requests: number
  say(text: string): void
  isRunning(): boolean
}

interface Failure {
  readonly request: FuzzedRequest
  /** 0: there was no answer. */
  readonly status: number
  readonly text: string
}

const at_once = 16
const cut_off_status = 413
const shown_characters = 1_000
/** Answers that took longer are told. */
const slow_ms = 5_000
/** Requests end the things that they name, so there are new ones from time to time. */
const things_last = 1_000

/** Sends the requests a few at a time and counts how they are answered. */
export async function runFuzz({ address, key, seed, from, requests, say, isRunning }: FuzzOptions) {
  const send = createSend({ address, key })
  const counts = new Map<number, number>()
  let failures = 0
  const sendOne = async (request: FuzzedRequest): Promise<void> => {
    const sent_at = performance.now()
    const { status, text } = await answerOf(send, request)
    const took_ms = performance.now() - sent_at
    if (took_ms > slow_ms)
      say(`${Math.round(took_ms)} ms: request ${request.index}, ${request.operation} ${request.url.slice(0, 200)}`)
    counts.set(status, (counts.get(status) ?? 0) + 1)
    if (isFailure(request, { status, text })) {
      failures += 1
      for (const line of failureLines({ request, status, text }, seed)) say(line)
    }
    await goOn(send, request, status)
  }
  const began = Date.now()
  for (let index = from; index < from + requests && isRunning(); ) {
    const named = await makeThings(send, { round: index, key })
    const requestAt = createRequests({ seed, named })
    const end = Math.min(index + things_last, from + requests)
    const lane = async (): Promise<void> => {
      while (index < end && isRunning()) await sendOne(requestAt(index++))
    }
    await Promise.all(Array.from({ length: at_once }, lane))
    say(`${index - from} requests, ${failures} × 5xx, ${Math.round((Date.now() - began) / 1000)} s`)
  }
  return { counts, failures }
}

/** What was sent and answered, and how to send it again. */
function failureLines({ request, status, text }: Failure, seed: number): string[] {
  return [
    `${status} ${request.operation}: ${text.slice(0, shown_characters)}`,
    `  ${JSON.stringify(request).slice(0, shown_characters)}`,
    `  npm run fuzz -- --seed ${seed} --from ${request.index} --requests 1`,
  ]
}

async function answerOf(send: Send, request: FuzzedRequest) {
  return send(request).catch((error: NodeJS.ErrnoException) => {
    // The server refuses such a body by its length and closes the connection while it is still being sent.
    const is_cut_off = error.code === 'EPIPE' || error.code === 'ECONNRESET'
    const is_too_large = (request.payload?.length ?? 0) > limits.body_bytes_max
    return { status: is_cut_off && is_too_large ? cut_off_status : 0, text: error.message }
  })
}

/** What a provider of models fails at is answered with 502 or 504, and is no failure of the server. */
function isFailure({ operation }: FuzzedRequest, { status, text }: Omit<Failure, 'request'>): boolean {
  const is_wire = operation.startsWith('gateway.') || operation.startsWith('providers.')
  const is_provider = is_wire || /"code":"provider_(failed|timeout)"/.test(text)
  return status === 0 || (status >= 500 && !(is_provider && (status === 502 || status === 504)))
}

/** A stop would have all requests behind it refused, so it is lifted at once. */
async function goOn(send: Send, { operation, url, headers }: FuzzedRequest, status: number): Promise<void> {
  if (operation.endsWith('.stop') && status < 300)
    await send({ method: 'DELETE', url, headers: withoutBody(headers), payload: undefined })
}

function withoutBody(headers: FuzzedRequest['headers']): FuzzedRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')))
}
