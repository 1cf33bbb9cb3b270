/**
 * The neutral form of what travels to a model and back. Each wire has one reader and one writer of it; nothing is
 * translated from one wire straight to another.
 */
import type { Json, JsonObject } from '@muster/contract/values'
import type { Usage } from '../gateway.types.ts'

/** The wires that have readers and writers. `gemini` is spoken by providers only. */
export type WireName = 'chat' | 'messages' | 'gemini' | 'responses' | 'completions'

/** A request. What is absent was not said. */
export interface Conversation {
  readonly system: readonly TextPart[]
  readonly turns: readonly Turn[]
  readonly tools: readonly Tool[]
  readonly tool_choice?: ToolChoice
  /** Whether several calls may come in one answer. */
  readonly parallel_calls?: boolean
  readonly output_tokens_max?: number
  readonly stop: readonly string[]
  readonly sampling: Sampling
  readonly response_format?: ResponseFormat
  readonly reasoning?: Reasoning
  /** Who the client's user is. */
  readonly user?: string
  /** How many answers are wanted, where more than one. */
  readonly choices?: number
  /** Fields of the request that ask for what not every wire has, by their names; a writer carries or refuses each. */
  readonly special: JsonObject
}

export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly parts: readonly Part[]
  /** The name of who speaks, where the wire has one. */
  readonly name?: string
  readonly place?: string
}

export type Part = ContentPart | ToolCallPart | ToolResultPart | ThinkingPart | RefusalPart

/** What a user says, and what a tool gives back. */
export type ContentPart = TextPart | MediaPart

interface Placed {
  /** Where it stands in the client's request, such as `messages[2].content[1]`. */
  readonly place?: string
}

export interface TextPart extends Placed {
  readonly type: 'text'
  readonly text: string
  /** Citations and marks that only the wire they came by can express. */
  readonly own?: OwnFields
}

export interface OwnFields {
  readonly wire: WireName
  readonly fields: JsonObject
}

export interface MediaPart extends Placed {
  readonly type: 'picture' | 'document' | 'sound' | 'video'
  readonly source: MediaSource
  /** Of a document. */
  readonly title?: string
  /** How closely a picture is looked at. */
  readonly detail?: string
  readonly own?: OwnFields
}

/** Base64, an address, the id of a file that the provider keeps, or plain text. */
export type MediaSource =
  | { readonly kind: 'data'; readonly media_type: string; readonly data: string }
  | { readonly kind: 'url'; readonly url: string; readonly media_type?: string }
  | { readonly kind: 'file'; readonly file_id: string; readonly wire: WireName }
  | { readonly kind: 'text'; readonly text: string }

export interface ToolCallPart extends Placed {
  readonly type: 'tool_call'
  readonly id: string
  readonly name: string
  /** As the model wrote them. */
  readonly arguments: string
  /** The same as a value; absent where they are no JSON object. */
  readonly value?: JsonObject
  /** Where they stand in the client's request. */
  readonly arguments_place?: string
  /** The signature of Gemini's thoughts, and whether Muster read it from Gemini itself or another server gave it. */
  readonly signature?: CallSignature
  /** A tool whose argument is a text and no JSON. */
  readonly is_custom?: boolean
}

export interface CallSignature {
  readonly text: string
  /** The kind of provider that made it; `chat` for a server of OpenAI's wire. */
  readonly made_by: WireName
}

export interface ToolResultPart extends Placed {
  readonly type: 'tool_result'
  readonly call_id: string
  /** The name of the tool, where the wire or the call before it tells. */
  readonly name?: string
  readonly parts: readonly ContentPart[]
  readonly is_error: boolean
}

export interface ThinkingPart extends Placed {
  readonly type: 'thinking'
  readonly text: string
  /** Only who signed it can read it again. */
  readonly signature?: string
  /** Thoughts that are encrypted. */
  readonly redacted?: string
  readonly made_by?: WireName
}

export interface RefusalPart extends Placed {
  readonly type: 'refusal'
  readonly text: string
}

export type Tool = FunctionTool | ForeignTool

export interface FunctionTool extends Placed {
  readonly type: 'function'
  readonly name: string
  readonly description?: string
  /** JSON Schema. */
  readonly parameters?: JsonObject
  readonly strict?: boolean
}

/** A tool that the provider's servers run, or of a kind that one wire has alone. */
export interface ForeignTool extends Placed {
  readonly type: 'foreign'
  readonly kind: string
  readonly own: OwnFields
}

export type ToolChoice =
  | { readonly type: 'auto' }
  | { readonly type: 'none' }
  | { readonly type: 'required' }
  | { readonly type: 'one'; readonly name: string }
  | { readonly type: 'allowed'; readonly names: readonly string[]; readonly is_required: boolean }

export interface Sampling {
  readonly temperature?: number
  readonly top_p?: number
  readonly top_k?: number
  readonly seed?: number
  readonly presence_penalty?: number
  readonly frequency_penalty?: number
}

export type ResponseFormat =
  | { readonly type: 'json' }
  | {
      readonly type: 'schema'
      readonly schema: JsonObject
      readonly name?: string
      readonly description?: string
      readonly strict?: boolean
    }

export interface Reasoning {
  /** `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`. */
  readonly effort?: string
  readonly budget_tokens?: number
  /** Whether thoughts are asked for or switched off; absent: as the model does by itself. */
  readonly is_on?: boolean
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal' | 'pause'

export type AnswerPart = TextPart | ThinkingPart | ToolCallPart | RefusalPart

/** A whole answer. */
export interface Answer {
  readonly id: string
  readonly model: string
  readonly parts: readonly AnswerPart[]
  readonly finish: FinishReason
  /** The stop sequence that ended it. */
  readonly stop_sequence?: string
  readonly usage?: Usage
}

/**
 * A piece of an answer that is streamed. Parts are numbered from 0 in the order in which they begin; calls may be open at
 * the same time. `start` comes first and once, `finish` once behind all parts.
 */
export type AnswerEvent =
  | { readonly type: 'start'; readonly id: string; readonly model: string }
  | { readonly type: 'part_start'; readonly index: number; readonly part: PartStart }
  /** More text, more thoughts, or more of a call's arguments. */
  | { readonly type: 'delta'; readonly index: number; readonly text: string }
  /** The signature of a part of thoughts. */
  | { readonly type: 'signature'; readonly index: number; readonly signature: string }
  | { readonly type: 'citation'; readonly index: number; readonly citation: Json; readonly wire: WireName }
  | { readonly type: 'part_end'; readonly index: number }
  | { readonly type: 'finish'; readonly finish: FinishReason; readonly stop_sequence?: string }
  /** The latest counts. */
  | { readonly type: 'usage'; readonly usage: Usage }

export type PartStart =
  | { readonly type: 'text' }
  | { readonly type: 'refusal' }
  | { readonly type: 'thinking'; readonly made_by?: WireName; readonly redacted?: string }
  | Pick<ToolCallPart, 'type' | 'id' | 'name' | 'signature' | 'is_custom'>
