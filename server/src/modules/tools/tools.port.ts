/**
 * The port of tools: the built-in capabilities, how one is run, and how the visible text at a byte range of a source is
 * read (the judge's grounding check needs it).
 *
 * A capability is a function from JSON to JSON with access to its context only. It never writes: its output is all that
 * it does, and the judge sees it before anything is committed.
 */
import type { Json, JsonObject } from '@muster/contract/values'
import { z } from 'zod'

/** One thing that an agent of the runtime `builtin` can do. */
export interface Capability {
  readonly name: string
  /** One sentence for people and for the planner's preview. */
  readonly summary: string
  /** The same input always gives the same output, so that another try cannot differ (row 1 of the judge's routing). */
  readonly deterministic: boolean
  /** Its work burns CPU and is done in the thread pool once its input is large. */
  readonly cpu: boolean
  /** The shape of its input; `run` parses with it, so a caller need not. */
  readonly input: z.ZodType
  /**
   * Does the work.
   * @throws CapabilityError for every expected failure: input that breaks the schema, a missing artifact, a file that
   * is not text, a refused address, an abort.
   */
  run(input: unknown, context: CapabilityContext): Promise<CapabilityResult>
}

/** All that a capability can reach. The worker makes one for each run. */
export interface CapabilityContext {
  /** Aborted when the run's lease is lost, its task is cancelled, or its deadline passes. */
  readonly signal: AbortSignal
  /** The content of an artifact that the run may see; rejects with any error when there is none. */
  artifact(artifact_id: string): Promise<ArtifactContent>
  /** The documents that the run's brief handed out. */
  readonly documents: readonly { readonly document: string; readonly version: number; readonly value: Json }[]
  /** Adds a line to the run's log. */
  log(level: 'debug' | 'info' | 'warn' | 'error', text: string): void
  /** Absent where the installation allows no outgoing requests. */
  readonly fetch?: GuardedFetch
}

/** The content of an artifact that a capability reads. */
export interface ArtifactContent {
  readonly name: string
  readonly media_type: string
  readonly bytes: Uint8Array
}

/** What a capability gives. */
export interface CapabilityResult {
  readonly output: Json
  /** The artifacts that the output was made from: its lineage. */
  readonly sources?: readonly string[]
}

/** Where a sentence stands in a source: bytes of the ORIGINAL file, end exclusive. */
export interface Citation {
  readonly artifact_id: string
  readonly name: string
  readonly byte_start: number
  readonly byte_end: number
}

/** A citation as it stands in a text: `marker` is the very string in square brackets that follows the sentence. */
export interface MarkedCitation extends Citation {
  readonly marker: string
  /** The visible words of the sentence. */
  readonly text: string
}

/** A request that a capability sends to the outside. */
export interface FetchRequest {
  readonly url: string
  readonly signal: AbortSignal
  /** Over this many bytes the body is cut and `truncated` says so. */
  readonly bytes_max?: number
  readonly timeout_ms?: number
}

/** What came back, as far as it was read. */
export interface FetchAnswer {
  /** The address that answered, after redirects. */
  readonly url: string
  readonly status: number
  readonly media_type: string
  /** As the server named it. */
  readonly charset?: string
  readonly bytes: Uint8Array
  readonly truncated: boolean
}

/** A GET that cannot be led to a private address, also not by DNS or by a redirect. @throws CapabilityError */
export type GuardedFetch = (request: FetchRequest) => Promise<FetchAnswer>

/** Reads the visible text of a source at a range; null where the range lies outside of it. Parses only when it must. */
export type TextAt = (byte_start: number, byte_end: number) => string | null

/** JSON Schema of what a capability takes; providers of models want none of the schema's own address. */
export function inputSchemaOf({ input }: Pick<Capability, 'input'>): JsonObject {
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' })
  return schema as unknown as JsonObject
}

/** What the module `tools` offers to later modules. */
export interface ToolsPort {
  /** By name: `noop sleep read chunk keywords summarize section compare compose http_get`. */
  readonly capabilities: ReadonlyMap<string, Capability>
  /** The visible text of one source by byte range, markup and entities removed: what grounding compares claims with. */
  textAt(content: ArtifactContent): TextAt
}

/** Why a capability failed. */
export type CapabilityErrorCode =
  | 'invalid'
  | 'not_found'
  | 'media_type'
  | 'damaged'
  | 'too_large'
  | 'forbidden'
  | 'unavailable'
  | 'timeout'
  | 'cancelled'
  | 'internal'

/** An expected failure of a capability; `retryable` decides whether the worker reports the run as retryable. */
export class CapabilityError extends Error {
  readonly code: CapabilityErrorCode
  readonly retryable: boolean

  constructor(code: CapabilityErrorCode, message: string, retryable = false) {
    super(message)
    this.name = 'CapabilityError'
    this.code = code
    this.retryable = retryable
  }
}
