import type { AttemptOutcome } from '@muster/contract/gateway/attempts'
import type { ModelDefinition, TokenPrices } from '@muster/contract/gateway/models'
import type { ProviderKind } from '@muster/contract/gateway/providers'
import type { JsonObject } from '@muster/contract/values'

/** What a client speaks: OpenAI's chat completions, responses, legacy completions and embeddings; Anthropic's messages. */
export type Wire = 'chat' | 'embeddings' | 'messages' | 'responses' | 'completions'

/** Tokens by what they cost; no token is in two classes. */
export interface Usage {
  readonly uncached: number
  readonly cache_read: number
  readonly cache_write: number
  /** Those of `cache_write` that are kept for an hour, which costs more than the usual five minutes. */
  readonly cache_write_1h?: number
  readonly output: number
  readonly reasoning: number
}

/**
 * A feature that some servers of a wire do not support although others need it: usage of streams on request,
 * `max_tokens`, which OpenAI has replaced by another field, thoughts of earlier answers, and the endpoints of responses
 * and of completions.
 */
export type UnsupportedFeature =
  | 'no_stream_options'
  | 'max_completion_tokens'
  | 'no_reasoning_content'
  | 'no_responses'
  | 'no_completions'

/** A call as an adapter sees it. */
export interface AdapterCall {
  readonly wire: Wire
  /** As the client sent it. */
  readonly body: JsonObject
  /** As the provider calls the model. */
  readonly model: string
  readonly stream: boolean
  readonly output_tokens_max: number
  /** Headers of the client, in lower case; an adapter passes on those of its provider. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly unsupported?: ReadonlySet<UnsupportedFeature>
  readonly size: BodySize
  /** An estimate on the safe side, as it is held. */
  readonly input_tokens: number
}

/** How much there is to do about a body. */
export interface BodySize {
  readonly characters: number
  /** Values, and names of fields. */
  readonly values: number
}

/** A request to a provider; `path` goes behind its base URL. */
export interface ProviderRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: JsonObject
}

/** The same with its body as it travels. */
export interface SerializedRequest extends Omit<ProviderRequest, 'body'> {
  readonly body?: Uint8Array<ArrayBuffer>
}

/** A whole answer in the client's wire. Without usage the hold is charged. */
export interface WireAnswer {
  readonly body: JsonObject
  readonly usage: Usage | undefined
}

/** One event of a stream of server-sent events. */
export interface SseEvent {
  readonly event: string | undefined
  readonly data: string
}

/** A piece of generated text. Pieces of one kind and voice make one text. */
export interface Delta {
  readonly kind: 'text' | 'thought' | 'call'
  /** Which choice, block or tool call. */
  readonly voice: number
  readonly text: string
}

/** What one event of a provider's stream means to the client. */
export interface StreamStep {
  /** Text for the client, in its wire; may be empty. */
  readonly out: string
  /** Whether it carries content for the client: from then on no other provider can take over unseen. */
  readonly content: boolean
  /** The stream is complete; only usage may follow. */
  readonly done: boolean
  readonly deltas: readonly Delta[]
}

/** Reads one stream. Throws `ProviderFailure` for an event that is none, or that tells of an error. */
export interface StreamReader {
  read(event: SseEvent): StreamStep
  /** The usage of the whole stream; undefined until the provider has reported it. */
  usage(): Usage | undefined
  /** The usage that was reported so far, complete or not. */
  usageSoFar(): Usage | undefined
  /** The text that closes a stream that ended without its closing event; undefined where the stream is not complete. */
  end(): string | undefined
}

/** How a provider refused a request. */
export interface Refusal {
  readonly status: number
  readonly text: string
}

/** One kind of provider: pure translation, without any input or output. */
export interface WireAdapter {
  readonly wires: readonly Wire[]
  request(adapterCall: AdapterCall, key: string | undefined): ProviderRequest
  /** Throws `ProviderFailure` for what is no answer. */
  answer(adapterCall: AdapterCall, body: unknown): WireAnswer
  reader(adapterCall: AdapterCall): StreamReader
  /** The message of a refusal. */
  problem(body: unknown): string | undefined
  /** A feature that the refusal names and the client did not ask for: without it the request may be accepted. */
  unsupported?(adapterCall: AdapterCall, refusal: Refusal): UnsupportedFeature | undefined
  modelsRequest(key: string | undefined): Omit<ProviderRequest, 'body'>
  /** The models in the answer to `listing`. */
  models(body: unknown): readonly string[]
}

export interface Provider {
  readonly id: string
  readonly name: string
  readonly kind: ProviderKind | 'offline'
  readonly base_url: string
  readonly key: string | undefined
}

/** Where one attempt goes, and what it costs there. */
export interface Target {
  readonly alias: string
  readonly version: number
  readonly provider: string
  readonly model: string
  readonly prices: TokenPrices
  readonly output_tokens_max: number
}

/** An alias in its version in force. */
export interface ModelInForce {
  readonly name: string
  readonly version: number
  readonly definition: ModelDefinition
}

export type FailureOutcome = Exclude<AttemptOutcome, 'ok'>

/** What went wrong at a provider. The table of `rules/failures.ts` says what follows from it. */
export class ProviderFailure extends Error {
  override readonly name = 'ProviderFailure'
  readonly outcome: FailureOutcome
  readonly http_status: number | undefined
  readonly retry_after_ms: number | undefined
  /** The provider was found not to support a feature, so the same request may succeed without it. */
  readonly learned: boolean
  /** What the provider told that the failed answer used. */
  readonly usage: Usage | undefined

  constructor(
    outcome: FailureOutcome,
    message: string,
    {
      http_status,
      retry_after_ms,
      learned = false,
      usage,
    }: {
      readonly http_status?: number
      readonly retry_after_ms?: number | undefined
      readonly learned?: boolean
      readonly usage?: Usage
    } = {},
  ) {
    super(message)
    this.outcome = outcome
    this.http_status = http_status
    this.retry_after_ms = retry_after_ms
    this.learned = learned
    this.usage = usage
  }
}
