import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { About, Call, Outcome } from '../evidence.types.ts'
import type { Random } from '../random.ts'

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly body?: unknown
  readonly about?: About
  readonly headers?: Readonly<Record<string, string>>
}

/** Where a living process listens: directly, and through a proxy that loses each answer. */
export interface ServerAddresses {
  readonly direct: string
  readonly losing: string
}

export interface ClientOptions {
  readonly key: string
  readonly history: Call[]
  /** A process that takes requests, as soon as there is one. */
  serverAddresses(): Promise<ServerAddresses>
  /** The share of answers that are lost on their way; 0: then the client does not give up either. */
  readonly lost_answers: number
  readonly random: Random
}

export interface Client {
  /** One try. */
  once(request: Request): Promise<Call>
  /** Tries until it is known what came of it, with one idempotency key; a few are left unknown on purpose. */
  settle(request: Request): Promise<Call>
  /** For looking: tries until the answer is there. Throws what is refused. */
  read<T>(path: string): Promise<T>
}

const timeout_ms = 10_000
const pause_ms = 20
const attempts_max = 2_000
/** After an unknown outcome most clients ask again, and some go away. */
const again_share = 0.85

/** Speaks to the API as agents and programs do, and notes every call. */
export function createClient({ key, history, serverAddresses, lost_answers, random }: ClientOptions): Client {
  async function once(request: Request, idempotency_key = randomUUID() as string, loses = 0): Promise<Call> {
    const { direct, losing } = await serverAddresses()
    const began_at = Date.now()
    const answer = await send(random.chance(loses) ? losing : direct, { key, request, idempotency_key })
    const call = {
      operation: `${request.method} ${operationOf(request.path)}`,
      key: idempotency_key,
      about: request.about ?? {},
      began_at,
      ended_at: Date.now(),
      ...answer,
    }
    history.push(call)
    return call
  }

  return {
    once: (request) => once(request, randomUUID(), lost_answers),
    async settle(request) {
      const idempotency_key = randomUUID()
      for (let attempts = 1; ; attempts += 1) {
        const call = await once(request, idempotency_key, lost_answers)
        if (call.outcome === 'ok' || (call.outcome === 'refused' && !isForLater(call)) || attempts === attempts_max)
          return call
        if (call.outcome === 'unknown' && lost_answers > 0 && !random.chance(again_share)) return call
        await delay(pause_ms)
      }
    },
    async read<T>(path: string): Promise<T> {
      for (let attempts = 1; ; attempts += 1) {
        const { direct } = await serverAddresses()
        const answer = await send(direct, { key, request: { method: 'GET', path }, idempotency_key: '' })
        // The caller names the type of what this path answers.
        if (answer.outcome === 'ok') return answer.data as T
        if (answer.outcome === 'refused' || attempts === attempts_max)
          throw new Error(`GET ${path} answered ${answer.status} ${answer.code}`)
        await delay(pause_ms)
      }
    },
  }
}

/** Ids are left out, so that calls of one operation are named alike. */
const operationOf = (path: string): string => path.replace(/\?.*/, '').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{id}')

const isForLater = ({ status, code }: Call): boolean => status === 429 || code === 'idempotency_in_flight'

type Answer = Pick<Call, 'outcome' | 'status' | 'code' | 'data'>

async function send(
  address: string,
  {
    key,
    request,
    idempotency_key,
  }: { readonly key: string; readonly request: Request; readonly idempotency_key: string },
): Promise<Answer> {
  const { method, path, body } = request
  try {
    const response = await fetch(address + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }),
        ...(method === 'POST' && { 'idempotency-key': idempotency_key }),
        ...request.headers,
      },
      ...(body !== undefined && { body: body instanceof FormData ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeout_ms),
    })
    return answerOf(response.status, await response.text())
  } catch (error) {
    return { outcome: isUnsent(error) ? 'unsent' : 'unknown', status: undefined, code: undefined, data: undefined }
  }
}

function answerOf(status: number, text: string): Answer {
  const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : text
  const { data = parsed, error } = parsed as { data?: unknown; error?: { code?: string } }
  return { outcome: outcomeOf(status), status, code: error?.code, data }
}

/** What fails on the server's side may have been committed before it failed. */
function outcomeOf(status: number): Outcome {
  if (status < 300) return 'ok'
  return status < 500 ? 'refused' : 'unknown'
}

function isUnsent(error: unknown): boolean {
  return (error as { cause?: { code?: unknown } }).cause?.code === 'ECONNREFUSED'
}
