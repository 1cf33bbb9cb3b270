import type { Artifact } from '@muster/contract/artifacts/artifacts'
import { uploadArtifacts } from '@muster/contract/artifacts/operations'
import type { FeedReset } from '@muster/contract/dashboard/feeds'
import { streamEvents } from '@muster/contract/dashboard/operations'
import { type Event, event as eventSchema } from '@muster/contract/events'
import type { InputOf, Operation, ResponseOf } from '@muster/contract/operation'
import { fieldOf } from '@muster/contract/platform/objects'
import { bodyUnder, readText } from './abortable-fetch.ts'
import { MusterError } from './errors.ts'
import type { CallArguments, CallInput, CallOptions, LooseInput } from './request.ts'
import { readStream, type StreamOptions } from './stream.ts'
import { createTransport, errorOf, parseJson, type TransportOptions } from './transport.ts'

/** Where the server is and how it is called. */
export type ClientOptions = TransportOptions

/** Operations whose answer is a page of a list. */
export type ListOperation = Operation & { readonly response: { readonly _zod: { readonly output: Page<unknown> } } }
/** One item of what a list operation answers. */
export type ItemOf<Op extends ListOperation> =
  ResponseOf<Op> extends { readonly items: readonly (infer Item)[] } ? Item : never

/** A file that is uploaded. */
export interface UploadFile {
  /** The file name, with folders below the one that is given, separated by slashes. */
  readonly name: string
  readonly content: Blob | Uint8Array<ArrayBuffer> | string
  readonly media_type?: string
}

export type UploadFields = NonNullable<InputOf<typeof uploadArtifacts>['body']>

/** Content that is downloaded, as a stream. */
export interface Download {
  readonly content: ReadableStream<Uint8Array>
  readonly media_type: string
  readonly size_bytes: number | null
  readonly status: number
}

export type EventsInput = StreamOptions & InputOf<typeof streamEvents>['query']

/** Calls the operations of the API. */
export interface Client {
  readonly base_url: string
  /** Calls an operation and gives the `data` of its answer. Throws `MusterError`. */
  call<Op extends Operation>(operation: Op, ...input: CallArguments<Op>): Promise<ResponseOf<Op>>
  /** Goes through a whole list, page by page, as it is read. */
  list<Op extends ListOperation>(operation: Op, ...input: CallArguments<Op>): AsyncIterable<ItemOf<Op>>
  /** Uploads files in one request and gives their artifacts in the same order. */
  upload(fields: UploadFields, files: readonly UploadFile[], options?: CallOptions): Promise<readonly Artifact[]>
  /** Opens a file (an artifact’s content, a goal’s bundle) as a stream. */
  download<Op extends Operation>(operation: Op, ...input: CallArguments<Op>): Promise<Download>
  /** Follows the journal from a number on, or from now on, across lost connections. */
  events(input?: EventsInput): AsyncIterable<Event>
  /** Follows any other stream of events; what it gives is checked against the operation’s schema. */
  stream<Op extends Operation>(operation: Op, input: CallInput<Op> & StreamOptions): AsyncIterable<ResponseOf<Op>>
}

/**
 * A client of the API. `base_url` is the server’s root, such as `http://127.0.0.1:7700`.
 *
 * @example
 * const client = createClient({ base_url: 'http://127.0.0.1:7700', key })
 * const goal = await client.call(createGoal, { body: { project_id, title: 'Brief me' } })
 * for await (const task of client.list(listGoalTasks, { params: { id: goal.id } })) console.log(task.status)
 */
export function createClient(options: ClientOptions): Client {
  const transport = createTransport(options)

  /** The data is what the server says it is; the contract’s tests hold it to that. */
  async function callLoosely<Data>(operation: Operation, input: LooseInput, form?: FormData): Promise<Data> {
    const response = await transport.sendUntilGood(operation, input, form)
    const text = await readText(response, input.signal).catch((error: unknown) => {
      throw new MusterError('unreachable', `the answer of ${operation.id} broke off`, { cause: error })
    })
    return dataOf(operation, response, text) as Data
  }

  async function* list<Op extends ListOperation>(operation: Op, ...[input]: CallArguments<Op>) {
    const given: LooseInput = input ?? {}
    let query = given.query ?? {}
    for (;;) {
      const page = await callLoosely<Page<ItemOf<Op>>>(operation, { ...given, query })
      yield* page.items
      if (page.next_cursor === undefined) return
      query = { ...query, cursor: page.next_cursor }
    }
  }

  async function* stream<Op extends Operation>(operation: Op, input: CallInput<Op> & StreamOptions) {
    for await (const { data } of readStream({ transport, operation, input }, input)) {
      yield checkedData<ResponseOf<Op>>(operation, data)
    }
  }

  async function* events({ signal, onReconnect, onReset, backoff_ms, silence_ms, ...query }: EventsInput = {}) {
    let last = query.after === undefined ? 0 : Number(query.after)
    const goOnElsewhere = (reset: FeedReset): void => {
      last = reset.cursor
      onReset?.(reset)
    }
    const settings = { signal, onReconnect, onReset: goOnElsewhere, backoff_ms, silence_ms }
    for await (const { data } of readStream({ transport, operation: streamEvents, input: { query } }, settings)) {
      const found = checkedData<Event>({ ...streamEvents, response: eventSchema }, data)
      if (found.number <= last) continue
      last = found.number
      yield found
    }
  }

  return {
    base_url: options.base_url,
    call: (operation, ...[input]) => callLoosely(operation, input ?? {}),
    list,
    stream,
    events,
    async upload(fields, files, more = {}) {
      const { items } = await callLoosely<Page<Artifact>>(uploadArtifacts, more, formOf(fields, files))
      return items
    },
    async download(operation, ...[input]) {
      const response = await transport.sendUntilGood(operation, input ?? {})
      if (response.body === null) throw await errorOf(response, input?.signal)
      const size = response.headers.get('content-length')
      return {
        content: bodyUnder(response.body, input?.signal),
        media_type: response.headers.get('content-type') ?? 'application/octet-stream',
        size_bytes: size === null ? null : Number(size),
        status: response.status,
      }
    },
  }
}

interface Page<Item> {
  readonly items: readonly Item[]
  readonly next_cursor?: string | undefined
}

function dataOf(operation: Operation, response: Response, text: string): unknown {
  if (operation.content === 'text' || operation.content === 'page') return text
  const body = parseJson(text)
  if (operation.content === 'bare' && body !== undefined) return body
  if (fieldOf(body, 'success') === true) return fieldOf(body, 'data')
  const message = `the answer of ${operation.id} is not one of this API; is ${response.url} a Muster server?`
  throw new MusterError('protocol', message, { status: response.status })
}

function checkedData<Result>(operation: Operation, data: string): Result {
  const parsed = operation.response.safeParse(parseJson(data))
  if (!parsed.success) throw new MusterError('protocol', `the stream of ${operation.id} holds something else`)
  return parsed.data as Result
}

function formOf(fields: UploadFields, files: readonly UploadFile[]): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) form.append(name, String(value))
  }
  for (const { name, content, media_type } of files) {
    const type = media_type ?? 'application/octet-stream'
    form.append('file', content instanceof Blob ? content : new Blob([content], { type }), name)
  }
  return form
}
