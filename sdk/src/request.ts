import type { InputOf, Operation } from '@muster/contract/operation'

/** Parts of a request that every operation may have. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Makes a POST safe to repeat; one is then repeated when the connection breaks. */
  readonly idempotency_key?: string
  /** Longest wait for the answer; absent: that of the client. */
  readonly timeout_ms?: number
}

type Part<Name extends string, Value> = undefined extends Value
  ? { readonly [Key in Name]?: Value }
  : Record<never, never> extends Value
    ? { readonly [Key in Name]?: Value }
    : { readonly [Key in Name]: Value }

/** What a call of an operation takes: its parameters, query and body as far as it has them. */
export type CallInput<Op extends Operation> = CallOptions &
  Part<'params', InputOf<Op>['params']> &
  Part<'query', InputOf<Op>['query']> &
  Part<'body', InputOf<Op>['body']>

/** The input is needed only where something in it is. */
export type CallArguments<Op extends Operation> =
  Record<never, never> extends CallInput<Op> ? [input?: CallInput<Op>] : [input: CallInput<Op>]

/** The same without its types, for the code that only passes it on. */
export interface LooseInput extends CallOptions {
  readonly params?: unknown
  readonly query?: unknown
  readonly body?: unknown
}

/** The arguments of a call, for the code that only passes on input which was typed where it came from. */
export function argumentsOf<Op extends Operation>(input: LooseInput): CallArguments<Op> {
  const passedOn: readonly unknown[] = [input]
  return passedOn as CallArguments<Op>
}

/** The address of an operation with its parameters filled in. */
export function addressOf(base_url: string, operation: Operation, input: LooseInput): string {
  const params = entriesOf(input.params)
  const path = operation.path.replace(/\{([a-z_]+)\}/g, (_match, name: string) => {
    const value = params.get(name)
    if (value === undefined) throw new TypeError(`${operation.id} needs the parameter ${name}`)
    return encodeURIComponent(String(value))
  })
  const query = new URLSearchParams()
  for (const [name, value] of entriesOf(input.query)) {
    if (value !== undefined) query.append(name, String(value))
  }
  const text = query.toString()
  return `${base_url.replace(/\/+$/, '')}${path}${text === '' ? '' : `?${text}`}`
}

function entriesOf(value: unknown): Map<string, unknown> {
  return new Map(Object.entries(value ?? {}))
}
