import type { ModelDefinition } from '@muster/contract/gateway/models'
import type { ModelLimits } from '@muster/contract/identity/keys'
import type { JsonObject } from '@muster/contract/values'
import type { Amounts, RunBudget, SpendScopes } from '../budgets/budgets.port.ts'
import type { Wire } from './gateway.types.ts'

/** Knows the budgets of runs. */
export interface RunBudgets {
  /** Undefined for anything but a run of this process: then only the budgets bind. */
  of(run_id: string | undefined): RunBudget | undefined
}

/** A call of a model, in the wire that its body is written in. */
export interface ModelCall extends SpendScopes {
  readonly key_id: string | null
  readonly request_id: string
  readonly wire: Wire
  /** Its `model` names an alias; with `stream: true` the answer is a stream. */
  readonly body: JsonObject
  /** In lower case; a provider gets those of them that are its own. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Aborted when the client has gone. What then happens at the provider is the alias's policy. */
  readonly signal: AbortSignal
  readonly run_budget?: RunBudget | undefined
  /** What its key may ask for in a minute. */
  readonly limits?: ModelLimits | undefined
  /** The run that calls, where one does. */
  readonly run?: { readonly run_id: string; readonly task_id: string } | undefined
}

/** How a call went, for headers and logs. */
export interface CallFacts {
  readonly model: string
  readonly model_version: number
  readonly provider: string
  readonly attempts: number
  /** Where the alias caches answers: served from the cache, asked, or shared with calls that asked at the same time. */
  readonly cache?: 'hit' | 'miss' | 'shared'
}

/** The answer of a model: whole, or as a stream. */
export type ModelAnswer = CallFacts &
  (
    | { readonly kind: 'whole'; readonly body: JsonObject }
    /**
     * Server-sent events as text. It ends after everything is charged; a failure ends it with an error event of its
     * wire.
     */
    | {
        readonly kind: 'stream'
        readonly text: AsyncIterable<string>
        /** docs/how-to/models.md says what the client is told, and where. */
        readonly on_broken_stream: ModelDefinition['on_broken_stream']
      }
  )

/** An answer of a chat, read as servers of OpenAI's wire vary it. */
export interface ChatReply {
  /**
   * The message of the assistant for the conversation: its calls have ids, and their arguments are JSON; what is none stands
   * in `unreadable_arguments`.
   */
  readonly message: JsonObject
  readonly text: string
  readonly calls: readonly ChatReplyCall[]
  /** The answer was cut at its limit. */
  readonly is_cut: boolean
}

/** A call of a tool in an answer of a chat. */
export interface ChatReplyCall {
  readonly id: string
  readonly name: string
  /** As the model wrote them; they may be no JSON. */
  readonly arguments: string
}

/** A question whose answer is a value of a shape. */
export interface StructuredAsk<Value> extends Omit<ModelCall, 'key_id' | 'wire' | 'body' | 'headers'> {
  readonly alias: string
  /** As chat completions have them. */
  readonly messages: readonly JsonObject[]
  /** The one tool, whose arguments are the value; `parameters` is JSON Schema. */
  readonly tool: { readonly name: string; readonly description: string; readonly parameters: JsonObject }
  readonly output_tokens_max?: number | undefined
  /** How often what does not fit may be mended; absent: twice. */
  readonly repairs_max?: number | undefined
  /** The value, or what is wrong with it in words for the model. */
  read(value: unknown): Read<Value> | Promise<Read<Value>>
}

/** A value that was read out of an answer, or why it could not be. */
export type Read<Value> = { readonly value: Value } | { readonly problem: string }

/** The one way to models: nothing else speaks to their vendors. */
export interface GatewayPort {
  /**
   * Holds on all scopes, asks, charges what was used; tries again and falls back before the first content. Throws
   * `budget_exceeded`, `stopped`, `not_found`, `invalid`, `rate_limited`, `provider_failed`, `provider_timeout`.
   */
  call(call: ModelCall): Promise<ModelAnswer>
  /** Reads the body of a chat's answer; undefined for what is no answer. */
  readChat(body: JsonObject): ChatReply | undefined
  /**
   * The input tokens of a call in the wire `messages`, estimated without asking a provider and free of charge. Throws
   * `stopped`, `not_found`, `too_costly`.
   */
  countTokens(call: ModelCall): Promise<number>
  /**
   * Asks for a value of a shape and has it mended where it does not fit. Throws what `call` throws, and `provider_failed`
   * where nothing fitting came.
   */
  structured<Value>(ask: StructuredAsk<Value>): Promise<Value>
  /** What the calls of a run have been charged so far, whoever took them. */
  spentByRun(run: { readonly organization_id: string; readonly run_id: string }): Promise<Amounts>
}
