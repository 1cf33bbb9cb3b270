/** What each wire gives: readers and writers of the neutral form, which `adapters/` puts together. */
import type { JsonObject } from '@muster/contract/values'
import type { SseEvent, Usage } from '../gateway.types.ts'
import type { Answer, AnswerEvent, Conversation } from './conversation.ts'

/** A wire that clients speak. */
export interface ClientWire {
  /** Throws `ProviderFailure` with its place for what cannot be read. */
  readRequest(body: JsonObject): Conversation
  writeAnswer(answer: Answer, options: AnswerOptions): JsonObject
  streamWriter(options: AnswerOptions): AnswerStreamWriter
}

/** What must be known of the request to write its answer. */
export interface AnswerOptions {
  readonly request: JsonObject
  /** An estimate, for clients that are told the input before the provider has told it. */
  readonly input_tokens: number
}

export interface AnswerStreamWriter {
  /** The text for the client; may be empty. */
  write(event: AnswerEvent): string
  /** What closes the stream. */
  end(usage: Usage | undefined): string
}

/** A wire that providers speak. */
export interface ProviderWire {
  /** Throws `ProviderFailure` for what is no answer. */
  readAnswer(body: JsonObject): Answer
  streamReader(): AnswerStreamReader
}

export interface AnswerStreamReader {
  /** Throws `ProviderFailure` for an event that is none, or that tells of an error. */
  read(event: SseEvent): readonly AnswerEvent[]
  /** What closes the parts that are open, and the answer; once, after its last event. */
  close(): readonly AnswerEvent[]
  /** The closing event was there. */
  isDone(): boolean
  /** The answer is complete, with or without a closing event. */
  isComplete(): boolean
  /** The latest counts. */
  usage(): Usage | undefined
}
